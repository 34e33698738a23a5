"""`pms web`: gunicorn over the WSGI application."""

import sys
from collections.abc import Callable
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication

from entrypoints.processes.buffering_worker import BufferingWorker
from entrypoints.processes.gc_tuning import tune_garbage_collector
from entrypoints.processes.stop_signals import STOP_SECONDS
from entrypoints.processes.wsgi import create_app
from entrypoints.wiring.settings import Settings

SWITCH_SECONDS: Final = 0.0002
"""How long a thread that computes keeps the interpreter from others; Python's 5 ms are a short
request's time several times over, as it waits again after each of its queries."""


class _Server(BaseApplication):
    def __init__(self, options: dict[str, Any], application: Callable[[], Flask]) -> None:
        self._options = options
        self._application = application
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        application = self._application()
        tune_garbage_collector()
        sys.setswitchinterval(SWITCH_SECONDS)
        return application


def run_web(settings: Settings, application: Callable[[], Flask] = create_app) -> None:
    """Runs until SIGTERM or SIGINT; open requests then get STOP_SECONDS. There is no access log,
    because a webhook's URL contains its secret; the application logs requests without it.
    `application` is called in each worker process."""
    _Server(
        {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.web_workers,
            "worker_class": BufferingWorker,
            "threads": settings.web_threads,
            "timeout": 60,
            "graceful_timeout": STOP_SECONDS,
            "keepalive": 75,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "worker_tmp_dir": None,
        },
        application,
    ).run()
