"""Bookings and guests of the neutral hotel in the vendor's format.

A booking is a reservation; its rooms have their own days and states. A change of a guest does not
move the reservation's time stamp, as the vendor documents.
"""

from collections import Counter
from datetime import date
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    SimulatedBooking,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.providers.cloudbeds.simulator.guest_rendering import (
    CloudbedsGuestRenderer,
    name_of,
)
from adapters.outbound.providers.cloudbeds.simulator.inventory import (
    number,
)

_HEADER: Final = (
    (StayState.CHECKED_IN, "checked_in"),
    (StayState.CONFIRMED, "confirmed"),
    (StayState.OPTION, "not_confirmed"),
    (StayState.CHECKED_OUT, "checked_out"),
    (StayState.NO_SHOW, "no_show"),
    (StayState.CANCELED, "canceled"),
)
"""The reservation has the first of these states that one of its rooms has."""

_ROOM_STATES: Final = {
    StayState.CHECKED_IN: "in_house",
    StayState.CHECKED_OUT: "checked_out",
    StayState.CANCELED: "cancelled",
}
_SOURCES: Final = {
    "ota": ("Booking.com", "ota"),
    "agent": ("Nordic Tours", "travel_agent"),
    "corporate": ("Acme Trading", "corporate_client"),
    "walk-in": ("Walk-In", "direct"),
}


class CloudbedsRenderer(CloudbedsGuestRenderer):
    """`has_blank_modifications`: a booking that was never modified has no modification time."""

    def __init__(self, hotel: SeededHotel, *, has_blank_modifications: bool = False) -> None:
        super().__init__(hotel)
        self._has_blank_modifications = has_blank_modifications
        self._ids: dict[str, str] = {}

    def booking(self, reservation_id: str) -> SimulatedBooking | None:
        if len(self._ids) != len(self._hotel.bookings):
            self._ids = {self.reservation_id(each): each for each in self._hotel.bookings}
        return self._hotel.bookings.get(self._ids.get(reservation_id, ""))

    def modified(self, booking: SimulatedBooking) -> int:
        return max(booking.updated, *(stay.updated for stay in booking.stays))

    def is_blank(self, booking: SimulatedBooking) -> bool:
        """Whether its modification time is sent as an empty text."""
        unmodified = self.modified(booking) // TICKS == booking.created // TICKS
        return self._has_blank_modifications and unmodified

    def status(self, booking: SimulatedBooking) -> str:
        states = {stay.state for stay in booking.remaining_stays}
        return next(state_name for state, state_name in _HEADER if state in states)

    def arrival(self, booking: SimulatedBooking) -> date:
        return min(stay.arrival for stay in booking.remaining_stays)

    def departure(self, booking: SimulatedBooking) -> date:
        return max(stay.departure for stay in booking.remaining_stays)

    def total(self, booking: SimulatedBooking) -> int:
        return sum(stay.total for stay in booking.remaining_stays)

    def paid(self, booking: SimulatedBooking) -> int:
        return sum(stay.paid for stay in booking.remaining_stays)

    def render_listed(self, booking: SimulatedBooking, *, with_guests: bool) -> JsonObject:
        """getReservationsWithRateDetails."""
        guests = {"guestList": self._guest_list(booking)} if with_guests else {}
        return {
            **self._head(booking),
            **self._times(booking),
            **self._source(booking),
            **self._money(booking),
            "propertyCurrency": self._hotel.currency,
            "detailedRates": self._sum_by_night(booking),
            "rooms": [self._room(booking, stay) for stay in booking.remaining_stays],
            "origin": "",
            "mealPlans": "",
            "estimatedArrivalTime": None,
            **guests,
        }

    def render_single(self, booking: SimulatedBooking) -> JsonObject:
        """getReservation: in two lists of rooms, without their states."""
        rooms = booking.remaining_stays
        rows = [self._render_single_room(booking, stay) for stay in rooms]
        name, _ = _SOURCES.get(booking.channel, ("Website", "direct"))
        main = self._hotel.surviving_guest(rooms[0].guest_id)
        return {
            **{key: value for key, value in self._head(booking).items() if key not in _LISTED_ONLY},
            "guestName": name_of(main),
            "guestEmail": main.email or "",
            "isAnonymized": False,
            "guestList": self._guest_list(booking),
            "dateCreated": self.inventory.local_text(booking.created),
            "dateModified": self._modified_text(booking),
            "estimatedArrivalTime": None,
            "source": name,
            "sourceID": number("source", name),
            "thirdPartyIdentifier": booking.external_code or "",
            **self._money(booking),
            "assigned": [row for row in rows if "roomID" in row],
            "unassigned": [row for row in rows if "roomID" not in row],
            "cardsOnFile": [],
            "customFields": [],
            "startDate": self.arrival(booking).isoformat(),
            "endDate": self.departure(booking).isoformat(),
            "allotmentBlockCode": None,
        }

    def _modified_text(self, booking: SimulatedBooking) -> str:
        return "" if self.is_blank(booking) else self.inventory.local_text(self.modified(booking))

    def _head(self, booking: SimulatedBooking) -> JsonObject:
        main = booking.remaining_stays[0].guest_id
        return {
            "propertyID": self.inventory.property_id,
            "reservationID": self.reservation_id(booking.id),
            "isDeleted": booking.is_deleted,
            "status": self.status(booking),
            "guestID": self.guest_id(self._hotel.surviving_guest(main).id),
            "profileID": number("profile", main),
            "guestCountry": self._hotel.surviving_guest(main).country,
        }

    def _times(self, booking: SimulatedBooking) -> JsonObject:
        modified = self.modified(booking)
        canceled = max((stay.canceled or 0 for stay in booking.remaining_stays), default=0)
        times = {
            "dateCreated": self.inventory.local_text(booking.created),
            "dateCreatedUTC": self.inventory.utc_text(booking.created),
            "dateModified": self.inventory.local_text(modified),
            "dateModifiedUTC": self.inventory.utc_text(modified),
            "reservationCheckIn": f"{self.arrival(booking)} 00:00:00",
            "reservationCheckOut": f"{self.departure(booking)} 00:00:00",
        }
        if self.is_blank(booking):
            times |= {"dateModified": "", "dateModifiedUTC": ""}
        if self.status(booking) == "canceled" and canceled:
            times["dateCancelled"] = self.inventory.local_text(canceled)
            times["dateCancelledUTC"] = self.inventory.utc_text(canceled)
        return dict(times)

    def _source(self, booking: SimulatedBooking) -> JsonObject:
        name, category = _SOURCES.get(booking.channel, ("Website", "direct"))
        return {
            "sourceName": name,
            "source": {
                "name": name,
                "paymentCollect": "hotel",
                "sourceID": number("source", name),
                "category": category,
            },
            "sourceCategory": category,
            "sourceReservationID": booking.external_code,
            "thirdPartyIdentifier": booking.external_code or "",
        }

    def _money(self, booking: SimulatedBooking) -> JsonObject:
        total, paid = self.total(booking), self.paid(booking)
        inventory = self.inventory
        return {
            "total": inventory.unrounded(total),
            "balance": self._hotel.major(total - paid),
            "balanceDetailed": {
                "suggestedDeposit": str(self._hotel.major(total // 10)),
                "subTotal": inventory.unrounded(total),
                "additionalItems": 0,
                "taxesFees": 0,
                "grandTotal": inventory.unrounded(total),
                "paid": self._hotel.major(paid),
            },
        }

    def _sum_by_night(self, booking: SimulatedBooking) -> dict[str, float]:
        by_night: Counter[str] = Counter()
        for stay in booking.remaining_stays:
            for night, price in stay.priced_nights:
                by_night[night.isoformat()] += price
        return {night: self._hotel.major(price) for night, price in sorted(by_night.items())}

    def _line(self, booking: SimulatedBooking, stay: SimulatedRoomStay) -> str:
        """The first room has the reservation's own number."""
        own = self.reservation_id(booking.id)
        return own if stay.line == 1 else f"{own}-{stay.line - 1}"

    def _common(self, booking: SimulatedBooking, stay: SimulatedRoomStay) -> JsonObject:
        kind = self._hotel.room_types[stay.room_type_id]
        return {
            "roomTypeID": self.inventory.room_type_id(kind.id),
            "roomTypeName": kind.name,
            "roomTypeIsVirtual": False,
            "subReservationID": self._line(booking, stay),
            "isRoomLocked": False,
            "adults": str(stay.adults),
            "children": str(len(stay.child_ages)),
            "reservationRoomID": number("line", booking.id, str(stay.line)),
            "marketName": "",
            "marketCode": "",
        }

    def _room(self, booking: SimulatedBooking, stay: SimulatedRoomStay) -> JsonObject:
        room = self._hotel.assigned_room(stay)
        guest = self._hotel.surviving_guest(stay.guest_id)
        return {
            **self._common(booking, stay),
            "guestID": self.guest_id(guest.id),
            "guestName": name_of(guest),
            "rateID": self.inventory.rate_id(stay.room_type_id, stay.rate_plan_id),
            "rateName": self._hotel.rate_plans[stay.rate_plan_id].name,
            "roomID": self.inventory.room_id(room.id) if room else "",
            "roomName": room.number if room else None,
            "roomCheckIn": stay.arrival.isoformat(),
            "roomCheckOut": stay.departure.isoformat(),
            "roomStatus": _ROOM_STATES.get(stay.state, "not_checked_in"),
            "detailedRoomRates": {
                night.isoformat(): self.inventory.unrounded(price)
                for night, price in stay.priced_nights
            },
        }

    def _render_single_room(self, booking: SimulatedBooking, stay: SimulatedRoomStay) -> JsonObject:
        room = self._hotel.assigned_room(stay)
        room_fields = {
            "roomTypeNameShort": stay.room_type_id,
            "dormRoomName": None,
            "roomName": room.number if room else "",
            "roomID": self.inventory.room_id(room.id) if room else "",
        }
        return {
            **{
                k: v
                for k, v in self._common(booking, stay).items()
                if room or k not in _ASSIGNED_ONLY
            },
            **(room_fields if room else {}),
            "startDate": stay.arrival.isoformat(),
            "endDate": stay.departure.isoformat(),
            "dailyRates": [
                {"date": night.isoformat(), "rate": self.inventory.unrounded(price)}
                for night, price in stay.priced_nights
            ],
            "roomTotal": str(self._hotel.major(stay.total)),
        }

    def _guest_list(self, booking: SimulatedBooking) -> dict[str, JsonObject]:
        """By guest id; some ids look like numbers."""
        rooms = booking.remaining_stays
        main = self._hotel.surviving_guest(rooms[0].guest_id).id
        ids = {self._hotel.surviving_guest(each).id for stay in rooms for each in stay.guest_ids}
        return {
            self.guest_id(each): {
                **self._person(self._hotel.guests[each]),
                "isMainGuest": each == main,
            }
            for each in sorted(ids)
        }

    def guest_ids(self, booking: SimulatedBooking) -> set[str]:
        people = (each for stay in booking.remaining_stays for each in stay.guest_ids)
        return {self.guest_id(self._hotel.surviving_guest(each).id) for each in people}


_LISTED_ONLY: Final = frozenset({"isDeleted", "guestID", "profileID", "guestCountry"})
_ASSIGNED_ONLY: Final = frozenset({"marketName", "marketCode"})
