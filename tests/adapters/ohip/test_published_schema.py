"""Reservations built from the vendor's own description."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.messages import ItemKind
from tests.adapters.ohip.ohip_payloads import ids, read
from tests.adapters.schema_instances import Description, changed, homeless, places, without

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
"""Without these there is no booking."""

every_shape = pytest.mark.parametrize(
    ("path", "key"), [(LIST, "reservationInfo"), (SINGLE, "reservation")]
)


@cache
def described() -> Description:
    path = SPECS / "ohip" / "rsv.json"
    if not path.exists():
        pytest.skip("the vendors' descriptions are not on this machine (PMS_VENDOR_SPECS)")
    return Description(json.loads(path.read_bytes()))


def made(path: str, key: str, turn: int = 0) -> dict[str, Any]:
    """One reservation; its ids are words of no list in the description."""
    answer = described().made(described().answer(path), turn)
    found: dict[str, Any] = answer["reservations"][key][0]
    return {**found, "reservationIdList": ids(Reservation="5001")}


def around(key: str, reservation: Any) -> dict[str, Any]:
    return {"reservations": {key: [reservation]}}


@every_shape
class TestAReservationOfTheDescription:
    def test_is_understood_with_every_word_of_its_enumerations(self, path: str, key: str) -> None:
        for turn in range(14):
            (item,) = read(ItemKind.BOOKING, around(key, made(path, key, turn)))
            assert item.reason is None

    def test_has_a_home_for_everything(self, path: str, key: str) -> None:
        told = made(path, key)
        (item,) = read(ItemKind.BOOKING, around(key, told), explain=True)
        assert homeless(told, dict(item.homes)) == []

    def test_names_what_it_can_not_be_without(self, path: str, key: str) -> None:
        """Down to the fields of what a stay holds: deeper ones are taken or left the same way."""
        told = made(path, key)
        for place in places(told):
            if len(place) > (5 if place[0] == "roomStay" else 2) and place not in REQUIRED:
                continue
            for spoiled in (without(told, place), changed(told, place, None)):
                (item,) = read(ItemKind.BOOKING, around(key, spoiled))
                if item.reason is not None:
                    assert place in REQUIRED, item.reason
                    names = [step for step in place if isinstance(step, str)]
                    assert names[0] in (item.reason.path or "")
