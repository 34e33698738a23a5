"""Sets how long a hotel's data is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import retention_state
from application.stored_hotels import get_hotel_by_slug
from domain.audit import AuditAction
from domain.retention import DataKind, Retention
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class SetRetention:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    audit: AuditTrail

    def __call__(self, slug: str, days: Mapping[DataKind, int | None]) -> Retention:
        """Of the kinds given; None keeps for ever. The next tick purges by it. Raises
        HotelNotFound, InvalidField."""
        with self.unit_of_work() as uow:
            hotel = get_hotel_by_slug(uow, slug)
            stored = uow.retention.get(hotel.id)
            retention = replace(stored, **{str(kind): value for kind, value in days.items()})
            uow.retention.save(hotel.id, retention, purge_at=self.clock.now())
            self.audit.record(
                uow,
                AuditAction.RETENTION_CHANGED,
                hotel.slug,
                hotel_id=hotel.id,
                before=retention_state(stored),
                after=retention_state(retention),
            )
            uow.commit()
        return retention
