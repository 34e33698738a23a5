"""Enables or disables a hotel."""

from dataclasses import dataclass, replace

from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import hotel_state
from application.stored_hotels import get_hotel_by_slug
from domain.audit import AuditAction
from domain.hotel import Hotel
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class SwitchHotel:
    """Disabled: partners are refused and nothing is pulled. Webhooks are still stored, since some
    vendors do not redeliver them."""

    unit_of_work: UnitOfWorkFactory
    audit: AuditTrail

    def __call__(self, slug: str, *, enabled: bool) -> Hotel:
        """Raises HotelNotFound."""
        with self.unit_of_work() as uow:
            hotel = get_hotel_by_slug(uow, slug)
            uow.hotels.set_enabled(hotel.id, enabled=enabled)
            switched = replace(hotel, enabled=enabled)
            self.audit.record(
                uow,
                AuditAction.HOTEL_ENABLED if enabled else AuditAction.HOTEL_DISABLED,
                hotel.slug,
                hotel_id=hotel.id,
                before=hotel_state(hotel),
                after=hotel_state(switched),
            )
            uow.commit()
        return switched
