"""Reservations generated from Oracle's schemas."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.messages import ItemKind
from tests.providers.ohip.payloads import ids, read
from tests.providers.schema_instances import (
    Description,
    all_paths,
    remove_at,
    replace_at,
    untargeted_paths,
)

SPECS = Path(os.environ.get("PMS_VENDOR_SPECS", Path(__file__).parents[4] / "shared/vendor-specs"))
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
    path = SPECS / "ohip" / "rsv.json"
    if not path.exists():
        pytest.skip("the vendors' descriptions are not on this machine (PMS_VENDOR_SPECS)")
    return Description(json.loads(path.read_bytes()))


def build_instance(path: str, key: str, turn: int = 0) -> dict[str, Any]:
    """One reservation; the schema does not list the types of ids."""
    answer = described().build_instance(described().answer(path), turn)
    found: dict[str, Any] = answer["reservations"][key][0]
    return {**found, "reservationIdList": ids(Reservation="5001")}


def wrap_in_response(key: str, reservation: Any) -> dict[str, Any]:
    return {"reservations": {key: [reservation]}}


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
        """Down to the fields of the stay's objects; deeper ones behave the same."""
        reported = build_instance(path, key)
        for place in all_paths(reported):
            if len(place) > (5 if place[0] == "roomStay" else 2) and place not in REQUIRED:
                continue
            for invalid_variants in (remove_at(reported, place), replace_at(reported, place, None)):
                (item,) = read(ItemKind.BOOKING, wrap_in_response(key, invalid_variants))
                if item.reason is not None:
                    assert place in REQUIRED, item.reason
                    names = [step for step in place if isinstance(step, str)]
                    assert names[0] in (item.reason.path or "")
