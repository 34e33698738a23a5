"""Discards quarantined items that nobody will replay, and records who did it."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from application.audit.audit_trail import AuditTrail, current_actor
from application.errors import NotFound
from application.retrying import in_transaction
from domain.audit import AuditAction
from domain.values import HotelId
from ports.messages import QuarantineFilter
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH: Final = 2_000
"""Of one transaction, so that pushes need not wait long."""
_LOG: Final = logging.getLogger("pms.quarantine")


@dataclass(frozen=True, slots=True)
class DiscardQuarantine:
    """Opens no payload: an item whose payload can't be opened is discarded like any other.
    Discarded items are done: the tick purges them, and the same payload is quarantined if it comes
    again."""

    unit_of_work: UnitOfWorkFactory
    audit: AuditTrail

    def __call__(self, wanted: QuarantineFilter, *, batch: int = BATCH) -> int:
        """How many were discarded; each transaction adds its own entry to the audit log."""
        total = 0
        while count := in_transaction(
            self.unit_of_work, lambda uow: self._discard(uow, wanted, batch)
        ):
            total += count
            if count < batch:
                break
        if total:
            _LOG.info(
                "quarantine_discarded",
                extra={"actor": str(current_actor.get()), "count": total, **filter_details(wanted)},
            )
        return total

    def one(self, hotel_id: HotelId, item_id: UUID, *, provider: str | None = None) -> None:
        """`provider`: if given, the item must be of it. Raises NotFound if no such item is
        quarantined at this hotel."""
        wanted = QuarantineFilter(hotel_id=hotel_id, item_id=item_id, provider=provider)
        if not self(wanted):
            raise NotFound("nothing of this id is quarantined here")

    def _discard(self, uow: UnitOfWork, wanted: QuarantineFilter, batch: int) -> int:
        count = uow.inbox.discard(wanted, limit=batch)
        if count:
            self.audit.record(
                uow,
                AuditAction.QUARANTINE_DISCARDED,
                wanted.item_id or "quarantine",
                hotel_id=wanted.hotel_id,
                details={"count": count, **_audited_details(wanted)},
            )
        return count


def _audited_details(wanted: QuarantineFilter) -> dict[str, str]:
    """The id of a booking or guest would outlive the guest's erasure."""
    details = filter_details(wanted)
    return {**details, "external_id": "set"} if "external_id" in details else details


def filter_details(wanted: QuarantineFilter) -> dict[str, str]:
    """The conditions that are set, as texts, without the hotel."""
    return dict(_conditions(wanted))


def _conditions(wanted: QuarantineFilter) -> Iterator[tuple[str, str]]:
    for each in fields(wanted):
        value = getattr(wanted, each.name)
        if value is not None and each.name != "hotel_id":
            yield each.name, value.isoformat() if isinstance(value, datetime) else str(value)
