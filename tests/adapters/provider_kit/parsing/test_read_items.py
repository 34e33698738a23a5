"""One vendor object becomes a snapshot or a reason."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import reason_of
from adapters.outbound.provider_kit.parsing.read_items import (
    JsonEntry,
    to_read_item,
    trace_fields,
)
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, GuestSnapshot, Snapshot
from domain.values import SourceVersion
from ports.providers import ReadItem

NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
REASON_OF: Final = partial(reason_of, sources={"external_id": "Id"})


def map_guest(r: Reader, external_id: str) -> Snapshot:
    return GuestSnapshot(
        external_id=external_id,
        version=SourceVersion(NOW),
        last_name=r.text("Name", "last_name"),
        extras=tuple(r.unread().items()),
    )


def map_cell(r: Reader, _: None) -> Snapshot:
    return AvailabilitySnapshot(
        room_type_id=r.text("Type", "room_type_id"),
        day=date(2026, 6, 1),
        version=SourceVersion(NOW),
        available=r.integer("Free", "available"),
    )


def read_guest(value: Json, *, raw: bytes | None = None) -> ReadItem:
    def open_guest() -> tuple[Reader, str]:
        r = Reader(value)
        return r, r.text("Id", "external_id")

    return to_read_item(
        ItemKind.GUEST,
        JsonEntry("Guests[0]", value, raw),
        open_guest,
        map_guest,
        reason_of=REASON_OF,
        field_trace=trace_fields,
    )


class TestToReadItem:
    def test_a_readable_object_becomes_a_snapshot(self) -> None:
        item = read_guest({"Id": "g-1", "Name": "Lind"})

        assert isinstance(item.snapshot, GuestSnapshot)
        assert (item.external_id, item.reason) == ("g-1", None)
        assert item.raw == b'{"Id":"g-1","Name":"Lind"}'

    def test_the_text_as_received_is_kept(self) -> None:
        raw = b'{ "Id": "g-1", "Name": "Lind" }'

        assert read_guest({"Id": "g-1", "Name": "Lind"}, raw=raw).raw == raw

    def test_an_unreadable_field_rejects_the_item_with_its_id_and_path(self) -> None:
        item = read_guest({"Id": "g-1", "Name": 7})

        assert (item.external_id, item.snapshot) == ("g-1", None)
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("wrong_type", "Guests[0].Name")

    def test_an_invalid_value_is_reported_by_its_source_field(self) -> None:
        item = read_guest({"Id": " ", "Name": "Lind"})

        assert item.reason is not None
        assert item.reason.path == "Guests[0].Id"

    def test_what_is_not_an_object_has_no_id(self) -> None:
        item = read_guest("g-1")

        assert item.external_id is None
        assert item.reason is not None
        assert item.reason.path == "Guests[0]"

    def test_the_trace_names_target_and_extras(self) -> None:
        item = read_guest({"Id": "g-1", "Name": "Lind", "Mood": "good"})

        assert item.field_trace == (
            ("Id", "external_id"),
            ("Mood", "extras"),
            ("Name", "last_name"),
        )

    def test_unread_fields_of_a_cell_are_traced_as_not_kept(self) -> None:
        value: Json = {"Type": "dbl", "Free": 2, "Mood": "good"}
        item = to_read_item(
            ItemKind.AVAILABILITY,
            JsonEntry("", value),
            lambda: (Reader(value), None),
            map_cell,
            reason_of=REASON_OF,
            field_trace=trace_fields,
        )

        assert item.external_id == "dbl/2026-06-01"
        assert dict(item.field_trace)["Mood"] == "(not kept)"
