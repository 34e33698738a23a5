"""Guests of the neutral hotel in the vendor's format (crm, and the guests of rsv)."""

from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import SimulatedGuest
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.json_fields import without_empty
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.providers.ohip.simulator.reservations import Reservation

_FIRST_PROFILE: Final = 500_000


class OhipProfileRenderer:
    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel

    def profile_id(self, guest_id: str) -> str:
        return str(_FIRST_PROFILE + int(self._hotel.surviving_guest(guest_id).id.removeprefix("G")))

    def guest_of(self, profile_id: str) -> SimulatedGuest | None:
        if not profile_id.isdecimal():
            return None
        return self._hotel.guests.get(f"G{int(profile_id) - _FIRST_PROFILE}")

    def format_local_time(self, instant: int | None) -> str | None:
        if instant is None:
            return None
        return f"{self._hotel.local(instant).replace(tzinfo=None).isoformat(sep=' ')}.0"

    def _flat_guest(self, reservation: Reservation) -> JsonObject:
        guest = self._hotel.surviving_guest(reservation.guest_id)
        return without_empty(
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
        return without_empty(
            {
                "firstName": guest.first_name,
                "lastName": guest.last_name,
                "profileIdList": [typed_id(self.profile_id(guest_id), "Profile")],
            }
        )

    def _guests(self, reservation: Reservation) -> list[JsonObject]:
        found = [self._guest(one, primary=False) for one in reservation.companion_ids]
        return [*found, self._guest(reservation.guest_id, primary=True)]

    def _guest(self, guest_id: str, *, primary: bool) -> JsonObject:
        info = {
            "profileIdList": [typed_id(self.profile_id(guest_id), "Profile")],
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
            "personName": [without_empty(name)],
            "language": guest.language,
            "vipStatus": "1" if guest.is_vip else None,
        }
        address = {"country": {"code": guest.country}, "primaryInd": True}
        phone = {"phoneNumber": guest.phone, "phoneTechType": "PHONE", "primaryInd": True}
        email = {"emailAddress": guest.email, "primaryInd": True}
        fields: JsonObject = {
            "customer": without_empty(customer),
            "addresses": {"addressInfo": [{"address": address}]},
            "telephones": {"telephoneInfo": [{"telephone": phone}]} if guest.phone else None,
            "emails": {"emailInfo": [{"email": email}]} if guest.email else None,
            "profileType": "Guest",
            "statusCode": "Active",
            "createDateTime": self.format_local_time(guest.created),
            "lastModifyDateTime": self.format_local_time(guest.updated),
        }
        return without_empty(fields)


def typed_id(value: str | None, kind: str) -> JsonObject:
    return {"id": value, "type": kind}
