"""Fields that every log line of one request or job carries."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

correlation_id: Final[ContextVar[str | None]] = ContextVar("correlation_id", default=None)
hotel: Final[ContextVar[str | None]] = ContextVar("hotel", default=None)
provider: Final[ContextVar[str | None]] = ContextVar("provider", default=None)
connection: Final[ContextVar[str | None]] = ContextVar("connection", default=None)

_ALL: Final = (correlation_id, hotel, provider, connection)


def current() -> Mapping[str, str]:
    """The fields that are set."""
    return {var.name: value for var in _ALL if (value := var.get()) is not None}


@contextmanager
def log_context(**values: str) -> Iterator[None]:
    """Sets the given fields for the block; the others stay."""
    tokens = [(var, var.set(values[var.name])) for var in _ALL if var.name in values]
    try:
        yield
    finally:
        for var, token in reversed(tokens):
            var.reset(token)


def begin(correlation: str) -> None:
    """Starts a request: clears the fields of earlier requests on this thread."""
    for var in _ALL:
        var.set(None)
    correlation_id.set(correlation)
