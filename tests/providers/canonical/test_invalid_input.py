"""Invalid canonical payloads: each is rejected with a code and the exact path."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.providers.canonical.provider import CanonicalProvider
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage, Unsupported
from ports.providers import Account, HotelContext, ReadItem

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTEXT = HotelContext(time_zone="Europe/Vienna", currency="EUR", observed_at=NOON)
LIMIT = 1_000

VERSION = '"source_version": {"updated_at": "2026-03-01T12:00:00Z"}'
HEAD = f'"external_id": "B-1", {VERSION}'


def read(body: str | bytes, kind: ItemKind = ItemKind.BOOKING) -> list[ReadItem]:
    payload = body.encode() if isinstance(body, str) else body
    return list(CanonicalProvider().read_items(kind, [payload], CONTEXT, limit=LIMIT))


def rejected(body: str, kind: ItemKind = ItemKind.BOOKING) -> tuple[str, str | None]:
    (item,) = read(body, kind)
    assert item.snapshot is None
    assert item.reason is not None
    return item.reason.code, item.reason.path


class TestRejectedMessage:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"   ",
            b"not json",
            b"<xml/>",
            b"12",
            b'"text"',
            b"null",
            b'{"external_id": "B-1"',
            b"[{},]",
            b"{} {}",
            b"\xff\xfe{}",
            "{}".encode("utf-16"),
            b"[" * 100_000,
        ],
    )
    def test_rejects_a_body_that_is_not_an_object_or_array(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            read(body)

    def test_rejects_more_items_than_the_limit(self) -> None:
        assert len(read(json.dumps([{}] * 1_000))) == 1_000
        with pytest.raises(TooManyItems) as caught:
            read(json.dumps([{}] * 1_001))
        assert caught.value.details == {"limit": 1_000}

    def test_counts_the_items_of_all_bodies(self) -> None:
        with pytest.raises(TooManyItems):
            CanonicalProvider().read_items(ItemKind.GUEST, [b"[{}, {}]", b"{}"], CONTEXT, limit=2)

    def test_rejects_notifications(self) -> None:
        with pytest.raises(Unsupported):
            CanonicalProvider().read_notification(b"{}", CONTEXT)
        with pytest.raises(Unsupported):
            read("{}", ItemKind.NOTIFICATION)


# name | fields beside the id and the version | code of the rejection | its path
INVALID_FIELDS = r"""
unknown status | "status": "WAITLISTED" | unknown_value | status
status in small letters | "status": "confirmed" | unknown_value | status
cancelled with two L | "status": "CANCELLED" | unknown_value | status
null status | "status": null | wrong_type | status
null source | "source": null | wrong_type | source
null inventory | "holds_inventory": null | wrong_type | holds_inventory
inventory as text | "holds_inventory": "1" | wrong_type | holds_inventory
null deletion | "deleted": null | wrong_type | deleted
null stay | "stay": null | wrong_type | stay
stay without departure | "stay": {"arrival": "2026-03-10"} | missing_field | stay.departure
30 February | "stay": {"arrival": "2026-02-30", "departure": "2026-03-11"} | bad_date | stay.arrival
null rooms | "rooms": null | wrong_type | rooms
no rooms | "rooms": [] | invalid_field | rooms
room that is a text | "rooms": ["101"] | wrong_type | rooms[0]
guest role | "primary_guest": {"role": "PAYER"} | unknown_value | primary_guest.role
unknown currency | "total": {"amount": 1, "currency": "eur"} | unknown_currency | total.currency
amount without currency | "total": {"amount": 1} | missing_field | total.currency
bare amount | "total": 12.5 | wrong_type | total
three digits in EUR | "total": {"amount": 12.345, "currency": "EUR"} | bad_amount | total.amount
yen with a fraction | "balance": {"amount": 100.5, "currency": "JPY"} | bad_amount | balance.amount
amount with a comma | "total": {"amount": "12,50", "currency": "EUR"} | bad_amount | total.amount
amount beyond any bill | "total": {"amount": 1e300, "currency": "EUR"} | bad_amount | total.amount
amount that is no number | "total": {"amount": "NaN", "currency": "EUR"} | bad_amount | total.amount
naive instant | "checked_in_at": "2026-03-10T15:00:00" | bad_instant | checked_in_at
extras that are a list | "extras": [] | wrong_type | extras
NaN | "total": {"amount": NaN, "currency": "EUR"} | unreadable_json | -
a key twice | "status": "PENDING", "status": "PENDING" | unreadable_json | -
"""


def rows(table: str) -> dict[str, tuple[str, str, str | None]]:
    """By name: the body of a booking, the code and the path."""
    cells = [line.split(" | ") for line in table.strip().splitlines()]
    return {
        name: (f"{{{HEAD}, {fields}}}", code, None if path == "-" else path)
        for name, fields, code, path in cells
    }


STAY = {"arrival": "2026-03-10", "departure": "2026-03-12"}
LATER = {"arrival": "2026-03-11", "departure": "2026-03-13"}
PRICE = {"night": "2026-03-10", "price": {"amount": 1, "currency": "EUR"}}
GROSS, NET = ({**PRICE, "basis": basis} for basis in ("GROSS", "NET"))
CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "room that is confirmed in a canceled booking": (
        {"status": "CANCELED", "rooms": [{}, {"status": "CONFIRMED"}]},
        "rooms[1].status",
    ),
    "canceled booking that holds inventory": (
        {"status": "CANCELED", "holds_inventory": True},
        "holds_inventory",
    ),
    "canceled rooms that hold inventory": (
        {"rooms": [{"status": "CANCELED"}, {"status": "CANCELED"}], "holds_inventory": True},
        "holds_inventory",
    ),
    "no room checked in": ({"status": "CHECKED_IN", "rooms": [{"status": "PENDING"}]}, "rooms"),
    "only canceled rooms": ({"status": "CONFIRMED", "rooms": [{"status": "CANCELED"}]}, "rooms"),
    "room outside the stay": ({"stay": STAY, "rooms": [{"stay": LATER}]}, "rooms[0].stay"),
    "two prices for a night": (
        {"rooms": [{"nightly_prices": [PRICE, PRICE]}]},
        "rooms[0].nightly_prices[1].night",
    ),
    "two gross prices for a night": (
        {"rooms": [{"nightly_prices": [GROSS, NET, GROSS]}]},
        "rooms[0].nightly_prices[2].night",
    ),
    "a net price beside one of unknown basis": (
        {"rooms": [{"nightly_prices": [PRICE, NET]}]},
        "rooms[0].nightly_prices[1].night",
    ),
    "price outside the stay": (
        {"stay": LATER, "rooms": [{"nightly_prices": [PRICE]}]},
        "rooms[0].nightly_prices[0].night",
    ),
    "price outside the room's stay": (
        {"rooms": [{"stay": LATER, "nightly_prices": [PRICE]}]},
        "rooms[0].nightly_prices[0].night",
    ),
}

BAD_BOOKINGS = {
    **rows(INVALID_FIELDS),
    **{
        name: (f"{{{HEAD}, {json.dumps(content)[1:-1]}}}", "contradiction", path)
        for name, (content, path) in CONTRADICTIONS.items()
    },
    "nothing at all": ("{}", "missing_field", "external_id"),
    "no id": (f"{{{VERSION}}}", "missing_field", "external_id"),
    "null id": (f'{{"external_id": null, {VERSION}}}', "wrong_type", "external_id"),
    "numeric id": (f'{{"external_id": 17, {VERSION}}}', "wrong_type", "external_id"),
    "empty id": (f'{{"external_id": "", {VERSION}}}', "bad_id", "external_id"),
    "padded id": (f'{{"external_id": " B", {VERSION}}}', "bad_id", "external_id"),
    "id with a line feed": (f'{{"external_id": "B\\n1", {VERSION}}}', "bad_id", "external_id"),
    "id with NUL": (f'{{"external_id": "B\\u0000", {VERSION}}}', "bad_text", "external_id"),
    "long id": (f'{{"external_id": "{"x" * 201}", {VERSION}}}', "bad_id", "external_id"),
    "no version": ('{"external_id": "B-1"}', "missing_field", "source_version"),
    "version without instant": (
        '{"external_id": "B-1", "source_version": {}}',
        "missing_field",
        "source_version.updated_at",
    ),
    "naive version": (
        '{"external_id": "B-1", "source_version": {"updated_at": "2026-03-01T12:00:00"}}',
        "bad_instant",
        "source_version.updated_at",
    ),
    "version that is a number": (
        '{"external_id": "B-1", "source_version": {"updated_at": 1772366400}}',
        "wrong_type",
        "source_version.updated_at",
    ),
    "negative sequence": (
        '{"external_id": "B-1",'
        ' "source_version": {"updated_at": "2026-03-01T12:00:00Z", "sequence": -1}}',
        "bad_version",
        "source_version.sequence",
    ),
    "departure before arrival": (
        f'{{{HEAD}, "stay": {{"arrival": "2026-03-10", "departure": "2026-03-09"}}}}',
        "stay_reversed",
        "stay.departure",
    ),
    "more than five years": (
        f'{{{HEAD}, "stay": {{"arrival": "2026-03-10", "departure": "2031-03-16"}}}}',
        "stay_too_long",
        "stay.departure",
    ),
    "arrival as an instant": (
        f'{{{HEAD}, "stay": {{"arrival": "2026-03-10T14:00:00Z", "departure": "2026-03-11"}}}}',
        "bad_date",
        "stay.arrival",
    ),
    "room with a reversed stay": (
        f'{{{HEAD}, "rooms": [{{"status": "CONFIRMED",'
        ' "stay": {"arrival": "2026-03-10", "departure": "2026-03-09"}}]}',
        "stay_reversed",
        "rooms[0].stay.departure",
    ),
    "no units": (
        f'{{{HEAD}, "status": "CONFIRMED",'
        ' "stay": {"arrival": "2026-03-10", "departure": "2026-03-11"}, "rooms": [{"units": 0}]}',
        "bad_count",
        "rooms[0].units",
    ),
    "negative guests": (
        f'{{{HEAD}, "rooms": [{{"occupancy": [{{"age_class": "ADULT", "count": -1}}]}}]}}',
        "bad_count",
        "rooms[0].occupancy[0].count",
    ),
    "impossible age": (
        f'{{{HEAD}, "rooms": [{{"occupancy": [{{"age_class": "ADULT", "count": 1,'
        ' "age": 1000000000000000000}]}]}',
        "bad_count",
        "rooms[0].occupancy[0].age",
    ),
    "nightly price in no currency": (
        f'{{{HEAD}, "rooms": [{{"nightly_prices": [{{"night": "2026-03-10",'
        ' "price": {"amount": 1, "currency": "XXX"}}]}]}',
        "unknown_currency",
        "rooms[0].nightly_prices[0].price.currency",
    ),
    "guest with a numeric name": (
        f'{{{HEAD}, "further_guests": [{{"last_name": 7}}]}}',
        "wrong_type",
        "further_guests[0].last_name",
    ),
    "three digits in EUR as text": (
        f'{{{HEAD}, "paid": {{"amount": "12.345", "currency": "EUR"}}}}',
        "bad_amount",
        "paid.amount",
    ),
    "a digit beyond any decimal context": (
        f'{{{HEAD}, "paid": {{"amount": 1.0000000000000000000000000000000001,'
        ' "currency": "EUR"}}',
        "bad_amount",
        "paid.amount",
    ),
    "a path that is sent twice": (
        f'{{{HEAD}, "color": "red", "extras": {{"color": "blue"}}}}',
        "duplicate_field",
        "extras",
    ),
    "too deep": (f'{{{HEAD}, "x": {"[" * 80}{"]" * 80}}}', "unreadable_json", None),
}


class TestRejectedBooking:
    @pytest.mark.parametrize(("body", "code", "path"), BAD_BOOKINGS.values(), ids=BAD_BOOKINGS)
    def test_has_a_code_and_a_path(self, body: str, code: str, path: str | None) -> None:
        assert rejected(body) == (code, path)

    @pytest.mark.parametrize(("body", "code", "path"), BAD_BOOKINGS.values(), ids=BAD_BOOKINGS)
    def test_has_a_path_within_an_array(self, body: str, code: str, path: str | None) -> None:
        good = f"{{{HEAD}}}"
        first, bad, last = read(f"[{good}, {body}, {good}]")
        assert first.snapshot is not None
        assert last.snapshot is not None
        assert bad.reason is not None
        assert (bad.reason.code, bad.reason.path) == (code, f"[1].{path}" if path else "[1]")

    @pytest.mark.parametrize("body", ["17", '"B-1"', "null", "[]", "true"])
    def test_rejects_an_item_that_is_not_an_object(self, body: str) -> None:
        assert rejected(f"[{body}]") == ("wrong_type", "[0]")

    def test_keeps_its_text_and_id(self) -> None:
        text = f'{{ {HEAD},  "status": "ÜBER" }}'
        _, item = read(f"[{{}}, {text}]")
        assert item.raw.decode() == text
        assert item.external_id == "B-1"

    def test_does_not_repeat_the_value_in_the_reason(self) -> None:
        (item,) = read(f'{{{HEAD}, "status": "ada@mail.example"}}')
        assert item.reason is not None
        assert "ada" not in item.reason.detail


BAD_CELLS = {
    "no room type": ('{"date": "2026-03-10"}', "missing_field", "room_type_id"),
    "no date": ('{"room_type_id": "DBL"}', "missing_field", "date"),
    "text as a number": (
        '{"room_type_id": "DBL", "date": "2026-03-10", "available": "4"}',
        "wrong_type",
        "available",
    ),
    "half a room": (
        '{"room_type_id": "DBL", "date": "2026-03-10", "available": 1.5}',
        "wrong_type",
        "available",
    ),
    "too many rooms": (
        '{"room_type_id": "DBL", "date": "2026-03-10", "total": 100001}',
        "bad_count",
        "total",
    ),
}


class TestRejectedAvailability:
    @pytest.mark.parametrize(("body", "code", "path"), BAD_CELLS.values(), ids=BAD_CELLS)
    def test_has_a_code_and_a_path(self, body: str, code: str, path: str) -> None:
        assert rejected(body, ItemKind.AVAILABILITY) == (code, path)


class TestRejectedGuest:
    def test_rejects_more_loyalty_points_than_can_be_stored(self) -> None:
        body = f'{{"external_id": "G-1", {VERSION}, "loyalty_points": {10**30}}}'
        assert rejected(body, ItemKind.GUEST) == ("bad_count", "loyalty_points")

    def test_rejects_a_birth_date_that_does_not_exist(self) -> None:
        body = f'{{"external_id": "G-1", {VERSION}, "birth_date": "1970-13-01"}}'
        assert rejected(body, ItemKind.GUEST) == ("bad_date", "birth_date")


class TestMissingApi:
    def test_rejects_open(self) -> None:
        account = Account(
            connection_id=UUID(int=1),
            time_zone="Europe/Vienna",
            currency="EUR",
            settings={},
            secrets={},
            correlation_id="c",
        )
        with pytest.raises(Unsupported):
            CanonicalProvider().open(account)

    def test_rejects_webhooks(self) -> None:
        assert CanonicalProvider().authentic({"authorization": "Bearer x"}, {}) is False
