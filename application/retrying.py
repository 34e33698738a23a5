"""Optimistic concurrency: work that loses a race is repeated on fresh data."""

from collections.abc import Callable
from typing import Final, TypeVar

from application.errors import RetriesExhausted
from ports.errors import ConcurrentChange
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

T = TypeVar("T")

TRIES: Final = 25
"""In the worst race one of n writers wins each round, so n tries suffice for n writers."""


def in_transaction(unit_of_work: UnitOfWorkFactory, work: Callable[[UnitOfWork], T]) -> T:
    """Runs `work` in its own unit of work and commits; repeats it on ConcurrentChange. Raises
    RetriesExhausted after TRIES attempts."""
    for _ in range(TRIES):
        try:
            with unit_of_work() as uow:
                result = work(uow)
                uow.commit()
        except ConcurrentChange as error:
            last = error
        else:
            return result
    raise RetriesExhausted from last
