"""In-process delivery of events to subscribers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from domain.messages import OutboxMessage

Subscriber: TypeAlias = Callable[[OutboxMessage], None]

DELIVERY_TIMEOUT: Final = "delivery_timeout"
"""Code of a failure: the subscriber did not return in time."""
STILL_HANGS: Final = "subscriber_hangs"
"""Code of a failure: the subscriber has not yet returned from an earlier message."""


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
        """Calls each named subscriber once; one that raises or hangs does not affect the others.
        Returns within a time that is shorter than the relay's lease."""
        ...
