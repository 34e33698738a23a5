"""Mapping of valid canonical payloads, including the documented examples."""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from application.queries.canonical_document import snapshot_document
from domain.canonical_format import SHAPES
from domain.messages import ItemKind
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    GuestSnapshot,
    Party,
    PartyRole,
    RoomStay,
    Snapshot,
)
from domain.status import BookingStatus
from domain.values import ABSENT, Money, SourceVersion, Stay
from ports.providers import HotelContext, ReadItem

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTEXT = HotelContext(time_zone="Europe/Vienna", currency="EUR", observed_at=NOON)
FORMAT = Path(__file__).parents[3] / "docs" / "canonical-format.md"
CLASSES: dict[ItemKind, type[Snapshot]] = {
    ItemKind.BOOKING: BookingSnapshot,
    ItemKind.GUEST: GuestSnapshot,
    ItemKind.AVAILABILITY: AvailabilitySnapshot,
}
VERSION: dict[str, Json] = {"updated_at": "2026-03-01T12:00:00Z"}
HEADS: dict[ItemKind, dict[str, Json]] = {
    ItemKind.BOOKING: {"external_id": "B-1", "source_version": VERSION},
    ItemKind.GUEST: {"external_id": "G-1", "source_version": VERSION},
    ItemKind.AVAILABILITY: {"room_type_id": "DBL", "date": "2026-03-10"},
}


def read_item(kind: ItemKind, item: Json, *, explain: bool = False) -> ReadItem:
    body = dumps(item).encode()
    (read,) = CanonicalProvider().read_items(kind, [body], CONTEXT, limit=1, explain=explain)
    return read


def read(kind: ItemKind, **more: Json) -> Snapshot:
    item = read_item(kind, HEADS[kind] | more)
    assert item.reason is None
    assert item.snapshot is not None
    return item.snapshot


def booking(**more: Json) -> BookingSnapshot:
    snapshot = read(ItemKind.BOOKING, **more)
    assert isinstance(snapshot, BookingSnapshot)
    return snapshot


def stay(nights: int) -> dict[str, Json]:
    arrival = date(2026, 3, 10)
    return {
        "arrival": arrival.isoformat(),
        "departure": (arrival + timedelta(days=nights)).isoformat(),
    }


def documented_examples() -> Iterator[tuple[ItemKind, Json]]:
    for name, text in re.findall(r"```json (\w+)\n(.*?)```", FORMAT.read_text(), re.S):
        yield ItemKind(name), loads(text)


EXAMPLES = list(documented_examples())
NOT_IN_THE_FORMAT = {"counted_rooms", "rooms_are_all"}
"""The canonical format has their sums."""

OPTIONAL = [
    (kind, field.name)
    for kind, snapshot in CLASSES.items()
    for field in fields(snapshot)
    if field.default is ABSENT and field.name not in NOT_IN_THE_FORMAT
]
NEVER_NULL = {"status", "holds_inventory", "source", "stay", "rooms"}
EMPTIED = {"further_guests", "extras"}


class TestDocumentedExample:
    @pytest.mark.parametrize(("kind", "example"), EXAMPLES)
    def test_is_read_without_unknown_fields(self, kind: ItemKind, example: Json) -> None:
        item = read_item(kind, example, explain=True)
        assert item.reason is None
        unknown = [path for path, target in item.field_trace if path != target]
        assert [path for path in unknown if not path.startswith("extras.")] == []

    @pytest.mark.parametrize(("kind", "example"), EXAMPLES)
    def test_is_written_and_read_back_unchanged(self, kind: ItemKind, example: Json) -> None:
        snapshot = read_item(kind, example).snapshot
        assert snapshot is not None
        again = read_item(kind, snapshot_document(snapshot)).snapshot
        assert again == snapshot

    @pytest.mark.parametrize("kind", CLASSES)
    def test_shows_every_field(self, kind: ItemKind) -> None:
        reported = [
            set(value) for name, value in EXAMPLES if name is kind and isinstance(value, dict)
        ]
        assert max(reported, key=len) == {spec.name for spec in SHAPES[kind].fields}


class TestMissingField:
    @pytest.mark.parametrize(("kind", "name"), OPTIONAL)
    def test_is_absent(self, kind: ItemKind, name: str) -> None:
        other: dict[str, Json] = {}
        if kind is ItemKind.AVAILABILITY:
            other = {"total": 1} if name != "total" else {"available": 1}
        assert getattr(read(kind, **other), name) is ABSENT

    def test_of_every_count_rate_and_restriction_is_rejected(self) -> None:
        reason = read_item(ItemKind.AVAILABILITY, HEADS[ItemKind.AVAILABILITY]).reason
        assert reason is not None
        assert (reason.code, reason.path) == ("missing_field", "available")


class TestNull:
    @pytest.mark.parametrize(("kind", "name"), OPTIONAL)
    def test_clears_the_field_or_is_rejected(self, kind: ItemKind, name: str) -> None:
        item = read_item(kind, HEADS[kind] | {name: None})
        if name in NEVER_NULL:
            assert item.reason is not None
            assert (item.reason.code, item.reason.path) == ("wrong_type", name)
        else:
            assert getattr(item.snapshot, name) == (() if name in EMPTIED else None)


class TestStay:
    @pytest.mark.parametrize("nights", [0, 1, 400, 1_830])
    def test_has_0_to_1830_nights(self, nights: int) -> None:
        reported = booking(stay=stay(nights)).stay
        assert isinstance(reported, Stay)
        assert (reported.departure - reported.arrival).days == nights
        assert reported.is_day_use is (nights == 0)


class TestAmount:
    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("12.10", "EUR", 1_210),
            ('"12.10"', "EUR", 1_210),
            ("12.1", "EUR", 1_210),
            ("0.1", "EUR", 10),
            ("12.100", "EUR", 1_210),
            ("1.21e1", "EUR", 1_210),
            ("-5", "EUR", -500),
            ("1200", "JPY", 1_200),
            ("1.234", "KWD", 1_234),
            ("9999999999999.99", "EUR", 999_999_999_999_999),
        ],
    )
    def test_is_exact(self, amount: str, currency: str, minor: int) -> None:
        body = (
            '{"external_id": "B-1", "source_version": {"updated_at": "2026-03-01T12:00:00Z"},'
            f' "total": {{"amount": {amount}, "currency": "{currency}"}}}}'
        )
        (item,) = CanonicalProvider().read_items(
            ItemKind.BOOKING, [body.encode()], CONTEXT, limit=1
        )
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.total == Money(minor, currency)


class TestSourceVersion:
    @pytest.mark.parametrize(
        ("version", "instant", "sequence"),
        [
            ({"updated_at": "2026-03-01T13:00:00+01:00"}, NOON, 0),
            ({"updated_at": "2026-03-01T12:00:00Z", "sequence": 9}, NOON, 9),
            ({"updated_at": "2026-03-01T12:00:00.000000125Z"}, NOON, 125),
            ({"updated_at": "2026-03-01T12:00:00.000000125Z", "sequence": 9}, NOON, 9),
        ],
    )
    def test_has_an_instant_and_a_sequence(
        self, version: dict[str, Json], instant: datetime, sequence: int
    ) -> None:
        assert booking(source_version=version).version == SourceVersion(instant, sequence)

    def test_of_availability_defaults_to_the_time_of_arrival(self) -> None:
        cell = read(ItemKind.AVAILABILITY, total=1)
        assert isinstance(cell, AvailabilitySnapshot)
        assert (cell.version, cell.version_is_ours) == (SourceVersion(NOON), True)


class TestRoom:
    def test_has_only_the_stay_and_status_that_were_sent(self) -> None:
        reported = booking(
            status="CHECKED_IN",
            stay=stay(3),
            rooms=[{}, {"stay": stay(1), "status": "CHECKED_OUT", "units": 2}],
        )
        own = Stay(date(2026, 3, 10), date(2026, 3, 11))
        assert reported.rooms == (
            RoomStay(),
            RoomStay(stay=own, status=BookingStatus.CHECKED_OUT, units=2),
        )

    def test_null_is_the_same_as_left_out(self) -> None:
        room: dict[str, Json] = {"line_id": "1", "stay": None, "status": None, "total": None}
        assert booking(rooms=[room]) == booking(rooms=[{"line_id": "1"}])

    def test_may_have_a_price_of_each_basis_for_a_night(self) -> None:
        price: dict[str, Json] = {"amount": 100, "currency": "EUR"}
        bases = ("GROSS", "NET")
        prices: list[Json] = [
            {"night": "2026-03-10", "price": price, "basis": basis} for basis in bases
        ]
        reported = booking(stay=stay(1), rooms=[{"nightly_prices": prices}])
        (room,) = reported.rooms or ()
        assert [each.basis for each in room.nightly_prices] == [*bases]


class TestParty:
    def test_has_a_default_role_per_field(self) -> None:
        reported = booking(primary_guest={}, further_guests=[{"email": None}, {"role": "BOOKER"}])
        assert reported.primary_guest == Party(role=PartyRole.PRIMARY)
        assert reported.further_guests == (
            Party(role=PartyRole.COMPANION),
            Party(role=PartyRole.BOOKER),
        )


UNTIDY: dict[str, Json] = {
    "first_name": "\u00a0Ada ",
    "email": " ada@guest.example\t",
    "phone": "*****",
}


class TestContact:
    """Like those of every vendor."""

    def test_of_a_party_is_trimmed_and_no_mask(self) -> None:
        party = Party(role=PartyRole.PRIMARY, first_name="Ada", email="ada@guest.example")
        assert booking(primary_guest=UNTIDY).primary_guest == party

    def test_of_a_guest_is_trimmed_and_keeps_what_a_mask_hides(self) -> None:
        found = read(ItemKind.GUEST, **UNTIDY)
        assert isinstance(found, GuestSnapshot)
        assert (found.first_name, found.email, found.phone) == ("Ada", "ada@guest.example", ABSENT)


class TestCountry:
    def test_unknown_code_is_kept_in_the_extras(self) -> None:
        party = {"last_name": "Aalto", "country": "XX"}
        found = booking(primary_guest=party)
        assert found.primary_guest == Party(last_name="Aalto")
        assert dict(found.extras or ())["primary_guest.country"] == '"XX"'

    def test_code_is_normalized(self) -> None:
        party = {"last_name": "Aalto", "country": "at"}
        found = booking(primary_guest=party)
        assert found.primary_guest == Party(last_name="Aalto", country="AT")


class TestUnknownField:
    def test_is_kept_in_extras_with_its_path_and_exact_value(self) -> None:
        reported = booking(
            status="CONFIRMED",
            stay=stay(1),
            view="sea",
            rooms=[{"units": 1, "pets": [{"kind": "cat"}]}],
            primary_guest={"first_name": "Ada", "shoe size": 42},
            extras={"given": {"a": None}},
        )
        assert reported.extras == (
            ("given", '{"a":null}'),
            ('primary_guest["shoe size"]', "42"),
            ("rooms[0].pets", '[{"kind":"cat"}]'),
            ("view", '"sea"'),
        )

    def test_has_a_path_relative_to_its_item(self) -> None:
        item = HEADS[ItemKind.BOOKING] | {"view": "sea"}
        body = dumps([item, item]).encode()
        first, second = CanonicalProvider().read_items(ItemKind.BOOKING, [body], CONTEXT, limit=2)
        assert first.snapshot == second.snapshot

    def test_is_traced_to_extras(self) -> None:
        item = read_item(ItemKind.BOOKING, HEADS[ItemKind.BOOKING] | {"view": 1}, explain=True)
        assert dict(item.field_trace) == {
            "external_id": "external_id",
            "source_version.updated_at": "source_version.updated_at",
            "view": "extras",
        }

    def test_of_availability_is_kept_in_the_inbox_only(self) -> None:
        cell = HEADS[ItemKind.AVAILABILITY] | {"view": 1, "total": 1}
        item = read_item(ItemKind.AVAILABILITY, cell, explain=True)
        assert dict(item.field_trace)["view"] == "(not kept)"
        assert b'"view":1' in item.raw


class TestMessage:
    def test_accepts_an_empty_array(self) -> None:
        assert list(CanonicalProvider().read_items(ItemKind.GUEST, [b"[]"], CONTEXT, limit=1)) == []

    def test_accepts_several_bodies(self) -> None:
        body = dumps(HEADS[ItemKind.GUEST]).encode()
        items = CanonicalProvider().read_items(
            ItemKind.GUEST, [body, b" [" + body + b"] "], CONTEXT, limit=2
        )
        assert [item.external_id for item in items] == ["G-1", "G-1"]

    def test_accepts_a_byte_order_mark(self) -> None:
        body = b"\xef\xbb\xbf" + dumps(HEADS[ItemKind.GUEST]).encode()
        (item,) = CanonicalProvider().read_items(ItemKind.GUEST, [body], CONTEXT, limit=1)
        assert item.reason is None
