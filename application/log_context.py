"""What every log line of one request or job carries, so that no call site repeats it."""

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
    """Those that are set."""
    return {var.name: value for var in _ALL if (value := var.get()) is not None}


@contextmanager
def log_context(**values: str) -> Iterator[None]:
    """Sets the named ones for the block; the others stay."""
    tokens = [(var, var.set(values[var.name])) for var in _ALL if var.name in values]
    try:
        yield
    finally:
        for var, token in reversed(tokens):
            var.reset(token)


def begin(correlation: str) -> None:
    """A new request on a thread that served others before: nothing of theirs stays."""
    for var in _ALL:
        var.set(None)
    correlation_id.set(correlation)
