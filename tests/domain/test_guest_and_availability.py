from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.availability import AvailabilityCell
from domain.errors import InvalidField
from domain.guest import Guest
from domain.precedence import (
    Advanced,
    Applied,
    Change,
    Observation,
    Origin,
    Stale,
    Tied,
    Unchanged,
)
from domain.snapshots import AvailabilitySnapshot, GuestSnapshot
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
}
NULLABLE = sorted(PERSON.keys() - {"extras"})
DAY = date(2026, 6, 10)


def seen(origin: Origin = Origin.PUSHED, minutes: int = 60) -> Observation:
    return Observation(origin, T0 + minutes * STEP, CONNECTION, "r")


def person(minutes: int = 0, *, deleted: bool = False, **said: Any) -> GuestSnapshot:
    version = SourceVersion(T0 + minutes * STEP)
    return GuestSnapshot(external_id="G1", version=version, deleted=deleted, **said)


def counts(minutes: int = 0, *, ours: bool = False, **said: Any) -> AvailabilitySnapshot:
    version = SourceVersion(T0 + minutes * STEP)
    return AvailabilitySnapshot(
        room_type_id="DBL", day=DAY, version=version, version_is_ours=ours, **said
    )


def guest(**said: Any) -> Guest:
    return Guest.first_seen(
        person(**said),
        seen(minutes=0),
        hotel_id=HOTEL,
        provider="p",
        guest_id=builders.new_id(),
        now=T0,
    ).entity


def cell(**said: Any) -> AvailabilityCell:
    return AvailabilityCell.first_seen(
        counts(**said), seen(minutes=0), hotel_id=HOTEL, provider="p", now=T0
    ).entity


def hear(thing: Any, said: Any, origin: Origin = Origin.PUSHED) -> Any:
    return thing.hear(said, seen(origin), now=T0 + 90 * STEP)


class TestAGuest:
    def test_holds_everything_that_was_said(self) -> None:
        held = guest(**PERSON)
        assert {name: getattr(held.details, name) for name in PERSON} == PERSON
        assert PERSON.keys() == {f.name for f in fields(GuestSnapshot)} - {
            "external_id",
            "version",
            "deleted",
        }

    @pytest.mark.parametrize("name", NULLABLE)
    def test_loses_only_the_field_that_is_null(self, name: str) -> None:
        held = guest(**PERSON)
        null: dict[str, Any] = {name: None}
        decision = hear(held, person(1, **null))
        assert decision.entity.details == replace(held.details, **null)
        assert (decision.changed_fields, decision.change) == ((name,), Change.UPDATED)

    def test_keeps_what_is_absent(self) -> None:
        held = guest(**PERSON)
        decision = hear(held, person(1))
        assert isinstance(decision, Advanced)
        assert decision.entity.details == held.details

    def test_is_deleted_once_and_comes_back(self) -> None:
        gone = hear(guest(**PERSON), person(1, deleted=True)).entity
        assert gone.details.deleted_at_source == T0 + 90 * STEP
        assert hear(gone, person(1, deleted=True)) == Unchanged()
        assert hear(gone, person(2)).entity.details.deleted_at_source is None

    def test_follows_the_precedence_of_all_words(self) -> None:
        held = guest(last_name="Ours")
        assert hear(held, person(-1, last_name="Old")) == Stale()
        assert hear(held, person(0, last_name="Tie")) == Tied()
        assert hear(held, person(0, last_name="Ours")) == Unchanged()
        pulled = hear(held, person(0, last_name="Asked"), Origin.PULLED)
        assert (pulled.entity.details.last_name, pulled.change) == ("Asked", Change.UPDATED)
        truth = hear(held, person(-5, last_name="Truth"), Origin.RECONCILED)
        assert (truth.entity.details.last_name, truth.change) == ("Truth", Change.CORRECTED)
        assert (held.revision, truth.entity.revision) == (1, 2)


class TestAnAvailabilityCell:
    def test_holds_everything_that_was_said(self) -> None:
        held = cell(**COUNTS)
        assert {name: getattr(held.details, name) for name in COUNTS} == COUNTS

    @pytest.mark.parametrize("name", sorted(COUNTS))
    def test_loses_only_the_field_that_is_null(self, name: str) -> None:
        held = cell(**COUNTS)
        null: dict[str, Any] = {name: None}
        decision = hear(held, counts(1, **null))
        assert isinstance(decision, Applied)
        assert decision.entity.details == replace(held.details, **null)
        assert decision.changed_fields == (name,)

    def test_keeps_what_is_absent_and_zero_is_a_number(self) -> None:
        held = cell(**COUNTS)
        assert isinstance(hear(held, counts(1)), Advanced)
        assert hear(held, counts(1, total=0)).entity.details == replace(held.details, total=0)

    def test_is_not_written_for_a_version_of_our_own_making(self) -> None:
        held = cell(total=5)
        assert hear(held, counts(1, ours=True, total=5)) == Unchanged()
        assert isinstance(hear(held, counts(1, total=5)), Advanced)
        assert hear(held, counts(1, ours=True, total=4)).entity.details.total == 4

    def test_follows_the_precedence_of_all_words(self) -> None:
        held = cell(total=5)
        assert hear(held, counts(-1, total=4)) == Stale()
        assert hear(held, counts(0, total=4)) == Tied()
        assert hear(held, counts(0, total=4), Origin.PULLED).entity.details.total == 4
        assert hear(held, counts(-9, total=4), Origin.RECONCILED).entity.details.total == 4

    def test_may_be_overbooked_but_not_absurd(self) -> None:
        assert cell(available=-3).details.available == -3
        for absurd in (100_001, -100_001):
            with pytest.raises(InvalidField) as refused:
                counts(available=absurd)
            assert refused.value.path == "available"

    def test_is_named_by_room_type_and_day(self) -> None:
        assert counts().external_id == "DBL/2026-06-10"
        assert cell(lowest_rate=Money(1, "EUR")).details.lowest_rate == Money(1, "EUR")
