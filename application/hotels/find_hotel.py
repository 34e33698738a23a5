"""The caller's hotel and its room types, rooms and rate plans."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.access.authenticate import Principal
from application.stored_hotels import get_hotel
from domain.hotel import Hotel
from domain.snapshots import HotelRecords
from ports.directory import Directory
from ports.queries import Queries


@dataclass(frozen=True, slots=True)
class HotelView:
    hotel: Hotel
    records: HotelRecords


@dataclass(frozen=True, slots=True)
class FindHotel:
    directory: Directory
    queries: Queries

    def __call__(self, principal: Principal) -> HotelView:
        """The records are those of the caller's providers. Raises HotelNotFound."""
        hotel = get_hotel(self.directory, principal.hotel_id)
        by_provider = self.queries.records(hotel.id)
        names = sorted(name for name in by_provider if principal.covers_provider(name))
        return HotelView(hotel, _joined([by_provider[name] for name in names]))


def _joined(records: Sequence[HotelRecords]) -> HotelRecords:
    return HotelRecords(
        room_types=[each for group in records for each in group.room_types],
        rooms=[each for group in records for each in group.rooms],
        rate_plans=[each for group in records for each in group.rate_plans],
    )
