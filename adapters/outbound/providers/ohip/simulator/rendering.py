"""Reservations of the neutral hotel in the vendor's format (rsv), in both shapes.

Numbers are JSON numbers, as in the vendor's description; its samples have texts. Time stamps are
the hotel's wall clock without a zone, to the second.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.simulation.hotel.records import (
    Booking,
    Guest,
    RoomStay,
    StayState,
)
from adapters.outbound.providers.ohip.simulator.reservations import (
    Reservation,
    SimulatedReservations,
)

JsonObject: TypeAlias = dict[str, object]

_STATES: Final = {
    StayState.OPTION: "Requested",
    StayState.CONFIRMED: "Reserved",
    StayState.CHECKED_IN: "InHouse",
    StayState.CHECKED_OUT: "CheckedOut",
    StayState.CANCELED: "Cancelled",
    StayState.NO_SHOW: "NoShow",
}
_SOURCES: Final = {"ota": "WEB", "agent": "GDS"}
_FIRST_PROFILE: Final = 500_000
_AGENT: Final = "Simulated Travel"


class OhipRenderer:
    def __init__(self, simulated_reservations: SimulatedReservations) -> None:
        self._reservations = simulated_reservations
        self._hotel = simulated_reservations.hotel

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
        return _without_empty(fields)

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
        return _without_empty(fields)

    def profile_id(self, guest_id: str) -> str:
        return str(_FIRST_PROFILE + int(self._hotel.surviving_guest(guest_id).id.removeprefix("G")))

    def guest_of(self, profile_id: str) -> Guest | None:
        if not profile_id.isdecimal():
            return None
        return self._hotel.guests.get(f"G{int(profile_id) - _FIRST_PROFILE}")

    def format_local_time(self, instant: int | None) -> str | None:
        if instant is None:
            return None
        return f"{self._hotel.local(instant).replace(tzinfo=None).isoformat(sep=' ')}.0"

    def _booking(self, reservation: Reservation) -> Booking:
        return self._hotel.bookings[reservation.stay.booking_id]

    def _head(self, reservation: Reservation) -> JsonObject:
        stay, booking = reservation.stay, self._booking(reservation)
        ids = [
            # Not first, so that no client relies on the position.
            _id(str(int(reservation.id) + 600_000), "Confirmation"),
            _id(reservation.id, "Reservation"),
            *([_id(reservation.parent_id, "ParentReservation")] if reservation.parent_id else []),
            *([_id(booking.external_code, "ExternalReference")] if booking.external_code else []),
        ]
        source = _SOURCES.get(booking.channel, "PMS")
        return {
            "reservationIdList": ids,
            "sourceOfSale": {"sourceType": source, "sourceCode": self._hotel.id},
            "hotelId": self._hotel.id,
            "roomStayReservation": True,
            "createDateTime": self.format_local_time(stay.created),
            "lastModifyDateTime": self.format_local_time(reservation.updated),
            "reservationStatus": _STATES[stay.state],
            "computedReservationStatus": self._computed_status(stay),
        }

    def _computed_status(self, stay: RoomStay) -> str:
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
        return _without_empty(
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
        total = self._major(reservation.total)
        ages = [{"age": age} for age in reservation.child_ages]
        counts = _without_empty(
            {"adults": reservation.adults, "children": len(ages), "childAges": ages}
        )
        room = {"roomType": stay.room_type_id, "roomId": self._room(stay)}
        return _without_empty(
            {
                **self._days(stay),
                "currentRoomInfo": _without_empty(room),
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
            "amountAfterTax": self._major(reservation.night_prices[night_index]),
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

    def _days(self, stay: RoomStay) -> JsonObject:
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

    def _room(self, stay: RoomStay) -> str | None:
        room = self._hotel.assigned_room(stay)
        return room.number if room else None

    def _shared(self, reservation: Reservation) -> list[JsonObject]:
        if reservation.other_guest_id is None:
            return []
        guest = self._hotel.surviving_guest(reservation.other_guest_id)
        fields = {
            "profileId": _id(self.profile_id(guest.id), "Profile"),
            "reservationId": _id(reservation.shared_with, "Reservation"),
            "firstName": guest.first_name,
            "lastName": guest.last_name,
        }
        return [_without_empty(fields)]

    def _flat_guest(self, reservation: Reservation) -> JsonObject:
        guest = self._hotel.surviving_guest(reservation.guest_id)
        return _without_empty(
            {
                "givenName": guest.first_name,
                "surname": guest.last_name,
                "phoneNumber": guest.phone,
                "email": guest.email,
                "language": guest.language,
                "address": {"country": {"code": guest.country}},
                "accompanyGuests": [self._companion(one) for one in reservation.companion_ids],
                "nameType": "Guest",
                "id": self.profile_id(guest.id),
                "type": "Profile",
            }
        )

    def _companion(self, guest_id: str) -> JsonObject:
        guest = self._hotel.surviving_guest(guest_id)
        return _without_empty(
            {
                "firstName": guest.first_name,
                "lastName": guest.last_name,
                "profileIdList": [_id(self.profile_id(guest_id), "Profile")],
            }
        )

    def _guests(self, reservation: Reservation) -> list[JsonObject]:
        found = [self._guest(one, primary=False) for one in reservation.companion_ids]
        return [*found, self._guest(reservation.guest_id, primary=True)]

    def _guest(self, guest_id: str, *, primary: bool) -> JsonObject:
        info = {
            "profileIdList": [_id(self.profile_id(guest_id), "Profile")],
            "profile": self.profile(guest_id),
        }
        return {"profileInfo": info, "primary": primary}

    def profile(self, guest_id: str) -> JsonObject:
        """profileType; crm returns the same as `profileDetails`."""
        guest = self._hotel.surviving_guest(guest_id)
        name = {
            "givenName": guest.first_name,
            "surname": guest.last_name,
            "nameType": "Primary",
        }
        customer = {
            "personName": [_without_empty(name)],
            "language": guest.language,
            "vipStatus": "1" if guest.is_vip else None,
        }
        address = {"country": {"code": guest.country}, "primaryInd": True}
        phone = {"phoneNumber": guest.phone, "phoneTechType": "PHONE", "primaryInd": True}
        email = {"emailAddress": guest.email, "primaryInd": True}
        fields: JsonObject = {
            "customer": _without_empty(customer),
            "addresses": {"addressInfo": [{"address": address}]},
            "telephones": {"telephoneInfo": [{"telephone": phone}]} if guest.phone else None,
            "emails": {"emailInfo": [{"email": email}]} if guest.email else None,
            "profileType": "Guest",
            "statusCode": "Active",
            "createDateTime": self.format_local_time(guest.created),
            "lastModifyDateTime": self.format_local_time(guest.updated),
        }
        return _without_empty(fields)

    def _render_attached(
        self, booking: Booking, reservation: Reservation, *, flat: bool
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
                "profileIdList": [_id(self.profile_id(booker.id), "Profile")],
                "reservationProfileType": "ReservationContact",
            }
            found.append(contact)
        return found

    def _cancellation(self, stay: RoomStay) -> JsonObject | None:
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
        return {"amount": self._major(minor), "currencyCode": self._hotel.currency}

    def _major(self, minor: int) -> float:
        return minor / self._hotel.minor


def _company(profile_id: str, name: str, kind: str, *, flat: bool) -> JsonObject:
    name_fields: JsonObject = (
        {"name": name} if flat else {"profile": {"company": {"companyName": name}}}
    )
    return {
        **name_fields,
        "profileIdList": [_id(profile_id, "Profile")],
        "reservationProfileType": kind,
    }


def _id(value: str | None, kind: str) -> JsonObject:
    return {"id": value, "type": kind}


def _without_empty(fields: Mapping[str, object]) -> JsonObject:
    """The vendor's serializer leaves empty fields out."""
    return {key: value for key, value in fields.items() if value not in (None, [], {})}
