"""Deprecated: `entrypoints.processes.worker_jobs`. Jobs queued by version 0.1 name this module."""

from entrypoints.processes.worker_jobs import run_job, run_tick

__all__ = ["run_job", "run_tick"]
