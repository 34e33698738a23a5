"""Each field of each shape with invalid values: the item is mapped or rejected."""

import json
from typing import Any

import pytest

from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage
from tests.providers.cloudbeds.payloads import (
    context,
    guest,
    provider,
    read,
    reservation,
    single_reservation,
)
from tests.providers.cloudbeds.test_availability_mapping import offered, rate
from tests.providers.cloudbeds.test_channel_formats import order
from tests.providers.vendor_payloads import value_paths, with_value

INVALID_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    " ",
    "x" * 300,
    "9999-12-31",
    "0001-01-01 00:00:00",
    [],
    [None],
    ["x"],
    {},
    {"x": None},
    [[{}]],
)
ROOM_LIST = {
    "RoomId": 48,
    "Data": [{"Date": "2026-03-10", "Units": 2, "Price": 33, "MinStay": 1, "Closed": False}],
}
INVENTORY = {
    "ota_room_id": "1",
    "start_date": "2026-03-10",
    "end_date": "2026-03-12",
    "units": 5,
    "rate": "15.00",
    "min_los": 2,
    "close": False,
}
PROFILE = {
    "id": "1",
    "organizationId": "2",
    "firstName": "Ada",
    "dateModified": "2026-03-10T10:00:00+00:00",
    "birthday": "1980-01-01",
    "isMerged": False,
}
SHAPES = [
    pytest.param(ItemKind.BOOKING, {"data": [reservation(groupCode="G")]}, id="listed"),
    pytest.param(ItemKind.BOOKING, {"success": True, "data": single_reservation()}, id="single"),
    pytest.param(ItemKind.BOOKING, {"booking_json": order(Version="1")}, id="order"),
    pytest.param(ItemKind.GUEST, {"data": {"501": guest(guestNotes=[{"note": "n"}])}}, id="guest"),
    pytest.param(ItemKind.GUEST, PROFILE, id="profile"),
    pytest.param(ItemKind.AVAILABILITY, {"data": [rate()]}, id="rates"),
    pytest.param(ItemKind.AVAILABILITY, {"data": [{"propertyRooms": [offered()]}]}, id="offered"),
    pytest.param(ItemKind.AVAILABILITY, {"Rooms": [ROOM_LIST]}, id="rooms"),
    pytest.param(ItemKind.AVAILABILITY, {"currency": "USD", "Inventory": [INVENTORY]}, id="ari"),
]


class TestRandomInput:
    @pytest.mark.parametrize(("kind", "body"), SHAPES)
    def test_invalid_value_in_any_field_is_mapped_or_rejected(
        self, kind: ItemKind, body: Any
    ) -> None:
        checked = 0
        for path in value_paths(body):
            for invalid in INVALID_VALUES:
                try:
                    items = read(kind, with_value(body, path, invalid), explain=True)
                except (UnreadableMessage, TooManyItems):
                    continue
                for item in items:
                    assert (item.snapshot is None) != (item.reason is None), (path, invalid)
                    checked += 1
        assert checked > 50

    @pytest.mark.parametrize(("kind", "body"), SHAPES)
    def test_error_never_quotes_input(self, kind: ItemKind, body: Any) -> None:
        secret = "Ada Aalto, +358 1"
        for path in value_paths(body):
            try:
                items = read(kind, with_value(body, path, secret))
                reported = [item.reason.detail for item in items if item.reason]
            except (UnreadableMessage, TooManyItems) as error:
                reported = [str(error)]
            assert secret not in " ".join(reported), path

    def test_invalid_webhook_is_parsed_or_rejected(self) -> None:
        body = {"event": "guest/assigned", "timestamp": 1.5, "reservationID": "1", "guestId": 1}
        for path in value_paths(body):
            for invalid in INVALID_VALUES:
                raw = json.dumps(with_value(body, path, invalid)).encode()
                try:
                    found = provider.read_notification(raw, context())
                except UnreadableMessage:
                    continue
                assert found.refs or found.ignored
