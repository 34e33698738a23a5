"""How long a store is waited for."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class StoreWaits:
    """In seconds; after each of them the store is unavailable.

    `free_connection_seconds`: for a connection that another thread uses. `connect_seconds`: at
    least 2 (libpq). `answer_seconds`: of PostgreSQL to one statement, also while it hangs.
    """

    free_connection_seconds: float = 15.0
    connect_seconds: int = 5
    answer_seconds: float = 20.0


DEFAULT_WAITS: Final = StoreWaits()
REQUEST_WAITS: Final = StoreWaits(
    free_connection_seconds=2.0, connect_seconds=2, answer_seconds=4.0
)
"""For a process that answers requests: a request gets its 503 within 5 seconds."""
