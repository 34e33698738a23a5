"""`pms web`: gunicorn over the WSGI application."""

from typing import Any

from gunicorn.app.base import BaseApplication

from entrypoints.settings import Settings
from entrypoints.wsgi import create_app


class _Server(BaseApplication):
    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app()


def run_web(settings: Settings) -> None:
    """Until SIGTERM or SIGINT; requests at hand get 30 seconds to end. There is no access log: a
    webhook's URL holds its secret; the application logs requests without it."""
    _Server(
        {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.web_workers,
            "worker_class": "gthread",
            "threads": settings.web_threads,
            "timeout": 60,
            "graceful_timeout": 30,
            "keepalive": 75,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "limit_request_line": 4094,
            "worker_tmp_dir": None,
        }
    ).run()
