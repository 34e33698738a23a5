"""Guests of the neutral hotel in the vendor's format."""

from collections.abc import Iterator

from adapters.outbound.provider_kit.simulation.hotel.records import (
    SimulatedBooking,
    SimulatedGuest,
    SimulatedRoomStay,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.json_fields import fields_with
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.providers.cloudbeds.simulator.inventory import (
    CloudbedsInventory,
    number,
)


class CloudbedsGuestRenderer:
    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel
        self.inventory = CloudbedsInventory(hotel)

    def reservation_id(self, booking_id: str) -> str:
        return number(self._hotel.id, booking_id)

    def guest_id(self, guest_id: str) -> str:
        return number("guest", guest_id)

    def _person(self, guest: SimulatedGuest) -> JsonObject:
        return {
            **fields_with("", "guestCellPhone guestCity guestState guestZip"),
            "guestID": self.guest_id(guest.id),
            "guestFirstName": guest.first_name or "",
            "guestLastName": guest.last_name,
            "guestGender": "N/A",
            "guestEmail": guest.email or "",
            "guestPhone": guest.phone or "",
            "guestCountry": guest.country,
            "isAnonymized": False,
        }

    def guests(self) -> Iterator[tuple[SimulatedGuest, SimulatedBooking, SimulatedRoomStay]]:
        """Each once, with the last of its stays."""
        found: dict[str, tuple[SimulatedGuest, SimulatedBooking, SimulatedRoomStay]] = {}
        for booking in self._hotel.bookings.values():
            for stay in booking.stays:
                for each in stay.guest_ids if stay.deleted is None else ():
                    found[each] = (self._hotel.guests[each], booking, stay)
        yield from found.values()

    def render_listed_guest(self, guest: SimulatedGuest, booking: SimulatedBooking) -> JsonObject:
        """getGuestList with its details."""
        return {
            **self._person(guest),
            "reservationID": self.reservation_id(booking.id),
            "guestName": name_of(guest),
            "dateCreated": self.inventory.local_text(guest.created),
            "dateModified": self.inventory.local_text(guest.updated),
            "isMainGuest": booking.stays[0].guest_id == guest.id,
            "guestAddress1": "",
            "guestAddress2": "",
            "guestOptIn": False,
            "status": None,
            **self._merged(guest),
        }

    def render_single_guest(self, guest_id: str) -> JsonObject | None:
        """getGuest: other field names, without id and time stamp."""
        found = (g for g in self._hotel.guests.values() if self.guest_id(g.id) == guest_id)
        guest = next(found, None)
        if guest is None:
            return None
        return {
            **fields_with("", "cellPhone address address2 city zip state specialRequests"),
            "firstName": guest.first_name or "",
            "lastName": guest.last_name,
            "gender": "N/A",
            "email": guest.email or "",
            "phone": guest.phone or "",
            "country": guest.country,
            "customFields": [],
            "isAnonymized": False,
            "guestOptIn": False,
            **self._merged(guest),
        }

    def _merged(self, guest: SimulatedGuest) -> JsonObject:
        if guest.merged_into is None:
            return {"isMerged": False, "newGuestID": ""}
        return {"isMerged": True, "newGuestID": self.guest_id(guest.merged_into)}


def name_of(guest: SimulatedGuest) -> str:
    return f"{guest.first_name or ''} {guest.last_name}".strip()
