"""The caller's hotel and its room types, rooms and rate plans."""

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
        """The records are those of the caller's provider. Raises HotelNotFound."""
        hotel = get_hotel(self.directory, principal.hotel_id)
        records = self.queries.records(hotel.id)
        return HotelView(hotel, records.get(principal.provider, HotelRecords()))
