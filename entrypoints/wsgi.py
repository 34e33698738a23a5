"""The web application for any WSGI server: `entrypoints.wsgi:create_app()`."""

from flask import Flask

from entrypoints.container import build
from entrypoints.log_config import configure_logging
from entrypoints.settings import read_settings
from entrypoints.web_app import build_web_app


def create_app() -> Flask:
    """Built in the worker process, after the server's fork."""
    settings = read_settings()
    configure_logging(settings.log_level, process="web")
    return build_web_app(build(settings, remember_seconds=2.0))
