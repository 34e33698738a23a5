"""In-process delivery of events to subscribers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from domain.messages import OutboxMessage

Subscriber: TypeAlias = Callable[[OutboxMessage], None]


@dataclass(frozen=True, slots=True)
class Failure:
    subscriber: str
    error_code: str


class EventBus(Protocol):
    @property
    def subscribers(self) -> Sequence[str]:
        """Names, in order of subscription."""
        ...

    def deliver(self, message: OutboxMessage, *, to: Sequence[str]) -> Sequence[Failure]:
        """Calls each named subscriber once; one that raises does not affect the others."""
        ...
