"""Records administrative acts, in the transaction of the act."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from domain.audit import (
    SYSTEM,
    Actor,
    AuditAction,
    AuditEntry,
    AuditState,
    AuditValue,
    shown_changes,
)
from domain.values import HotelId
from ports.system import Clock, IdGenerator
from ports.unit_of_work import UnitOfWork

NOTHING: Final[Mapping[str, AuditValue]] = {}
current_actor: Final[ContextVar[Actor]] = ContextVar("current_actor", default=SYSTEM)
"""Set by the driving adapters for each request or command."""


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    token = current_actor.set(actor)
    try:
        yield
    finally:
        current_actor.reset(token)


@dataclass(frozen=True, slots=True)
class AuditTrail:
    clock: Clock
    ids: IdGenerator

    def record(  # noqa: PLR0913  # the parts of an entry
        self,
        uow: UnitOfWork,
        action: AuditAction,
        subject: object,
        *,
        hotel_id: HotelId | None = None,
        before: AuditState = NOTHING,
        after: AuditState = NOTHING,
        details: Mapping[str, AuditValue] = NOTHING,
    ) -> None:
        entry = self.entry(
            action, subject, hotel_id=hotel_id, before=before, after=after, details=details
        )
        uow.audit_log.add([entry])

    def entry(  # its parts
        self,
        action: AuditAction,
        subject: object,
        *,
        hotel_id: HotelId | None = None,
        before: AuditState = NOTHING,
        after: AuditState = NOTHING,
        details: Mapping[str, AuditValue] = NOTHING,
    ) -> AuditEntry:
        """By the current actor, now. Of `before` and `after` only what differs is stored."""
        shown_before, shown_after = shown_changes(before, after)
        return AuditEntry(
            id=self.ids.new(),
            at=self.clock.now(),
            actor=current_actor.get(),
            action=action,
            hotel_id=hotel_id,
            subject=str(subject),
            before=shown_before,
            after=shown_after,
            details=details,
        )

    def schema_change(self, before: int, after: int) -> AuditEntry:
        """Of the schema's version; the migration stores it in its own transaction."""
        is_upgrade = after > before
        action = AuditAction.SCHEMA_UPGRADED if is_upgrade else AuditAction.SCHEMA_DOWNGRADED
        return self.entry(action, "schema", before={"version": before}, after={"version": after})
