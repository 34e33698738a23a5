"""Reservations of the neutral hotel in the vendor's format (Booking v1).

People have no id and no time stamp of their own: a change of the primary or an additional guest is
a change of the reservation, a change of the booker one of the booking alone.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import (
    SimulatedBooking,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.json_fields import without_empty
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.providers.apaleo.simulator.inventory import (
    ARRIVAL_MINUTE,
    DEPARTURE_MINUTE,
    ApaleoInventory,
)

_STATES: Final = {
    # The vendor has no options: an unpaid reservation is confirmed.
    StayState.OPTION: "Confirmed",
    StayState.CONFIRMED: "Confirmed",
    StayState.CHECKED_IN: "InHouse",
    StayState.CHECKED_OUT: "CheckedOut",
    StayState.CANCELED: "Canceled",
    StayState.NO_SHOW: "NoShow",
}
_CHANNELS: Final = {"ota": "BookingCom", "agent": "ChannelManager", "walk-in": "Direct"}
_DAY_USE_MINUTE: Final = 20 * 60
_VAT: Final = 107


class ApaleoRenderer:
    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel
        self.inventory = ApaleoInventory(hotel)

    def arrival(self, stay: SimulatedRoomStay) -> int:
        return self._hotel.instant(stay.arrival, ARRIVAL_MINUTE)

    def departure(self, stay: SimulatedRoomStay) -> int:
        minute = _DAY_USE_MINUTE if stay.arrival == stay.departure else DEPARTURE_MINUTE
        return self._hotel.instant(stay.departure, minute)

    def render_listed(self, stay: SimulatedRoomStay, expand: frozenset[str]) -> JsonObject:
        """As an item of a list; empty fields are left out, as the vendor's serializer does."""
        booking = self._hotel.bookings[stay.booking_id]
        fields = {
            **self._head(stay, booking),
            **self._times(stay),
            **self._references(stay, booking),
            **self._money(stay),
            **self._people(stay),
            **self._expanded(stay, booking, expand),
        }
        return without_empty(fields)

    def render_single(self, stay: SimulatedRoomStay, expand: frozenset[str]) -> JsonObject:
        """A single reservation has more fields than one in a list."""
        gross = self.inventory.amount(stay.total)
        tax = {"vatType": "Reduced", "vatPercent": 7, "net": gross, "tax": self.inventory.amount(0)}
        return self.render_listed(stay, expand) | {
            "payableAmount": {"guest": gross},
            "taxDetails": [tax],
        }

    def _head(self, stay: SimulatedRoomStay, booking: SimulatedBooking) -> JsonObject:
        is_walk_in = booking.channel == "walk-in"
        return {
            "id": stay.id,
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

    def _times(self, stay: SimulatedRoomStay) -> JsonObject:
        return {
            "arrival": self.inventory.text(self.arrival(stay)),
            "departure": self.inventory.text(self.departure(stay)),
            "created": self.inventory.text(stay.created, exact=True),
            "modified": self.inventory.text(self._hotel.last_change(stay), exact=True),
            "checkInTime": self.inventory.text(stay.arrived),
            "checkOutTime": self.inventory.text(stay.left),
            "cancellationTime": self.inventory.text(stay.canceled),
            "noShowTime": self.inventory.text(stay.no_show),
        }

    def _references(self, stay: SimulatedRoomStay, booking: SimulatedBooking) -> JsonObject:
        room = self._hotel.assigned_room(stay)
        return {
            "property": self.inventory.embedded_property(),
            "ratePlan": self._rate_plan(stay),
            "unitGroup": self.inventory.group(stay.room_type_id),
            "unit": room and self.inventory.unit(room),
            "corporateCode": booking.company_id,
        }

    def _money(self, stay: SimulatedRoomStay) -> JsonObject:
        return {
            "totalGrossAmount": self.inventory.amount(stay.total),
            "balance": self.inventory.amount(stay.paid - stay.total),
            "cancellationFee": {
                **_policy("FLEX"),
                "dueDateTime": self.inventory.text(self.arrival(stay)),
                "fee": self.inventory.amount(stay.total),
            },
            "noShowFee": {**_policy("NOSHOW"), "fee": self.inventory.amount(stay.total)},
        }

    def _people(self, stay: SimulatedRoomStay) -> JsonObject:
        return {
            "primaryGuest": self._person(stay.guest_id),
            "additionalGuests": [self._person(guest_id) for guest_id in stay.companion_ids],
        }

    def _expanded(
        self, stay: SimulatedRoomStay, booking: SimulatedBooking, expand: frozenset[str]
    ) -> Mapping[str, object]:
        company = self._hotel.companies.get(booking.company_id or "")
        expandable: JsonObject = {
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
        return {key: value for key, value in expandable.items() if key in expand}

    def _slices(self, stay: SimulatedRoomStay) -> list[JsonObject]:
        found: list[JsonObject] = []
        for night, price in stay.priced_nights:
            found.append(
                {
                    "from": self.inventory.text(self._hotel.instant(night, ARRIVAL_MINUTE)),
                    "to": self.inventory.text(
                        self._hotel.instant(night + timedelta(days=1), DEPARTURE_MINUTE)
                    ),
                    "serviceDate": night.isoformat(),
                    "ratePlan": self._rate_plan(stay),
                    "unitGroup": self.inventory.group(stay.room_type_id),
                    "baseAmount": {
                        "grossAmount": self._hotel.major(price),
                        "netAmount": self._hotel.major(price * 100 // _VAT),
                        "vatType": "Reduced",
                        "vatPercent": _VAT - 100,
                        "currency": self._hotel.currency,
                    },
                    "totalGrossAmount": self.inventory.amount(price),
                }
            )
        return found

    def _person(self, guest_id: str) -> JsonObject:
        guest = self._hotel.surviving_guest(guest_id)
        fields = {
            "firstName": guest.first_name,
            "lastName": guest.last_name,
            "email": guest.email,
            "phone": guest.phone,
            "address": {"countryCode": guest.country},
            "preferredLanguage": guest.language,
        }
        return without_empty(fields)

    def _rate_plan(self, stay: SimulatedRoomStay) -> JsonObject:
        plan = self._hotel.rate_plans[stay.rate_plan_id]
        return {
            "id": f"{self._hotel.id}-{plan.id}-{stay.room_type_id}",
            "code": plan.id,
            "name": plan.name,
            "isSubjectToCityTax": False,
        }


def _policy(code: str) -> JsonObject:
    return {"id": code, "code": code, "name": code, "description": f"Simulated {code}"}
