"""Payloads in the vendor's formats, with contents of our own."""

from functools import partial
from typing import Any

from adapters.outbound.providers.ohip import provider as make_provider
from domain.snapshots import BookingSnapshot
from tests.providers.mews.payloads import tools
from tests.providers.vendor_payloads import VendorReader, hotel_context, json_spec, payload_builder

READER = VendorReader("ohip", make_provider(tools()))
provider, sample, read = READER.provider, READER.sample, READER.read
mapped, refusal = READER.booking, READER.rejection
context = hotel_context


spec = partial(json_spec, "ohip")


COMMON = {
    "hotelId": "HOTEL9",
    "createDateTime": "2026-01-02 03:04:05.0",
    "lastModifyDateTime": "2026-02-03 04:05:06.0",
    "reservationStatus": "Reserved",
    "sourceOfSale": {"sourceType": "PMS", "sourceCode": "HOTEL9"},
}


def ids(**by_type: str) -> list[dict[str, str]]:
    return [{"id": value, "type": kind} for kind, value in by_type.items()]


room_stay = payload_builder(
    {
        "arrivalDate": "2026-03-10",
        "departureDate": "2026-03-12",
        "adultCount": "2",
        "childCount": "1",
        "roomType": "DBL",
        "numberOfRooms": "1",
        "ratePlanCode": "BAR",
        "totalAmount": {"amount": "230.5", "currencyCode": "EUR"},
        "balance": {"amount": "30.5", "currencyCode": "EUR"},
    }
)
"""stayInfoType, with numbers as text, as OPERA sends them."""


listed = payload_builder(
    {
        "reservationIdList": ids(Confirmation="8001", Reservation="5001"),
        "roomStay": room_stay(),
        "reservationGuest": {
            "givenName": "Ada",
            "surname": "Aalto",
            "email": "ada@example.com",
            "phoneNumber": "+43 1 555 0001 ",
            "language": "E",
            "address": {"country": {"code": "AT"}},
            "id": "7001",
            "type": "Profile",
        },
        **COMMON,
        "walkInIndicator": False,
    }
)
"""reservationInfoType; `...` removes a field."""


PROFILE = {
    "customer": {
        "personName": [{"givenName": "Ada", "surname": "Aalto", "nameType": "Primary"}],
        "language": "E",
    },
    "emails": {"emailInfo": [{"email": {"emailAddress": "ada@example.com"}}]},
    "telephones": {"telephoneInfo": [{"telephone": {"phoneNumber": "+43 1 555 0001"}}]},
    "addresses": {"addressInfo": [{"address": {"country": {"code": "AT"}}}]},
}
single = payload_builder(
    {
        "reservationIdList": ids(Reservation="5001", Confirmation="8001"),
        "roomStay": {
            "arrivalDate": "2026-03-10",
            "departureDate": "2026-03-12",
            "roomRates": [
                {
                    "roomType": "DBL",
                    "ratePlanCode": "BAR",
                    "numberOfUnits": 1,
                    "start": "2026-03-10",
                    "end": "2026-03-11",
                }
            ],
            "guestCounts": {"adults": 2, "children": 1},
            "total": {"amountAfterTax": 230.5, "amountBeforeTax": 210, "currencyCode": "EUR"},
        },
        "reservationGuests": [
            {
                "profileInfo": {"profileIdList": ids(Profile="7001"), "profile": PROFILE},
                "primary": True,
            }
        ],
        "cashiering": {"revenuesAndBalances": {"balance": {"amount": 30.5, "currencyCode": "EUR"}}},
        **COMMON,
        "walkIn": False,
    }
)
"""hotelReservationType: the same reservation as `listed`."""


def list_response(*values: Any) -> dict[str, Any]:
    return {"reservations": {"reservationInfo": list(values), "hasMore": False}}


def single_response(value: Any) -> dict[str, Any]:
    return {"reservations": {"reservation": [value]}}


def booking(**changes: Any) -> BookingSnapshot:
    return mapped(list_response(listed(**changes)))


def with_stay(**changes: Any) -> BookingSnapshot:
    return booking(roomStay=room_stay(**changes))
