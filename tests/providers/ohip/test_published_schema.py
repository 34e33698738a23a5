"""Reservations generated from Oracle's schemas."""

import json
from functools import cache
from typing import Any

import pytest

from domain.messages import ItemKind
from tests.providers.ohip.payloads import ids, read
from tests.providers.schema_instances import (
    Description,
    JsonPath,
    all_paths,
    untargeted_paths,
)
from tests.providers.vendor_payloads import spec_path, with_value

LIST = "/hotels/{hotelId}/reservations"
SINGLE = "/hotels/{hotelId}/reservations/{reservationId}"
REQUIRED = {
    ("reservationIdList",),
    ("reservationIdList", 0, "id"),
    ("reservationIdList", 0, "type"),
    ("roomStay",),
    ("roomStay", "arrivalDate"),
    ("roomStay", "departureDate"),
}
"""The required fields of a booking."""

every_shape = pytest.mark.parametrize(
    ("path", "key"), [(LIST, "reservationInfo"), (SINGLE, "reservation")]
)


@cache
def described() -> Description:
    return Description(json.loads(spec_path("ohip", "rsv.json").read_bytes()))


def build_instance(path: str, key: str, turn: int = 0) -> dict[str, Any]:
    """One reservation; the schema does not list the types of ids."""
    answer = described().build_instance(described().answer(path), turn)
    found: dict[str, Any] = answer["reservations"][key][0]
    return {**found, "reservationIdList": ids(Reservation="5001")}


def wrap_in_response(key: str, reservation: Any) -> dict[str, Any]:
    return {"reservations": {key: [reservation]}}


def is_shallow(path: JsonPath) -> bool:
    """Required fields, and those down to the objects of the stay; deeper ones behave the same."""
    return path in REQUIRED or len(path) <= (5 if path[0] == "roomStay" else 2)


@every_shape
class TestSchemaReservations:
    def test_maps_every_enumeration_value(self, path: str, key: str) -> None:
        for turn in range(14):
            (item,) = read(ItemKind.BOOKING, wrap_in_response(key, build_instance(path, key, turn)))
            assert item.reason is None

    def test_traces_every_field(self, path: str, key: str) -> None:
        reported = build_instance(path, key)
        (item,) = read(ItemKind.BOOKING, wrap_in_response(key, reported), explain=True)
        assert untargeted_paths(reported, dict(item.field_trace)) == []

    def test_rejects_missing_required_field(self, path: str, key: str) -> None:
        reported = build_instance(path, key)
        for field_path in filter(is_shallow, all_paths(reported)):
            for value in (..., None):
                changed = with_value(reported, field_path, value)
                (item,) = read(ItemKind.BOOKING, wrap_in_response(key, changed))
                if item.reason is not None:
                    assert field_path in REQUIRED, item.reason
                    names = [step for step in field_path if isinstance(step, str)]
                    assert names[0] in (item.reason.path or "")
