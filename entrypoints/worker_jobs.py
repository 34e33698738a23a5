"""Deprecated: use `entrypoints.processes.worker_jobs`. Jobs queued by version 0.1 name this one."""

import warnings

from entrypoints.processes.worker_jobs import run_job, run_tick

__all__ = ["run_job", "run_tick"]

warnings.warn(
    "entrypoints.worker_jobs is deprecated; use entrypoints.processes.worker_jobs",
    DeprecationWarning,
    stacklevel=2,
)
