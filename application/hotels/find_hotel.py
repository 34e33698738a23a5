"""The caller's hotel and its room types, rooms and rate plans."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from application.access.authenticate import Principal
from application.stored_hotels import get_hotel
from domain.hotel import Hotel
from domain.snapshots import HotelRecords
from ports.directory import Directory
from ports.queries import Queries, RecordsSize

InspectRecords: TypeAlias = Callable[[RecordsSize], None]
"""Its errors end the query."""


@dataclass(frozen=True, slots=True)
class HotelView:
    hotel: Hotel
    records: HotelRecords


@dataclass(frozen=True, slots=True)
class FindHotel:
    directory: Directory
    queries: Queries

    def __call__(self, principal: Principal, inspect: InspectRecords | None = None) -> HotelView:
        """The records are those of the caller's providers; none without `inspect`, which is called
        with their size before they are read. Raises HotelNotFound, and what `inspect` does."""
        hotel = get_hotel(self.directory, principal.hotel_id)
        if inspect is None:
            return HotelView(hotel, HotelRecords())
        inspect(self.queries.count_records(hotel.id))
        by_provider = self.queries.records(hotel.id)
        names = sorted(name for name in by_provider if principal.covers_provider(name))
        return HotelView(hotel, _joined([by_provider[name] for name in names]))


def _joined(records: Sequence[HotelRecords]) -> HotelRecords:
    return HotelRecords(
        room_types=[each for group in records for each in group.room_types],
        rooms=[each for group in records for each in group.rooms],
        rate_plans=[each for group in records for each in group.rate_plans],
    )
