"""Compiled kernels: faster ways to the answers of numpy functions, one file per subject.

The numpy function is the meaning: its syntax decides what is stale, tests hold the kernel to it,
and it answers where there is no kernel. How to add one: docs/architecture.md.
"""
