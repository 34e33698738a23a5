"""What `pms map --explain` reports is true: each source field is reported, one that is kept is in
the extras, and one that is mapped changes the snapshot."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.parsing.fields_around import root_path
from adapters.outbound.provider_kit.parsing.json_text import dumps
from domain.messages import ItemKind
from domain.snapshots import Snapshot
from ports.errors import UnreadableMessage
from ports.providers import ReadItem
from tests.providers.apaleo.test_availability_mapping import answer as apaleo_cells
from tests.providers.apaleo.test_availability_mapping import group
from tests.providers.canonical.test_mapping import EXAMPLES
from tests.providers.cloudbeds import payloads as cloudbeds
from tests.providers.cloudbeds.test_availability_mapping import offered, rate
from tests.providers.mews import payloads as mews
from tests.providers.mews.test_availability_mapping import METRICS
from tests.providers.ohip import payloads as ohip
from tests.providers.ohip.test_availability_mapping import night as ohip_night
from tests.providers.ohip.test_availability_mapping import statistics
from tests.providers.ohip.test_invalid_payloads import GUEST
from tests.providers.schema_instances import is_traced
from tests.providers.test_secondary_details import FORMS as BOOKING_FORMS
from tests.providers.test_secondary_details import SAMPLE_FILES, Form, Path, is_listed
from tests.providers.vendor_payloads import (
    SAMPLES,
    hotel_context,
    installed_provider,
    needs_samples,
    value_paths,
    with_value,
)

OTHER_TEXTS: Final = (
    *("Zed", "de", "FI", "USD", "7", "0", "3.5", "true", "2026-03-11", "2026-03-13", "2026-03-09"),
    *(
        "2026-03-11T12:00:00Z",
        "2026-03-14T12:00:00Z",
        "2026-03-11 12:00:00",
        "2026-03-11 12:00:00.0",
    ),
    *(
        "Canceled",
        "Cancelled",
        "canceled",
        "cancelled",
        "CheckedOut",
        "checked_out",
        "Direct",
        "ota",
    ),
    *("Company", "Customer", "BookingCom", "PMS", "Commander", "Primary", "Profile", "TravelAgent"),
    *("in_house", "Distributor", "ChannelManager", "CASHIER", "Walk-In", "2026-03-09T12:00:00Z"),
)
ARI: Final = {
    "ota_room_id": "R1",
    "ota_rate_id": "91",
    "start_date": "2026-03-10",
    "end_date": "2026-03-10",
    "units": 3,
    "rate": "99.5",
    "close": False,
    "closearr": False,
    "closedep": False,
    "min_los": 2,
    "max_los": 9,
}
MOCK_CELL: Final = {
    "room_type": "DBL",
    "day": "2026-03-10",
    "rooms": 9,
    "free": 4,
    "sold": 5,
    "price_from": 99.5,
    "currency": "EUR",
    "view": "sea",
}
MOCK_GUEST: Final = {
    "id": "G1",
    "changed": "2026-03-01T10:00:00Z",
    "first": "Ada",
    "last": "Lovelace",
    "mail": "ada@mail.example",
    "country": "GB",
    "language": "en",
    "vip": True,
    "pet": "dog",
}
MOCK_BOOKING: Final = {
    "id": "B1",
    "hotel": "H1",
    "changed": "2026-03-01T10:00:00Z",
    "revision": 3,
    "state": "Confirmed",
    "deleted": False,
    "arrives": "2026-03-10",
    "leaves": "2026-03-12",
    "total": 200.5,
    "paid": 10,
    "currency": "EUR",
    "origin": "web",
    "adults": 2,
    "children": 1,
    "room_type": "DBL",
    "room": "12",
    "rate": "BAR",
    "guest": MOCK_GUEST,
    "request": "quiet",
    "canceled": "2026-03-02T10:00:00Z",
    "cancel_reason": "ill",
    "passportNumber": "X1",
}
OWN_EXTRAS: Final = {
    "property_id": "P1",
    "extras": {"note": "by the sender", "door": {"code": [1]}, "passport": {"number": "X1"}},
    "unknown": {"deep": [{"passportNumber": "X2", "kept": 1}]},
}
OWN_FORMATS: Final = ("canonical", "mock")
NUMBERS: Final = (0, 1, 2, 3, 7, 12.5, "0", "1", "7", "2.5", 999)
NOT_MAPPED: Final = re.compile(r"^\(|^extras")


def others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from NUMBERS
    else:
        yield from OTHER_TEXTS
        yield from (True, False, *NUMBERS)
    yield None


def leaf_name(path: Path) -> str:
    """As the mappers write it: only the last key is quoted."""
    name = ""
    for position, step in enumerate(path):
        is_last = position == len(path) - 1
        if isinstance(step, int):
            name += f"[{step}]"
        elif is_last and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", step):
            name += f"[{json.dumps(step)}]"
        else:
            name += f".{step}" if name else step
    return name


def read(provider: str, kind: ItemKind, message: Any) -> list[ReadItem]:
    body = scrub_bytes(json.dumps(message).encode())
    return list(
        installed_provider(provider).read_items(
            kind, [body], hotel_context(), limit=10_000, explain=True
        )
    )


def snapshots(provider: str, kind: ItemKind, message: Any) -> list[Snapshot | None]:
    try:
        return [item.snapshot for item in read(provider, kind, message)]
    except UnreadableMessage:
        return []


def value_at(message: Any, path: Path) -> Any:
    for step in path:
        message = message[step]
    return message


def is_decisive(provider: str, path: Path) -> bool:
    """Fields of our own formats may refuse their booking."""
    return provider in OWN_FORMATS or is_listed(provider, path)


def untrue_reports(provider: str, kind: ItemKind, message: Any, within: Path) -> list[str]:
    """Of the item at `within`."""
    before = snapshots(provider, kind, message)
    items = [each for each in read(provider, kind, message) if each.snapshot]
    trace = {path: target for item in items for path, target in item.field_trace}
    extras = dict(getattr(items[0].snapshot, "extras", None) or ())
    own = value_at(message, within)
    found = []
    for path in value_paths(own):
        value = value_at(own, path)
        if isinstance(value, dict | list) or value in (None, ""):
            continue
        name = reported_as(path, within, trace)
        target = trace.get(name, "not reported")
        kept_as = leaf_name(path).removeprefix("extras.")
        if target == "not reported" or ("extras" in target and not is_traced(kept_as, extras)):
            found.append(f"{name}: {target}, but not kept")
        elif not NOT_MAPPED.match(target):
            place = (*within, *path)
            changed = (with_value(message, place, other) for other in others(value))
            results = (snapshots(provider, kind, each) for each in changed)
            may_refuse = kind is not ItemKind.BOOKING or is_decisive(provider, path)
            if all(r == before or (r in ([], [None]) and not may_refuse) for r in results):
                found.append(f"{name}: {target}, but nothing changes")
    return found


def reported_as(path: Path, within: Path, trace: Collection[str]) -> str:
    """By its path in the item, in the message, or from its root; else its path in the item."""
    full = leaf_name((*within, *path))
    names = leaf_name(path), full, root_path(full)
    matches = (each for own in names for each in trace if is_traced(own, [each]))
    return next(matches, names[0])


def canonical_examples(kind: ItemKind) -> list[dict[str, Any]]:
    """Of the document, with values that JSON of the standard library can write."""
    found = [json.loads(dumps(value)) for each, value in EXAMPLES if each is kind]
    assert found
    return found


CELL_FORMS: Final = [
    Form("apaleo", "cells", apaleo_cells(group()), ("timeSlices", 0, "unitGroups", 0)),
    Form("cloudbeds", "rates", {"data": [rate()]}, ()),
    Form("cloudbeds", "rooms", {"data": [{"propertyRooms": [offered()]}]}, ()),
    Form("cloudbeds", "ranges", {"Inventory": [ARI]}, ()),
    Form(
        "mews",
        "metrics",
        {
            "TimeUnitStartsUtc": ["2026-03-27T23:00:00Z"],
            "ResourceCategoryAvailabilities": [
                {"ResourceCategoryId": "cat", "Metrics": {name: [3] for name in METRICS}}
            ],
        },
        ("ResourceCategoryAvailabilities", 0),
    ),
    Form(
        "ohip",
        "statistics",
        statistics(ohip_night(RoomsSold=1, AvailableRooms=2, Other=4)),
        (0, "statistics", 0, "statisticDate", 0),
    ),
    Form("mock", "cells", MOCK_CELL, ()),
    *(
        Form("canonical", f"availability-{number}", example | OWN_EXTRAS, ())
        for number, example in enumerate(canonical_examples(ItemKind.AVAILABILITY))
    ),
]
GUEST_FORMS: Final = [
    Form("cloudbeds", "guest", {"data": [cloudbeds.guest()]}, ("data", 0)),
    Form("mews", "customer", {"Customers": [mews.customer()]}, ("Customers", 0)),
    Form("ohip", "profile", GUEST | {"profileIdList": ohip.ids(Profile="1")}, ()),
    Form("mock", "guest", MOCK_GUEST, ()),
    *(
        Form("canonical", f"guest-{number}", example | OWN_EXTRAS, ())
        for number, example in enumerate(canonical_examples(ItemKind.GUEST))
    ),
]
OWN_BOOKING_FORMS: Final = [
    Form("mock", "booking", MOCK_BOOKING, ()),
    *(
        Form("canonical", f"booking-{number}", example | OWN_EXTRAS, ())
        for number, example in enumerate(canonical_examples(ItemKind.BOOKING))
    ),
]
SAMPLES_OF_KINDS: Final = [
    *((ItemKind.BOOKING, *sample) for sample in SAMPLE_FILES),
    (
        ItemKind.GUEST,
        "mews",
        "op-customers__search-customers-response.json",
        ("Customers", 0, "Customer"),
    ),
    (
        ItemKind.GUEST,
        "cloudbeds",
        "guest-profiles-v1.0-get-profiles-profileId__resp-200.json",
        (),
    ),
    (
        ItemKind.AVAILABILITY,
        "mews",
        "op-services__get-service-availability-ver-2024-01-22-response.json",
        ("ResourceCategoryAvailabilities", 0),
    ),
    (
        ItemKind.AVAILABILITY,
        "cloudbeds",
        "myallocator-RoomAvailabilityList__RoomAvailabilityList.json",
        (),
    ),
    (
        ItemKind.AVAILABILITY,
        "cloudbeds",
        "ota-build-to-us-v5.3-ari-update__req--ARIUpdate.json",
        ("Inventory", 0),
    ),
]
ALL_FORMS: Final = [
    *((ItemKind.BOOKING, form) for form in (*BOOKING_FORMS, *OWN_BOOKING_FORMS)),
    *((ItemKind.GUEST, form) for form in GUEST_FORMS),
    *((ItemKind.AVAILABILITY, form) for form in CELL_FORMS),
]


class TestForms:
    @pytest.mark.parametrize(
        ("kind", "form"), ALL_FORMS, ids=[f"{form.vendor}-{form.name}" for _, form in ALL_FORMS]
    )
    def test_are_explained_truly(self, kind: ItemKind, form: Form) -> None:
        assert untrue_reports(form.vendor, kind, form.message, form.within) == []


@needs_samples
class TestSamples:
    @pytest.mark.parametrize(("kind", "vendor", "name", "within"), SAMPLES_OF_KINDS)
    def test_are_explained_truly(
        self, kind: ItemKind, vendor: str, name: str, within: Path
    ) -> None:
        message = json.loads(scrub_bytes((SAMPLES / vendor / name).read_bytes()))
        assert untrue_reports(vendor, kind, message, within) == []
