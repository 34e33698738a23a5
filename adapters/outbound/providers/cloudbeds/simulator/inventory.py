"""The property, its room types, rooms and rates in the vendor's format."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    RatePlan,
    SimulatedRoomType,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject

_SHARE: Final = 0.3
"""Fraction of a minor unit that the vendor does not round away."""


def number(*parts: str) -> str:
    """The vendor's ids are digits; the same text has the same id."""
    digest = sha256("/".join(parts).encode()).digest()
    return str(10**12 + int.from_bytes(digest[:5]))


class CloudbedsInventory:
    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel
        self.property_id = str(100_000 + hotel.seed)

    def listed_property(self) -> JsonObject:
        """getHotels: the only response with the time zone."""
        return {
            **self._identity(),
            "propertyImage": "",
            "propertyDescription": "",
            "propertyTimezone": self._hotel.time_zone,
            "propertyCurrency": [self._currency()],
        }

    def _identity(self) -> JsonObject:
        return {
            "propertyID": self.property_id,
            "organizationID": "1",
            "propertyName": self._hotel.name,
        }

    def property(self) -> JsonObject:
        """getHotelDetails."""
        return {
            **self._identity(),
            "propertyType": "hotel",
            "propertyImage": [],
            "propertyDescription": "",
            "propertyCurrency": {
                **self._currency(),
                "currencyDecimalSeparator": ".",
                "currencyThousandsSeparator": ",",
            },
            "propertyPrimaryLanguage": "en",
            "propertyPolicy": {
                "propertyCheckInTime": "15:00:00",
                "propertyCheckOutTime": "11:00:00",
                "propertyLateCheckOutAllowed": False,
            },
            "propertyAmenities": [],
        }

    def _currency(self) -> JsonObject:
        return {
            "currencyCode": self._hotel.currency,
            "currencySymbol": self._hotel.currency,
            "currencyPosition": "before",
        }

    def room_type(self, kind: SimulatedRoomType) -> JsonObject:
        return {
            "roomTypeID": self.room_type_id(kind.id),
            "propertyID": self.property_id,
            "roomTypeName": kind.name,
            "roomTypeNameShort": kind.id,
            "roomTypeDescription": "",
            "isPrivate": True,
            "maxGuests": kind.sleeps,
            "adultsIncluded": 1,
            "childrenIncluded": 0,
        }

    def rooms(self) -> list[JsonObject]:
        hotel = self._hotel
        return [
            {
                "roomID": self.room_id(room.id),
                "roomName": room.number,
                "dormRoomName": "",
                "roomDescription": "",
                "maxGuests": hotel.room_types[room.room_type_id].sleeps,
                "isPrivate": True,
                "isVirtual": False,
                "roomBlocked": False,
                "roomTypeID": self.room_type_id(room.room_type_id),
                "roomTypeName": hotel.room_types[room.room_type_id].name,
                "roomTypeNameShort": room.room_type_id,
                "doorlockID": "",
            }
            for room in hotel.rooms.values()
        ]

    def rates(self, first: date, until: date) -> list[JsonObject]:
        sold = self._hotel.sold(first, until)
        nights = [first + timedelta(days=offset) for offset in range((until - first).days)]
        return [
            self._rate(kind, plan, nights, [sold[kind.id, night] for night in nights])
            for kind in self._hotel.room_types.values()
            for plan in self._hotel.rate_plans.values()
        ]

    def _rate(
        self, kind: SimulatedRoomType, plan: RatePlan, nights: list[date], sold: list[int]
    ) -> JsonObject:
        rooms = len(self._hotel.rooms_of(kind.id))
        price = self._hotel.major(kind.price * plan.percent // 100)
        return {
            "rateID": self.rate_id(kind.id, plan.id),
            "isDerived": False,
            "roomRate": price,
            "totalRate": price * len(nights),
            "roomsAvailable": rooms - max(sold, default=0),
            "roomTypeID": self.room_type_id(kind.id),
            "propertyID": self.property_id,
            "ratePlanID": number("plan", plan.id),
            "ratePlanNamePublic": plan.name,
            "ratePlanNamePrivate": plan.name,
            "roomRateDetailed": [
                {
                    "date": night.isoformat(),
                    "rateBase": price,
                    "totalRate": price,
                    "roomsAvailable": rooms - count,
                    "closedToArrival": False,
                    "closedToDeparture": False,
                    "blocked": False,
                    "minLos": 1,
                    "maxLos": 0,
                    "cutOff": 0,
                    "lastMinuteBooking": 0,
                }
                for night, count in zip(nights, sold, strict=True)
            ],
        }

    def room_type_id(self, kind: str) -> str:
        return number(self._hotel.id, "type", kind)

    def room_id(self, room: str) -> str:
        return f"{number(self._hotel.id, 'room')}-{room}"

    def rate_id(self, kind: str, plan: str) -> str:
        return number(self._hotel.id, "rate", kind, plan)

    def unrounded(self, minor: int) -> float:
        """Some amounts have more digits than the currency; rounded they are `minor`."""
        return (minor + _SHARE if minor % 3 == 0 else minor) / self._hotel.minor

    def local_text(self, instant: int) -> str:
        return self._hotel.local(instant).strftime("%Y-%m-%d %H:%M:%S")

    def utc_text(self, instant: int) -> str:
        return datetime.fromtimestamp(instant // TICKS, UTC).strftime("%Y-%m-%d %H:%M:%S")
