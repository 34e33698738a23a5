"""Time, ids, randomness and encryption, which the core gets from outside."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware, in UTC. What the use cases are given is the database's time,
        the same in all processes, wherever their machines' clocks are."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes backwards, for durations and deadlines."""
        ...

    def sleep(self, seconds: float) -> None:
        """Blocks the calling thread."""
        ...


class SharedClock(Clock, Protocol):
    def skew(self) -> timedelta:
        """By how much this machine's own clock is ahead. Call it outside units of work. Raises
        StoreUnavailable."""
        ...


class IdGenerator(Protocol):
    def new(self) -> UUID:
        """A UUIDv7 (RFC 9562): sortable by time, strictly increasing within one process."""
        ...


class Randomness(Protocol):
    def fraction(self) -> float:
        """Uniform in [0, 1); for jitter, never for secrets."""
        ...

    def secret(self) -> str:
        """256 random bits as URL-safe text, from the operating system's generator."""
        ...


class Sealer(Protocol):
    """Authenticated encryption at rest, with several keys by id."""

    def seal(self, clear: bytes, *, bound_to: str) -> bytes:
        """The result opens only with the same `bound_to` (the owner's identity)."""
        ...

    @property
    def newest_prefix(self) -> bytes:
        """What values sealed with the newest key begin with, and no others."""
        ...

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Raises Unsealable for an unknown key id, a modified value or another owner."""
        ...


class CardMask(Protocol):
    def __call__(self, body: bytes, id_fields: Collection[str] = ()) -> bytes:
        """Masks every payment card number, as cards are never stored, not even in raw payloads.
        Keeps JSON and XML well-formed, and the numbers in fields of ids: `id_fields` are those of
        the provider (ports.providers.Capabilities)."""
        ...


Secrets = Mapping[str, str]
"""A connection's credentials by the provider's own names; never logged, never in a repr."""
