from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.availability import AvailabilityCell
from domain.errors import InvalidField
from domain.guest import Guest
from domain.merge import Advanced, Applied, Change, Stale, Unchanged, VersionConflict
from domain.precedence import Channel, Receipt
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot, GuestSnapshot, RoomCount
from domain.values import Money, SourceVersion
from tests import builders

T0 = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(minutes=1)
HOTEL, CONNECTION = builders.new_id(), builders.new_id()
OF = builders.connection(builders.hotel())
PERSON: dict[str, Any] = {
    f.name: getattr(builders.full_guest(OF).details, f.name)
    for f in fields(builders.full_guest(OF).details)
    if f.name != "deleted_at_source"
}
COUNTS: dict[str, Any] = {
    f.name: getattr(builders.full_cell(OF).details, f.name)
    for f in fields(builders.full_cell(OF).details)
    if f.name != "counted_rooms"
}
NULLABLE = sorted(PERSON.keys() - {"extras"})
DAY = date(2026, 6, 10)
ONE_DAY = timedelta(days=1)


def receipt_by(channel: Channel = Channel.PUSHED, minutes: int = 60) -> Receipt:
    return Receipt(channel, T0 + minutes * STEP, CONNECTION, "r")


def person(minutes: int = 0, *, deleted: bool = False, **content: Any) -> GuestSnapshot:
    version = SourceVersion(T0 + minutes * STEP)
    return GuestSnapshot(external_id="G1", version=version, deleted=deleted, **content)


def counts(minutes: int = 0, *, ours: bool = False, **content: Any) -> AvailabilitySnapshot:
    version = SourceVersion(T0 + minutes * STEP)
    return AvailabilitySnapshot(
        room_type_id="DBL", day=DAY, version=version, version_is_ours=ours, **content
    )


def guest(**content: Any) -> Guest:
    return Guest.create_from(
        person(**content),
        receipt_by(minutes=0),
        hotel_id=HOTEL,
        provider="p",
        guest_id=builders.new_id(),
        now=T0,
    ).entity


def cell(**content: Any) -> AvailabilityCell:
    created = AvailabilityCell.create_from(
        counts(**content), receipt_by(minutes=0), hotel_id=HOTEL, provider="p", now=T0
    )
    assert isinstance(created, Applied)
    return created.entity


def merge(entity: Any, snapshot: Any, channel: Channel = Channel.PUSHED) -> Any:
    return entity.merge(snapshot, receipt_by(channel), now=T0 + 90 * STEP)


class TestGuest:
    def test_stores_every_field(self) -> None:
        held = guest(**PERSON)
        assert {name: getattr(held.details, name) for name in PERSON} == PERSON
        assert PERSON.keys() == {f.name for f in fields(GuestSnapshot)} - {
            "external_id",
            "version",
            "deleted",
        }

    @pytest.mark.parametrize("name", NULLABLE)
    def test_null_clears_the_field_alone(self, name: str) -> None:
        held = guest(**PERSON)
        null: dict[str, Any] = {name: None}
        decision = merge(held, person(1, **null))
        assert decision.entity.details == replace(held.details, **null)
        assert (decision.changed_fields, decision.change) == ((name,), Change.UPDATED)

    def test_keeps_absent_fields(self) -> None:
        held = guest(**PERSON)
        decision = merge(held, person(1))
        assert isinstance(decision, Advanced)
        assert decision.entity.details == held.details

    def test_is_deleted_once_and_restored(self) -> None:
        gone = merge(guest(**PERSON), person(1, deleted=True)).entity
        assert gone.details.deleted_at_source == T0 + 90 * STEP
        assert merge(gone, person(1, deleted=True)) == Unchanged()
        assert merge(gone, person(2)).entity.details.deleted_at_source is None

    def test_follows_the_version_precedence(self) -> None:
        held = guest(last_name="Ours")
        assert merge(held, person(-1, last_name="Old")) == Stale()
        assert merge(held, person(0, last_name="Tie")) == VersionConflict()
        assert merge(held, person(0, last_name="Ours")) == Unchanged()
        pulled = merge(held, person(0, last_name="Asked"), Channel.PULLED)
        assert (pulled.entity.details.last_name, pulled.change) == ("Asked", Change.UPDATED)
        corrected = merge(held, person(-5, last_name="Theirs"), Channel.RECONCILED)
        assert (corrected.entity.details.last_name, corrected.change) == (
            "Theirs",
            Change.CORRECTED,
        )
        assert (held.revision, corrected.entity.revision) == (1, 2)


class TestAvailabilityCell:
    def test_stores_every_field(self) -> None:
        held = cell(**COUNTS)
        assert {name: getattr(held.details, name) for name in COUNTS} == COUNTS

    @pytest.mark.parametrize("name", sorted(COUNTS))
    def test_null_clears_the_field_alone(self, name: str) -> None:
        held = cell(**COUNTS)
        null: dict[str, Any] = {name: None}
        decision = merge(held, counts(1, **null))
        assert isinstance(decision, Applied)
        assert decision.entity.details == replace(held.details, **null)
        assert decision.changed_fields == (name,)

    def test_keeps_absent_fields_and_accepts_zero(self) -> None:
        held = cell(**COUNTS)
        assert isinstance(merge(held, counts(1, total=COUNTS["total"])), Advanced)
        assert merge(held, counts(1, total=0)).entity.details == replace(held.details, total=0)

    def test_is_not_written_for_a_new_version_of_ours(self) -> None:
        held = cell(total=5)
        assert merge(held, counts(1, ours=True, total=5)) == Unchanged()
        assert isinstance(merge(held, counts(1, total=5)), Advanced)
        assert merge(held, counts(1, ours=True, total=4)).entity.details.total == 4

    def test_follows_the_version_precedence(self) -> None:
        held = cell(total=5)
        assert merge(held, counts(-1, total=4)) == Stale()
        assert merge(held, counts(0, total=4)) == VersionConflict()
        assert merge(held, counts(0, total=4), Channel.PULLED).entity.details.total == 4
        assert merge(held, counts(-9, total=4), Channel.RECONCILED).entity.details.total == 4

    def test_accepts_overbooking_and_rejects_absurd_counts(self) -> None:
        assert cell(available=-3).details.available == -3
        for absurd in (100_001, -100_001):
            with pytest.raises(InvalidField) as refused:
                counts(available=absurd)
            assert refused.value.path == "available"

    def test_rejects_a_snapshot_without_counts_rates_and_restrictions(self) -> None:
        with pytest.raises(InvalidField) as refused:
            counts()
        assert (refused.value.code, refused.value.path) == ("missing_field", "available")

    def test_is_not_created_by_a_snapshot_that_clears_fields(self) -> None:
        created = AvailabilityCell.create_from(
            counts(available=None), receipt_by(), hotel_id=HOTEL, provider="p", now=T0
        )
        assert created == Unchanged()

    def test_is_identified_by_room_type_and_day(self) -> None:
        assert counts(total=1).external_id == "DBL/2026-06-10"
        assert cell(lowest_rate=Money(1, "EUR")).details.lowest_rate == Money(1, "EUR")


class TestCountedRooms:
    def test_are_added_up_with_the_stored_ones(self) -> None:
        held = cell(counted_rooms=(room("101", 1), room("102", 1)), available=2)
        merged = merge(held, counts(1, counted_rooms=(room("101", 0),), available=0)).entity
        assert (merged.details.available, merged.details.blocked) == (1, 0)
        assert merged.details.counted_rooms == (room("101", 0), room("102", 1))

    def test_replace_the_stored_ones_if_complete(self) -> None:
        held = cell(counted_rooms=(room("101", 1), room("102", 1)))
        merged = merge(held, counts(1, counted_rooms=(room("103", 1),), rooms_are_all=True)).entity
        assert merged.details.available == 1
        assert merged.details.counted_rooms == (room("103", 1),)

    def test_are_dropped_when_their_type_is_counted_as_a_total(self) -> None:
        held = cell(counted_rooms=(room("101", 1),))
        merged = merge(held, counts(1, available=5)).entity
        assert (merged.details.available, merged.details.counted_rooms) == (5, ())

    def test_stay_if_the_snapshot_has_no_counts(self) -> None:
        held = cell(counted_rooms=(room("101", 1),))
        assert merge(held, counts(1, closed=True)).entity.details.counted_rooms == (room("101", 1),)


class TestCompleteSet:
    def test_empties_the_cells_that_it_does_not_name(self) -> None:
        complete_set = complete(counts(available=3))
        held = [("DBL", DAY), ("DBL", DAY + ONE_DAY), ("SGL", DAY), ("SGL", DAY - ONE_DAY)]
        made = {(c.room_type_id, c.day): c.available for c in complete_set.completed(held).cells}
        assert made == {("DBL", DAY): 3, ("DBL", DAY + ONE_DAY): 0, ("SGL", DAY): 0}

    def test_closes_every_room_type_on_closed_days(self) -> None:
        complete_set = complete(counts(available=3), closed=[DAY + ONE_DAY, DAY - ONE_DAY])
        made = complete_set.completed([("SGL", DAY)]).cells
        assert {(c.room_type_id, c.day): c.closed for c in made[1:]} == {
            ("DBL", DAY + ONE_DAY): True,
            ("SGL", DAY): False,
            ("SGL", DAY + ONE_DAY): True,
        }

    def test_rejects_too_many_cells(self) -> None:
        complete_set = complete(counts(available=3), closed=[DAY + n * ONE_DAY for n in range(400)])
        with pytest.raises(InvalidField):
            complete_set.completed([(f"T{n}", DAY) for n in range(400)])

    def test_without_complete_from_adds_no_cells(self) -> None:
        complete_set = replace(complete(counts(available=3)), complete_from=None)
        assert complete_set.completed([("SGL", DAY)]) is complete_set


def room(name: str, available: int) -> RoomCount:
    return RoomCount(room_id=name, available=available)


def complete(*cells: AvailabilitySnapshot, closed: Sequence[date] = ()) -> AvailabilitySet:
    return AvailabilitySet(
        version=cells[0].version,
        cells=cells,
        complete_from=DAY,
        closed_days=frozenset(closed),
    )
