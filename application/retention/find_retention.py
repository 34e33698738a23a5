"""Shows how long a hotel's data is kept."""

from dataclasses import dataclass

from domain.retention import Retention
from domain.values import HotelId
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class FindRetention:
    unit_of_work: UnitOfWorkFactory

    def __call__(self, hotel_id: HotelId) -> Retention:
        with self.unit_of_work() as uow:
            return uow.retention.get(hotel_id)
