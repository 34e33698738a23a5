"""Adds a hotel, which is a tenant."""

from dataclasses import dataclass

from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import hotel_state
from domain.audit import AuditAction
from domain.hotel import Hotel
from ports.system import Clock, IdGenerator
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class AddHotel:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdGenerator
    audit: AuditTrail

    def __call__(self, *, slug: str, name: str, time_zone: str, currency: str) -> Hotel:
        """Raises InvalidField, AlreadyExists."""
        hotel = Hotel(
            id=self.ids.new(),
            slug=slug,
            name=name,
            time_zone=time_zone,
            currency=currency,
            created_at=self.clock.now(),
        )
        with self.unit_of_work() as uow:
            uow.hotels.add(hotel)
            action, after = AuditAction.HOTEL_ADDED, hotel_state(hotel)
            self.audit.record(uow, action, hotel.slug, hotel_id=hotel.id, after=after)
            uow.commit()
        return hotel
