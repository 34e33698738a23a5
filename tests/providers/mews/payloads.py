"""Payloads in the vendor's formats, with contents of our own."""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.providers.mews import provider as make_provider
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, GuestSnapshot
from domain.values import Reason
from ports.providers import HotelContext, ProviderTools, ReadItem
from ports.system import Clock
from tests.providers.vendor_payloads import (
    OBSERVED,
    changed,
    hotel_context,
    load_sample,
    payload_builder,
)


class SkippingClock:
    """Sleeping returns at once; each call of `now` takes a millisecond."""

    def __init__(self, start: datetime = OBSERVED) -> None:
        self.start = self.instant = start

    def now(self) -> datetime:
        self.instant += timedelta(milliseconds=1)
        return self.instant

    def monotonic(self) -> float:
        return (self.now() - self.start).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


class NoRandomness:
    def fraction(self) -> float:
        return 0.5

    def secret(self) -> str:
        return "secret"


def tools(clock: Clock | None = None, **changes: Any) -> ProviderTools:
    clock = clock or SkippingClock()
    payload = {"clock": clock, "randomness": NoRandomness(), "budget": InProcessRateBudget(clock)}
    return ProviderTools(**{**payload, **changes})


provider = make_provider(tools())
context = hotel_context
sample = partial(load_sample, "mews")


def body(**lists: Any) -> bytes:
    return json.dumps(lists).encode()


reservation = payload_builder(
    {
        "Id": "res-1",
        "ServiceId": "svc-stay",
        "AccountId": "cus-1",
        "AccountType": "Customer",
        "BookerId": None,
        "Number": "1001",
        "State": "Confirmed",
        "Origin": "Distributor",
        "CommanderOrigin": None,
        "CreatedUtc": "2026-02-01T08:00:00Z",
        "UpdatedUtc": "2026-02-02T09:30:00Z",
        "CancelledUtc": None,
        "RateId": "rate-1",
        "GroupId": "grp-1",
        "RequestedResourceCategoryId": "cat-1",
        "AssignedResourceId": None,
        "CancellationReason": None,
        "StartUtc": "2026-03-10T14:00:00Z",
        "EndUtc": "2026-03-12T11:00:00Z",
        "ScheduledStartUtc": "2026-03-10T14:00:00Z",
        "ActualStartUtc": None,
        "ScheduledEndUtc": "2026-03-12T11:00:00Z",
        "ActualEndUtc": None,
        "PersonCounts": [{"AgeCategoryId": "age-a", "Count": 2}],
    }
)


customer = payload_builder(
    {
        "Id": "cus-1",
        "Number": "7",
        "Title": "Misses",
        "FirstName": "Ada",
        "LastName": "Byron",
        "Email": "ada@guests.example",
        "HasOtaEmail": False,
        "Phone": "+44 20 5550 100",
        "PreferredLanguageCode": "en-GB",
        "LanguageCode": "en-US",
        "UpdatedUtc": "2026-01-05T10:00:00Z",
        "Address": {"Line1": "1 Mill Lane", "Line2": None, "City": "Ely", "CountryCode": "GB"},
        "AddressId": "adr-1",
        "Classifications": [],
        "Options": [],
        "MergeTargetId": None,
        "IsActive": True,
    }
)


def charge(gross: object, night: str | None = None, **changes: Any) -> dict[str, Any]:
    """`night`: its start in UTC, for a night; without one it is a city tax."""
    payload: dict[str, Any] = {
        "Id": "item-1",
        "ServiceOrderId": "res-1",
        "Amount": {"Currency": "EUR", "GrossValue": gross, "NetValue": 0},
        "CanceledUtc": None,
        "AccountingState": "Open",
        "ConsumedUtc": "2026-03-10T23:00:00Z",
        "StartUtc": night,
        "Type": "SpaceOrder" if night else "CityTax",
    }
    return changed(payload, changes)


def configuration(time_zone: str, currency: str = "EUR") -> bytes:
    currencies = [{"Currency": currency, "IsDefault": True, "IsEnabled": True}]
    enterprise = {"Id": "ent-1", "TimeZoneIdentifier": time_zone, "Currencies": currencies}
    return body(NowUtc="2026-03-01T00:00:00Z", Enterprise=enterprise)


def read(
    kind: ItemKind, *bodies: bytes, hotel: HotelContext | None = None, explain: bool = False
) -> list[ReadItem]:
    found = provider.read_items(kind, bodies, hotel or context(), limit=1_000, explain=explain)
    return list(found)


def booking_of(
    payload: dict[str, Any], *with_cursor: bytes, hotel: HotelContext | None = None
) -> BookingSnapshot:
    (item,) = read(ItemKind.BOOKING, body(Reservations=[payload]), *with_cursor, hotel=hotel)
    assert isinstance(item.snapshot, BookingSnapshot), item.reason
    return item.snapshot


def guest_of(payload: dict[str, Any], *with_cursor: bytes) -> GuestSnapshot:
    (item,) = read(ItemKind.GUEST, body(Customers=[payload]), *with_cursor)
    assert isinstance(item.snapshot, GuestSnapshot), item.reason
    return item.snapshot


def cells_of(*bodies: bytes, hotel: HotelContext | None = None) -> list[AvailabilitySnapshot]:
    found = []
    for item in read(ItemKind.AVAILABILITY, *bodies, hotel=hotel):
        assert isinstance(item.snapshot, AvailabilitySnapshot), item.reason
        found.append(item.snapshot)
    return found


def refusal(kind: ItemKind, *bodies: bytes) -> Reason:
    """Of the last item; the others must have been mapped."""
    *others, last = read(kind, *bodies)
    assert all(item.reason is None for item in others)
    assert last.reason is not None
    assert last.snapshot is None
    return last.reason
