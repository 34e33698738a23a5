"""Adds a hotel, which is a tenant."""

from dataclasses import dataclass

from domain.hotel import Hotel
from ports.system import Clock, IdGenerator
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class AddHotel:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdGenerator

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
            uow.commit()
        return hotel
