"""Responses generated from Cloudbeds' schemas, as it publishes no samples."""

import json
from functools import cache
from typing import Any

import pytest

from domain.messages import ItemKind
from tests.providers.cloudbeds.payloads import read, spec
from tests.providers.schema_instances import (
    Description,
    all_paths,
    untargeted_paths,
)
from tests.providers.vendor_payloads import with_value

ANSWERS = {
    "/getReservation": ItemKind.BOOKING,
    "/getReservations": ItemKind.BOOKING,
    "/getReservationsWithRateDetails": ItemKind.BOOKING,
    "/getGuestList": ItemKind.GUEST,
    "/getGuestsModified": ItemKind.GUEST,
    "/getGuestsByStatus": ItemKind.GUEST,
    "/getRatePlans": ItemKind.AVAILABILITY,
    "/getAvailableRoomTypes": ItemKind.AVAILABILITY,
}
REQUIRED = {
    ItemKind.BOOKING: {
        "reservationID",
        "status",
        "startDate",
        "endDate",
        "reservationCheckIn",
        "reservationCheckOut",
        "roomTypeID",
        "roomCheckIn",
        "roomCheckOut",
        "guestID",
        "date",
        "rate",
    },
    ItemKind.GUEST: {"guestID", "dateModified"},
    ItemKind.AVAILABILITY: {"roomTypeID", "date", "roomRateDetailed"},
}
"""Last path segments of the required fields of a booking, room, night or guest."""
_ABOUT = {"data", "propertyRooms", "1001"}
"""The containers of the items."""

every_answer = pytest.mark.parametrize("path", list(ANSWERS))


@cache
def described() -> Description:
    return Description(spec())


def build_instance(path: str, turn: int = 0) -> Any:
    body = described().build_instance(described().answer(path), turn)
    return {**body, "success": True}


@every_answer
class TestSchemaResponses:
    def test_maps_every_enumeration_value(self, path: str) -> None:
        for turn in range(12):
            items = read(ANSWERS[path], build_instance(path, turn), explain=True)
            assert [item.reason for item in items] == [None]

    def test_traces_every_field(self, path: str) -> None:
        (item,) = read(ANSWERS[path], build_instance(path), explain=True)
        if ANSWERS[path] is not ItemKind.AVAILABILITY:
            assert untargeted_paths(json.loads(item.raw), dict(item.field_trace)) == []

    def test_rejects_missing_required_field(self, path: str) -> None:
        body = build_instance(path)
        for field_path in all_paths(body):
            last = str(field_path[-1])
            if field_path[0] != "data" or last in _ABOUT:
                continue
            for value in (..., None):
                for item in read(ANSWERS[path], with_value(body, field_path, value)):
                    if item.reason is not None:
                        assert last in REQUIRED[ANSWERS[path]], item.reason
                        assert (item.reason.path or "").endswith(last)
