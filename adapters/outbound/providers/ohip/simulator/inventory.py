"""Availability of each room type, as statistics (inv)."""

from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject

_CODES: Final = {
    "RoomPhysicalRoomsYN": "PhysicalRooms",
    "RoomOOOYN": "OutOfOrder",
    "RoomOOSRoomsYN": "OutOfService",
    "RoomRoomsSoldYN": "RoomsSold",
    "RoomAvailRoomsYN": "AvailableRooms",
}


def statistics(hotel: SeededHotel, first: date, last: date, asked: list[str]) -> list[JsonObject]:
    """Both days included. Contains only the requested counts."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    sold = hotel.sold(first, last + timedelta(days=1))
    hotel_totals: JsonObject = {
        "statCode": hotel.id,
        "statCategoryCode": "HotelCode",
        "statisticDate": [_night(day, {}) for day in days],
    }
    kinds: list[JsonObject] = []
    for kind in hotel.room_types.values():
        rooms = len(hotel.rooms_of(kind.id))
        nights = [_night(day, _counts(rooms, sold[kind.id, day], asked)) for day in days]
        kinds.append(
            {
                "statisticDate": nights,
                "statCode": kind.id,
                "statCategoryCode": "HotelRoomCode",
                "statCodeClass": "ALL",
                "description": kind.name,
            }
        )
    report: JsonObject = {
        "statistics": [hotel_totals, *kinds],
        "hotelName": hotel.name,
        "reportCode": "RoomsAvailabilitySummary",
    }
    return [report]


def _counts(rooms: int, sold: int, asked: list[str]) -> dict[str, int]:
    known = {
        "PhysicalRooms": rooms,
        "OutOfOrder": 0,
        "OutOfService": 0,
        "RoomsSold": sold,
        "AvailableRooms": rooms - sold,
    }
    return {code: known[code] for name in asked if (code := _CODES.get(name))}


def _night(day: date, counts: dict[str, int]) -> JsonObject:
    night_entry: JsonObject = {"statisticDate": day.isoformat(), "weekendDate": day.weekday() >= 5}
    if counts:
        night_entry["inventory"] = [
            {"code": code, "value": value} for code, value in counts.items()
        ]
    return night_entry
