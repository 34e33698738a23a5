"""Deprecated: use `entrypoints.processes.wsgi`. Servers started as of version 0.1 name this one."""

import warnings

from entrypoints.processes.wsgi import create_app

__all__ = ["create_app"]

warnings.warn(
    "entrypoints.wsgi is deprecated; use entrypoints.processes.wsgi",
    DeprecationWarning,
    stacklevel=2,
)
