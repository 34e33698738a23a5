"""The web application for any WSGI server: `entrypoints.processes.wsgi:create_app()`."""

from flask import Flask

from entrypoints.processes.web_app import build_web_app
from entrypoints.wiring.container import Container
from entrypoints.wiring.logging_config import configure_logging
from entrypoints.wiring.settings import load_settings


def create_app() -> Flask:
    """Built in the worker process, after the server's fork."""
    settings = load_settings()
    configure_logging(settings.log_level, process="web")
    return build_web_app(Container(settings, cache_seconds=2.0))
