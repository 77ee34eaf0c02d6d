"""The grid proxy that jobs are given: looked at before a run, and before each submission."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.paths import expanded
from higgsflow.check.problem import refuse
from higgsflow.check.site import check_given_proxy

if TYPE_CHECKING:
    from higgsflow.model.engines import Site


def proxy_of(site: Site) -> Path:
    """Where it is; of a site that gives its jobs one."""
    return Path(expanded(site.proxy, "proxy")).absolute()


def refuse_proxy(site: Site, longest: float) -> None:
    """Ends what would only make jobs that fail.

    Args:
        site: which may give its jobs no proxy.
        longest: seconds that a job may take.

    Raises:
        UserError: when it cannot be read, or ends before such a job does.
    """
    if site.proxy:
        refuse(list(check_given_proxy(proxy_of(site), longest)), "engines.yaml")
