"""Ports of this machine for servers that cannot be told to choose one themselves."""

from __future__ import annotations

import random
import socket

# below what the kernel gives to connections and to who asks for any (32768 on), so that none of the
# many that a run of the tests opens takes it before the server has it; above what services have
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """One that nobody has now; another test may still ask for the same."""
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise AssertionError("a hundred ports of this machine are taken")
