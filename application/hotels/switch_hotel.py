"""The adapter layer on or off for one hotel."""

from dataclasses import dataclass, replace

from application.errors import HotelNotFound
from domain.hotel import Hotel
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class SwitchHotel:
    """Off: partners are refused and nothing is pulled. What vendors' webhooks say is still
    stored, since they would not send it again."""

    unit_of_work: UnitOfWorkFactory

    def __call__(self, slug: str, *, enabled: bool) -> Hotel:
        """Raises HotelNotFound."""
        with self.unit_of_work() as uow:
            hotel = uow.hotels.by_slug(slug)
            if hotel is None:
                raise HotelNotFound(f"there is no hotel '{slug}'; see `pms hotel list`")
            uow.hotels.set_enabled(hotel.id, enabled=enabled)
            uow.commit()
        return replace(hotel, enabled=enabled)
