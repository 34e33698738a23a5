"""Enables or disables a hotel."""

from dataclasses import dataclass, replace

from application.stored_hotels import get_hotel_by_slug
from domain.hotel import Hotel
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class SwitchHotel:
    """Disabled: partners are refused and nothing is pulled. Webhooks are still stored, since some
    vendors do not redeliver them."""

    unit_of_work: UnitOfWorkFactory

    def __call__(self, slug: str, *, enabled: bool) -> Hotel:
        """Raises HotelNotFound."""
        with self.unit_of_work() as uow:
            hotel = get_hotel_by_slug(uow, slug)
            uow.hotels.set_enabled(hotel.id, enabled=enabled)
            uow.commit()
        return replace(hotel, enabled=enabled)
