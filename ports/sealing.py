"""Sealed values anew under the newest key, in bounded batches."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

ResealPosition: TypeAlias = tuple[str, tuple[str, ...]]
"""Where a batch ended: the table, and its row's key."""


@dataclass(frozen=True, slots=True)
class ResealedBatch:
    """`unreadable`: values that no configured key opens; they stay as they are. `position` is None
    after the last batch."""

    resealed: int = 0
    unreadable: int = 0
    position: ResealPosition | None = None


class SealedValues(Protocol):
    def reseal(self, after: ResealPosition | None, *, limit: int) -> ResealedBatch:
        """Seals up to `limit` values of older keys anew. A value that is written meanwhile is left
        to its writer. Idempotent."""
        ...
