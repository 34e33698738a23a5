"""Reservations of the neutral hotel in the vendor's format (rsv), in both shapes.

Numbers are JSON numbers, as in the vendor's description; its samples have texts. Time stamps are
the hotel's wall clock without a zone, to the second.
"""

from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import (
    SimulatedBooking,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.json_fields import without_empty
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.providers.ohip.simulator.profiles import (
    OhipProfileRenderer,
    typed_id,
)
from adapters.outbound.providers.ohip.simulator.reservations import (
    Reservation,
    SimulatedReservations,
)

_STATES: Final = {
    StayState.OPTION: "Requested",
    StayState.CONFIRMED: "Reserved",
    StayState.CHECKED_IN: "InHouse",
    StayState.CHECKED_OUT: "CheckedOut",
    StayState.CANCELED: "Cancelled",
    StayState.NO_SHOW: "NoShow",
}
_SOURCES: Final = {"ota": "WEB", "agent": "GDS"}
_AGENT: Final = "Simulated Travel"


class OhipRenderer(OhipProfileRenderer):
    def __init__(self, simulated_reservations: SimulatedReservations) -> None:
        super().__init__(simulated_reservations.hotel)
        self._reservations = simulated_reservations

    def render_listed(self, reservation: Reservation, wanted: frozenset[str]) -> JsonObject:
        """reservationInfoType."""
        stay, booking = reservation.stay, self._booking(reservation)
        fields: JsonObject = {
            **self._head(reservation),
            "roomStay": self._listed_stay(reservation, wanted),
            "reservationGuest": self._flat_guest(reservation),
            "sharedGuests": self._shared(reservation),
            "attachedProfiles": self._render_attached(booking, reservation, flat=True),
            "specials": booking.guest_comment,
            "hotelName": self._hotel.name,
            "walkInIndicator": booking.channel == "walk-in",
        }
        if "RevenuesAndBalances" in wanted:
            fields["revenuesAndBalances"] = self._revenues(reservation)
        if "CancellationInfo" in wanted:
            fields["cancellationInfo"] = self._cancellation(stay)
        return without_empty(fields)

    def render_single(self, reservation: Reservation, wanted: frozenset[str]) -> JsonObject:
        """hotelReservationType."""
        stay, booking = reservation.stay, self._booking(reservation)
        fields: JsonObject = {
            **self._head(reservation),
            "roomStay": self._single_stay(reservation),
            "reservationGuests": self._guests(reservation),
            "sharedGuests": self._shared(reservation),
            "reservationProfiles": {
                "reservationProfile": self._render_attached(booking, reservation, flat=False)
            },
            "cancellation": self._cancellation(stay),
            "walkIn": booking.channel == "walk-in",
        }
        if "Comments" in wanted and booking.comment:
            text = {"text": {"value": booking.comment}, "type": "RESERVATION", "internal": False}
            fields["comments"] = [{"comment": text, "id": reservation.id, "type": "Comment"}]
        if "RevenuesAndBalances" in wanted:
            fields["cashiering"] = {"revenuesAndBalances": self._revenues(reservation)}
        return without_empty(fields)

    def _booking(self, reservation: Reservation) -> SimulatedBooking:
        return self._hotel.bookings[reservation.stay.booking_id]

    def _head(self, reservation: Reservation) -> JsonObject:
        stay, booking = reservation.stay, self._booking(reservation)
        ids = {
            # Not first, so that no client relies on the position.
            "Confirmation": str(int(reservation.id) + 600_000),
            "Reservation": reservation.id,
            "ParentReservation": reservation.parent_id,
            "ExternalReference": booking.external_code,
        }
        source = _SOURCES.get(booking.channel, "PMS")
        return {
            "reservationIdList": [typed_id(value, kind) for kind, value in ids.items() if value],
            "sourceOfSale": {"sourceType": source, "sourceCode": self._hotel.id},
            "hotelId": self._hotel.id,
            "roomStayReservation": True,
            "createDateTime": self.format_local_time(stay.created),
            "lastModifyDateTime": self.format_local_time(reservation.updated),
            "reservationStatus": _STATES[stay.state],
            "computedReservationStatus": self._computed_status(stay),
        }

    def _computed_status(self, stay: SimulatedRoomStay) -> str:
        today = self._reservations.business_date
        if stay.state is StayState.CONFIRMED and stay.arrival <= today:
            return "DueIn"
        if stay.state is StayState.CHECKED_IN and stay.departure <= today:
            return "DueOut" if stay.departure == today else "PendingCheckout"
        return _STATES[stay.state]

    def _listed_stay(self, reservation: Reservation, wanted: frozenset[str]) -> JsonObject:
        stay = reservation.stay
        children = reservation.child_ages
        ages = [{"age": age} for age in children] if "FetchChildAges" in wanted else []
        return without_empty(
            {
                **self._days(stay),
                "adultCount": reservation.adults,
                "childCount": len(children),
                "childAges": ages,
                "roomType": stay.room_type_id,
                "roomTypeCharged": stay.room_type_id,
                "numberOfRooms": reservation.units,
                "roomId": self._room(stay),
                "ratePlanCode": stay.rate_plan_id,
                "rateAmount": self.amount(reservation.night_prices[0]),
                "rateSuppressed": False,
                "totalAmount": self.amount(reservation.total),
                "balance": self.amount(reservation.total - reservation.paid),
                "guarantee": {"guaranteeCode": "6PM", "shortDescription": "6pm hold"},
                "pseudoRoom": False,
            }
        )

    def _single_stay(self, reservation: Reservation) -> JsonObject:
        stay = reservation.stay
        total = self._hotel.major(reservation.total)
        ages = [{"age": age} for age in reservation.child_ages]
        counts = without_empty(
            {"adults": reservation.adults, "children": len(ages), "childAges": ages}
        )
        room = {"roomType": stay.room_type_id, "roomId": self._room(stay)}
        return without_empty(
            {
                **self._days(stay),
                "currentRoomInfo": without_empty(room),
                "roomRates": [
                    self._night(reservation, night_index, counts)
                    for night_index in range(len(stay.nights))
                ],
                "guestCounts": counts,
                "total": {"amountAfterTax": total, "currencyCode": self._hotel.currency},
                "guarantee": {"guaranteeCode": "6PM", "shortDescription": "6pm hold"},
            }
        )

    def _night(self, reservation: Reservation, night_index: int, counts: JsonObject) -> JsonObject:
        stay = reservation.stay
        night = stay.nights[night_index].isoformat()
        price = {
            "amountAfterTax": self._hotel.major(reservation.night_prices[night_index]),
            "currencyCode": self._hotel.currency,
        }
        return {
            "rates": {"rate": [{"total": price, "start": night, "end": night}]},
            "guestCounts": counts,
            "roomType": stay.room_type_id,
            "roomTypeCharged": stay.room_type_id,
            "ratePlanCode": stay.rate_plan_id,
            "start": night,
            "end": night,
            "numberOfUnits": reservation.units,
            "suppressRate": False,
            "pseudoRoom": False,
        }

    def _days(self, stay: SimulatedRoomStay) -> JsonObject:
        arrival = self._hotel.instant(stay.arrival, 15 * 60)
        times = {
            "reservationExpectedArrivalTime": self.format_local_time(arrival),
            # A date alone: the vendor sends it in time fields, too.
            "reservationExpectedDepartureTime": stay.departure.isoformat(),
        }
        return {
            "arrivalDate": stay.arrival.isoformat(),
            "departureDate": stay.departure.isoformat(),
            "expectedTimes": times,
        }

    def _room(self, stay: SimulatedRoomStay) -> str | None:
        room = self._hotel.assigned_room(stay)
        return room.number if room else None

    def _shared(self, reservation: Reservation) -> list[JsonObject]:
        if reservation.other_guest_id is None:
            return []
        guest = self._hotel.surviving_guest(reservation.other_guest_id)
        fields = {
            "profileId": typed_id(self.profile_id(guest.id), "Profile"),
            "reservationId": typed_id(reservation.shared_with, "Reservation"),
            "firstName": guest.first_name,
            "lastName": guest.last_name,
        }
        return [without_empty(fields)]

    def _render_attached(
        self, booking: SimulatedBooking, reservation: Reservation, *, flat: bool
    ) -> list[JsonObject]:
        found = []
        if booking.channel == "agent":
            found.append(_company("900001", _AGENT, "TravelAgent", flat=flat))
        company = self._hotel.companies.get(booking.company_id or "")
        if company is not None:
            found.append(_company("900002", company.name, "Company", flat=flat))
        booker = self._hotel.surviving_guest(booking.booker_id)
        if booker is not self._hotel.surviving_guest(reservation.guest_id):
            contact: JsonObject = {
                "profileIdList": [typed_id(self.profile_id(booker.id), "Profile")],
                "reservationProfileType": "ReservationContact",
            }
            found.append(contact)
        return found

    def _cancellation(self, stay: SimulatedRoomStay) -> JsonObject | None:
        if stay.canceled is None:
            return None
        day = self._reservations.day_of(stay.canceled).isoformat()
        return {"description": "Plans changed", "code": "PLANS", "date": day}

    def _revenues(self, reservation: Reservation) -> JsonObject:
        return {
            "totalPayment": self.amount(reservation.paid),
            "balance": self.amount(reservation.total - reservation.paid),
        }

    def amount(self, minor: int) -> JsonObject:
        return {"amount": self._hotel.major(minor), "currencyCode": self._hotel.currency}


def _company(profile_id: str, name: str, kind: str, *, flat: bool) -> JsonObject:
    name_fields: JsonObject = (
        {"name": name} if flat else {"profile": {"company": {"companyName": name}}}
    )
    return {
        **name_fields,
        "profileIdList": [typed_id(profile_id, "Profile")],
        "reservationProfileType": kind,
    }
