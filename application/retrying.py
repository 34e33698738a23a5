"""Optimistic concurrency: read, decide, save; when someone was faster, all of it again."""

from collections.abc import Callable
from typing import Final, TypeVar

from application.errors import RetriesExhausted
from ports.errors import ConcurrentChange

T = TypeVar("T")

TRIES: Final = 25
"""Under the fiercest race one of n writers wins each round, so n tries suffice for n writers."""


def retry_on_conflict(attempt: Callable[[], T]) -> T:
    """`attempt` opens its own unit of work and leaves nothing behind when it raises
    ConcurrentChange. Raises GaveUp after `TRIES` of them."""
    for _ in range(TRIES):
        try:
            return attempt()
        except ConcurrentChange as error:
            last = error
    raise RetriesExhausted from last
