"""Logs JSON lines to standard error, each with the context of its request or job."""

import logging
import sys
from typing import Final

from pythonjsonlogger.json import JsonFormatter

from application import log_context

QUIET: Final = ("urllib3", "rq", "rq_scheduler", "werkzeug", "gunicorn.access", "peewee", "psycopg")
"""Their lines contain URLs (a webhook's contains its secret), job payloads, or the parameters of
SQL statements, which are guests' data."""


class _WithContext(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in log_context.current().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


def configure_logging(level: str, *, process: str) -> None:
    """`process` is the kind of process, logged in each line. A second call replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_WithContext())
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "message": "event"},
            static_fields={"process": process},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
