"""The seeded hotel in the vendor's words: Booking v1, Inventory v1, Availability v1.

People have no id and no time stamp of their own: a change of the primary or an additional guest is
a change of the reservation, a change of the booker is one of the booking alone.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.simulation.hotel_records import (
    TICKS,
    Booking,
    Guest,
    Room,
    RoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.seeded_hotel import SeededHotel

JsonObject: TypeAlias = dict[str, object]

_STATES: Final = {
    # The vendor knows no option: what is not paid for yet is confirmed.
    StayState.OPTION: "Confirmed",
    StayState.CONFIRMED: "Confirmed",
    StayState.CHECKED_IN: "InHouse",
    StayState.CHECKED_OUT: "CheckedOut",
    StayState.CANCELED: "Canceled",
    StayState.NO_SHOW: "NoShow",
}
_CHANNELS: Final = {"ota": "BookingCom", "agent": "ChannelManager", "walk-in": "Direct"}
_ARRIVAL_MINUTE, _DEPARTURE_MINUTE, _DAY_USE_MINUTE = 15 * 60, 11 * 60, 20 * 60
_VAT: Final = 107


class ApaleoWords:
    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel

    def reservation_id(self, stay: RoomStay) -> str:
        return f"{stay.booking_id}-{stay.line}"

    def modified(self, stay: RoomStay) -> int:
        people = (stay.guest_id, *stay.companion_ids)
        return max(stay.updated, *(self._person_since(guest_id) for guest_id in people))

    def arrival(self, stay: RoomStay) -> int:
        return self._hotel.instant(stay.arrival, _ARRIVAL_MINUTE)

    def departure(self, stay: RoomStay) -> int:
        minute = _DAY_USE_MINUTE if stay.arrival == stay.departure else _DEPARTURE_MINUTE
        return self._hotel.instant(stay.departure, minute)

    def reservation(self, stay: RoomStay, expand: frozenset[str]) -> JsonObject:
        """A list's item; empty fields are left out, as the vendor's serializer does."""
        booking = self._hotel.bookings[stay.booking_id]
        said = {
            **self._head(stay, booking),
            **self._times(stay),
            **self._references(stay, booking),
            **self._money(stay),
            **self._people(stay),
            **self._expanded(stay, booking, expand),
        }
        return {key: value for key, value in said.items() if value not in (None, [])}

    def single(self, stay: RoomStay, expand: frozenset[str]) -> JsonObject:
        """Asked for alone it has more than in a list."""
        gross = self._amount(stay.total)
        tax = {"vatType": "Reduced", "vatPercent": 7, "net": gross, "tax": self._amount(0)}
        return self.reservation(stay, expand) | {
            "payableAmount": {"guest": gross},
            "taxDetails": [tax],
        }

    def property(self) -> JsonObject:
        hotel = self._hotel
        return {
            **self._embedded_property(),
            "isTemplate": False,
            "location": {
                "addressLine1": "Main Street 1",
                "postalCode": "1010",
                "city": "Vienna",
                "countryCode": "AT",
            },
            "timeZone": hotel.time_zone,
            "currencyCode": hotel.currency,
            "created": "2024-01-01T00:00:00+01:00",
        }

    def unit_groups(self) -> list[JsonObject]:
        return [
            {
                **self._group(kind.id),
                "memberCount": len(self._hotel.rooms_of(kind.id)),
                "maxPersons": kind.sleeps,
                "property": self._embedded_property(),
            }
            for kind in self._hotel.room_types.values()
        ]

    def units(self) -> list[JsonObject]:
        return [self._unit_item(room) for room in self._hotel.rooms.values()]

    def availability(self, first: date, until: date) -> list[JsonObject]:
        sold = self._hotel.sold(first, until)
        slices: list[JsonObject] = []
        day = first
        while day < until:
            groups = [self._counted(kind, sold[kind, day]) for kind in self._hotel.room_types]
            slices.append(
                {
                    "from": self._text(self._hotel.instant(day, _ARRIVAL_MINUTE)),
                    "to": self._text(
                        self._hotel.instant(day + timedelta(days=1), _DEPARTURE_MINUTE)
                    ),
                    "unitGroups": groups,
                }
            )
            day += timedelta(days=1)
        return slices

    def _counted(self, kind: str, sold: int) -> JsonObject:
        rooms = len(self._hotel.rooms_of(kind))
        return {
            "unitGroup": self._group(kind),
            "physicalCount": rooms,
            "houseCount": rooms,
            "soldCount": sold,
            "occupancy": round(100 * sold / rooms, 2) if rooms else 0,
            "sellableCount": rooms - sold,
            "availableCount": rooms - sold + 1,
            "allowedOverbookingCount": 1,
            "maintenance": {"outOfService": 0, "outOfOrder": 0, "outOfInventory": 0},
            "block": {"definite": 0, "tentative": 0, "picked": 0, "remaining": 0},
        }

    def _head(self, stay: RoomStay, booking: Booking) -> JsonObject:
        is_walk_in = booking.channel == "walk-in"
        return {
            "id": self.reservation_id(stay),
            "bookingId": booking.id,
            "status": _STATES[stay.state],
            "groupName": booking.group_id,
            "channelCode": _CHANNELS.get(booking.channel, "Direct"),
            "source": "Walk-in" if is_walk_in else None,
            "externalCode": booking.external_code,
            "comment": booking.comment,
            "guestComment": booking.guest_comment,
            "guaranteeType": "CreditCard",
            "hasCityTax": False,
            "adults": stay.adults,
            "childrenAges": list(stay.child_ages),
        }

    def _times(self, stay: RoomStay) -> JsonObject:
        return {
            "arrival": self._text(self.arrival(stay)),
            "departure": self._text(self.departure(stay)),
            "created": self._text(stay.created, exact=True),
            "modified": self._text(self.modified(stay), exact=True),
            "checkInTime": self._text(stay.arrived),
            "checkOutTime": self._text(stay.left),
            "cancellationTime": self._text(stay.canceled),
            "noShowTime": self._text(stay.no_show),
        }

    def _references(self, stay: RoomStay, booking: Booking) -> JsonObject:
        room = self._hotel.rooms[stay.room_id] if stay.room_id and stay.is_assigned else None
        return {
            "property": self._embedded_property(),
            "ratePlan": self._rate_plan(stay),
            "unitGroup": self._group(stay.room_type_id),
            "unit": room and self._unit(room),
            "corporateCode": booking.company_id,
        }

    def _money(self, stay: RoomStay) -> JsonObject:
        return {
            "totalGrossAmount": self._amount(stay.total),
            "balance": self._amount(stay.paid - stay.total),
            "cancellationFee": {
                **_policy("FLEX"),
                "dueDateTime": self._text(self.arrival(stay)),
                "fee": self._amount(stay.total),
            },
            "noShowFee": {**_policy("NOSHOW"), "fee": self._amount(stay.total)},
        }

    def _people(self, stay: RoomStay) -> JsonObject:
        return {
            "primaryGuest": self._person(stay.guest_id),
            "additionalGuests": [self._person(guest_id) for guest_id in stay.companion_ids],
        }

    def _expanded(
        self, stay: RoomStay, booking: Booking, expand: frozenset[str]
    ) -> Mapping[str, object]:
        company = self._hotel.companies.get(booking.company_id or "")
        given: JsonObject = {
            "booker": self._person(booking.booker_id),
            "timeSlices": self._slices(stay),
            "company": company
            and {
                "id": company.id,
                "code": company.id,
                "name": company.name,
                "canCheckOutOnAr": False,
            },
        }
        return {key: value for key, value in given.items() if key in expand}

    def _slices(self, stay: RoomStay) -> list[JsonObject]:
        found: list[JsonObject] = []
        for night, price in zip(stay.nights, stay.night_prices, strict=True):
            found.append(
                {
                    "from": self._text(self._hotel.instant(night, _ARRIVAL_MINUTE)),
                    "to": self._text(
                        self._hotel.instant(night + timedelta(days=1), _DEPARTURE_MINUTE)
                    ),
                    "serviceDate": night.isoformat(),
                    "ratePlan": self._rate_plan(stay),
                    "unitGroup": self._group(stay.room_type_id),
                    "baseAmount": {
                        "grossAmount": self._major(price),
                        "netAmount": self._major(price * 100 // _VAT),
                        "vatType": "Reduced",
                        "vatPercent": _VAT - 100,
                        "currency": self._hotel.currency,
                    },
                    "totalGrossAmount": self._amount(price),
                }
            )
        return found

    def _person(self, guest_id: str) -> JsonObject:
        guest = self._followed(guest_id)
        said = {
            "firstName": guest.first_name,
            "lastName": guest.last_name,
            "email": guest.email,
            "phone": guest.phone,
            "address": {"countryCode": guest.country},
            "preferredLanguage": guest.language,
        }
        return {key: value for key, value in said.items() if value is not None}

    def _followed(self, guest_id: str) -> Guest:
        guest = self._hotel.guests[guest_id]
        while guest.merged_into is not None:
            guest = self._hotel.guests[guest.merged_into]
        return guest

    def _person_since(self, guest_id: str) -> int:
        guest = self._hotel.guests[guest_id]
        since = guest.updated
        while guest.merged_into is not None:
            guest = self._hotel.guests[guest.merged_into]
            since = max(since, guest.updated)
        return since

    def _rate_plan(self, stay: RoomStay) -> JsonObject:
        plan = self._hotel.rate_plans[stay.rate_plan_id]
        return {
            "id": f"{self._hotel.id}-{plan.id}-{stay.room_type_id}",
            "code": plan.id,
            "name": plan.name,
            "isSubjectToCityTax": False,
        }

    def _group(self, room_type_id: str) -> JsonObject:
        kind = self._hotel.room_types[room_type_id]
        return {
            "id": f"{self._hotel.id}-{kind.id}",
            "code": kind.id,
            "name": kind.name,
            "description": f"{kind.name} room",
        }

    def _unit(self, room: Room) -> JsonObject:
        return {
            "id": f"{self._hotel.id}-{room.id}",
            "name": room.number,
            "unitGroupId": f"{self._hotel.id}-{room.room_type_id}",
        }

    def _unit_item(self, room: Room) -> JsonObject:
        condition = "Clean" if room.is_clean else "Dirty"
        return {
            "id": f"{self._hotel.id}-{room.id}",
            "name": room.number,
            "description": f"Floor {room.floor}",
            "property": self._embedded_property(),
            "unitGroup": self._group(room.room_type_id),
            "status": {"isOccupied": False, "condition": condition},
            "maxPersons": self._hotel.room_types[room.room_type_id].sleeps,
            "created": "2024-01-01T00:00:00+01:00",
        }

    def _embedded_property(self) -> JsonObject:
        return {"id": self._hotel.id, "code": self._hotel.id, "name": self._hotel.name}

    def _amount(self, minor: int) -> JsonObject:
        return {"amount": self._major(minor), "currency": self._hotel.currency}

    def _major(self, minor: int) -> float:
        return minor / self._hotel.minor

    def _text(self, instant: int | None, *, exact: bool = False) -> str | None:
        """With the property's offset; `exact` with the vendor's seven digits."""
        if instant is None:
            return None
        seconds, rest = divmod(instant, TICKS)
        local = datetime.fromtimestamp(seconds, UTC).astimezone(self._hotel.zone)
        text = local.isoformat()
        return f"{text[:19]}.{rest:07}{text[19:]}" if exact else text


def _policy(code: str) -> JsonObject:
    return {"id": code, "code": code, "name": code, "description": f"Simulated {code}"}
