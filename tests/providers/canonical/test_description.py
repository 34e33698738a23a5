"""The description of the canonical format: what derives from it, and what it must agree with."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from adapters.inbound.rest.canonical_schemas import schema_of
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.canonical.mapping.snapshots import read_record
from application.queries.canonical_document import record_document
from domain.availability import CellDetails
from domain.booking import BookingDetails
from domain.canonical_format import (
    AVAILABILITY,
    BOOKING,
    GUEST,
    FieldSpec,
    ListType,
    RecordShape,
    RecordType,
    Scalar,
)
from domain.guest import GuestDetails
from domain.snapshots import GuestSnapshot
from domain.values import ABSENT, Field
from tests.architecture.canonical_blocks import field_rows, graphql_type

SNAPSHOTS = [BOOKING, GUEST, AVAILABILITY]
DETAILS = {BOOKING: BookingDetails, GUEST: GuestDetails, AVAILABILITY: CellDetails}
IDENTITY = {"external_id", "version", "deleted", "room_type_id", "day"}
"""Attributes of the stored entity itself; a deletion becomes `deleted_at_source`."""
NOT_IN_THE_FORMAT = {"version_is_ours", "counted_rooms", "rooms_are_all"}
"""`source_version.observed` has the first; the sums of the others are written."""


def every_shape() -> Iterator[RecordShape]:
    waiting = [*SNAPSHOTS]
    while waiting:
        shape = waiting.pop()
        yield shape
        types = (spec.type for spec in shape.fields)
        waiting += [t.shape for t in types if isinstance(t, RecordType | ListType)]


SHAPES = {shape.name: shape for shape in every_shape() if shape.name != "Money"}
"""Money is built from amount and currency, not from its attributes."""


def names(described: type) -> set[str]:
    return {field.name for field in fields(described)}


class TestDescription:
    @pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
    def test_has_every_attribute_of_the_class_once(self, shape: RecordShape) -> None:
        attributes = [spec.attribute for spec in shape.fields]
        assert sorted(attributes) == sorted(names(shape.model) - NOT_IN_THE_FORMAT)

    @pytest.mark.parametrize("shape", SNAPSHOTS, ids=lambda shape: shape.name)
    def test_has_a_stored_field_for_every_field(self, shape: RecordShape) -> None:
        described = {spec.attribute for spec in shape.fields} - IDENTITY
        assert described - names(DETAILS[shape]) == set()

    @pytest.mark.parametrize("shape", SNAPSHOTS, ids=lambda shape: shape.name)
    def test_reads_extras_last(self, shape: RecordShape) -> None:
        types = [spec.type for spec in shape.fields]
        assert Scalar.EXTRAS not in types[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestWithPet(GuestSnapshot):
    pet_name: Field[str | None] = ABSENT


EXTENDED = RecordShape(
    "Guest",
    GuestWithPet,
    (*GUEST.fields[:-1], FieldSpec("pet_name", Scalar.TEXT, "The pet's name"), GUEST.fields[-1]),
    is_snapshot=True,
)
DOCUMENT: dict[str, Any] = {
    "external_id": "G-1",
    "source_version": {"updated_at": "2026-03-01T12:00:00Z", "sequence": 0},
    "pet_name": "Rex",
}


class TestFieldAddedToTheDescription:
    def test_is_read(self) -> None:
        assert read_record(Reader(DOCUMENT), EXTENDED, {}).pet_name == "Rex"

    def test_is_written(self) -> None:
        snapshot = read_record(Reader(DOCUMENT), EXTENDED, {})
        assert record_document(snapshot, EXTENDED) == DOCUMENT

    def test_is_in_the_rest_schema(self) -> None:
        described = schema_of(EXTENDED)().fields["pet_name"]
        assert (described.allow_none, described.metadata["description"]) == (True, "The pet's name")

    def test_is_in_the_graphql_type(self) -> None:
        assert '"The pet\'s name."\n  petName: String\n' in graphql_type(EXTENDED)

    def test_is_in_the_table(self) -> None:
        assert ("`pet_name`", "text", "", "The pet's name", "") in field_rows(EXTENDED)

    def test_needs_an_attribute_of_the_snapshot(self) -> None:
        without = replace(EXTENDED, model=GuestSnapshot)
        with pytest.raises(TypeError, match="pet_name"):
            read_record(Reader(DOCUMENT), without, {})
