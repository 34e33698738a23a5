"""Payloads in the vendor's formats, with contents of our own."""

from functools import partial
from typing import Any

from adapters.outbound.providers.apaleo import provider as make_provider
from domain.snapshots import BookingSnapshot
from domain.values import Reason
from tests.providers.mews.payloads import tools
from tests.providers.vendor_payloads import VendorReader, hotel_context, json_spec, payload_builder

READER = VendorReader("apaleo", make_provider(tools()))
provider, sample, read = READER.provider, READER.sample, READER.read
context = hotel_context


spec = partial(json_spec, "apaleo")


def euros(amount: float) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


event = payload_builder(
    {
        "topic": "Reservation",
        "type": "changed",
        "id": "00000000-0000-4000-8000-000000000001",
        "accountId": "ACC",
        "propertyId": "VIE",
        "timestamp": 1_772_366_400_000,
        "data": {"entityId": "QWERTYUI-1"},
    }
)
"""A webhook's body."""

reservation = payload_builder(
    {
        "id": "QWERTYUI-1",
        "bookingId": "QWERTYUI",
        "status": "Confirmed",
        "property": {"id": "VIE", "code": "VIE", "name": "Vienna"},
        "ratePlan": {"id": "VIE-FLEX", "code": "FLEX", "isSubjectToCityTax": False},
        "unitGroup": {"id": "VIE-DBL", "code": "DBL", "name": "Double"},
        "totalGrossAmount": euros(230.5),
        "arrival": "2026-03-10T15:00:00+01:00",
        "departure": "2026-03-12T11:00:00+01:00",
        "created": "2026-01-02T03:04:05.1234567+01:00",
        "modified": "2026-02-03T04:05:06.7654321+01:00",
        "adults": 2,
        "channelCode": "BookingCom",
        "primaryGuest": {"firstName": "Ada", "lastName": "Aalto", "email": "ada@example.com"},
        "guaranteeType": "CreditCard",
        "cancellationFee": {"id": "C", "fee": euros(230.5)},
        "noShowFee": {"id": "N", "fee": euros(230.5)},
        "balance": euros(-230.5),
        "hasCityTax": False,
    }
)
"""`...` removes a field."""


def page(**changes: Any) -> dict[str, Any]:
    return {"reservations": [reservation(**changes)], "count": 0}


def booking(**changes: Any) -> BookingSnapshot:
    return READER.booking(page(**changes))


def refusal(**changes: Any) -> Reason:
    return READER.rejection(page(**changes))
