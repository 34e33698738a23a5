from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.booking import Booking, BookingDetails
from domain.errors import InvalidField
from domain.merge import (
    Advanced,
    Applied,
    Change,
    Decision,
    SnapshotRefused,
    Stale,
    Unchanged,
    VersionConflict,
)
from domain.precedence import Channel, Receipt
from domain.snapshots import BookingSnapshot, BookingSource, Party, RoomStay
from domain.status import CONTRADICTED_FIELDS, BookingStatus, TransitionKind
from domain.values import ABSENT, Money, SourceVersion, Stay
from tests import builders
from tests.domain.test_status import KINDS, cells

T0 = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(minutes=1)
JUNE = Stay(date(2026, 6, 10), date(2026, 6, 12))
HOTEL, CONNECTION, OTHER_CONNECTION = (builders.new_id() for _ in range(3))
CONFIRMED, CANCELED = BookingStatus.CONFIRMED, BookingStatus.CANCELED
CHECKED_IN, CHECKED_OUT = BookingStatus.CHECKED_IN, BookingStatus.CHECKED_OUT
BARE = ("external_id", "version", "deleted")

FULL: dict[str, Any] = {
    "status": CONFIRMED,
    "holds_inventory": True,
    "confirmation_number": "C1",
    "group_id": "GR1",
    "share_id": "SH1",
    "source": BookingSource.OTA,
    "stay": JUNE,
    "rooms": (replace(builders.full_room(), status=CONFIRMED),),
    "primary_guest": builders.full_party(),
    "further_guests": (Party(last_name="Second"),),
    "total": Money(100, "EUR"),
    "paid": Money(40, "EUR"),
    "balance": Money(60, "EUR"),
    "special_requests": "cot",
    "notes": "vip",
    "checked_in_at": T0,
    "checked_out_at": T0,
    "canceled_at": T0,
    "cancel_reason": "ill",
    "extras": (("a", "1"),),
}
OTHER: dict[str, Any] = {
    "status": BookingStatus.CHECKED_IN,
    "holds_inventory": False,
    "confirmation_number": "C2",
    "group_id": "GR2",
    "share_id": "SH2",
    "source": BookingSource.DIRECT,
    "stay": Stay(JUNE.arrival, JUNE.arrival),
    "rooms": tuple(replace(builders.full_room(n), status=CONFIRMED) for n in (1, 2)),
    "primary_guest": Party(last_name="New"),
    "further_guests": (),
    "total": Money(101, "EUR"),
    "paid": Money(0, "EUR"),
    "balance": Money(100, "JPY"),
    "special_requests": "two cots",
    "notes": "",
    "checked_in_at": T0 + STEP,
    "checked_out_at": T0 + STEP,
    "canceled_at": T0 + STEP,
    "cancel_reason": "well",
    "extras": (),
}
NULLABLE = sorted(
    name
    for name in FULL
    if name
    not in ("status", "holds_inventory", "source", "stay", "rooms", "further_guests", "extras")
)

STATUS_OF_FIELD = {
    "checked_in_at": CHECKED_OUT,
    "checked_out_at": CHECKED_OUT,
    "canceled_at": CANCELED,
    "cancel_reason": CANCELED,
}
"""A status that does not contradict the field."""


def full(status: BookingStatus) -> dict[str, Any]:
    """FULL in another status, with the fields that this status contradicts."""
    return FULL | {"status": status, "rooms": (replace(FULL["rooms"][0], status=status),)}


def full_for(name: str) -> dict[str, Any]:
    return full(STATUS_OF_FIELD.get(name, CONFIRMED))


def snapshot(minutes: float = 0, *, sequence: int = 0, **content: Any) -> BookingSnapshot:
    version = SourceVersion(T0 + minutes * STEP, sequence)
    return BookingSnapshot(external_id="B1", version=version, **content)


def receipt_by(
    channel: Channel = Channel.PUSHED, minutes: float = 0, connection: Any = CONNECTION
) -> Receipt:
    return Receipt(channel, T0 + minutes * STEP, connection, "ref")


def create(snap: BookingSnapshot, receipt: Receipt | None = None) -> Applied[Booking]:
    decision = Booking.create_from(
        snap,
        receipt or receipt_by(),
        hotel_id=HOTEL,
        provider="scripted",
        booking_id=builders.new_id(),
        now=T0,
    )
    assert isinstance(decision, Applied)
    return decision


def held(**content: Any) -> Booking:
    defaults: dict[str, Any] = {"status": CONFIRMED, "stay": JUNE}
    return create(snapshot(**(defaults | content))).entity


def applied(decision: Decision[Booking]) -> Applied[Booking]:
    assert isinstance(decision, Applied), decision
    return decision


def merge(booking: Booking, snap: BookingSnapshot, channel: Channel = Channel.PUSHED) -> Any:
    return booking.merge(snap, receipt_by(channel, 60), now=T0 + 90 * STEP)


class TestSampleData:
    def test_has_two_values_of_every_field(self) -> None:
        every = {f.name for f in fields(BookingSnapshot)} - set(BARE)
        assert FULL.keys() == OTHER.keys() == every
        assert all(FULL[name] != OTHER[name] for name in every)


class TestBookingCreation:
    @pytest.mark.parametrize("status", [CONFIRMED, CHECKED_OUT, CANCELED])
    def test_stores_every_field_that_the_status_allows(self, status: BookingStatus) -> None:
        made = create(snapshot(3, sequence=4, **full(status)))
        booking = made.entity
        expected = full(status) | dict.fromkeys(CONTRADICTED_FIELDS[status])
        expected["holds_inventory"] = status is not CANCELED
        assert {name: getattr(booking.details, name) for name in FULL} == expected
        assert booking.version == SourceVersion(T0 + 3 * STEP, 4)
        assert (booking.revision, booking.connection_id, booking.synced_at) == (1, CONNECTION, T0)
        assert (made.change, set(made.changed_fields)) == (Change.CREATED, set(FULL))
        assert made.transition is not None
        assert (made.transition.source, made.transition.target, made.transition.kind) == (
            None,
            status,
            TransitionKind.CREATED,
        )

    @pytest.mark.parametrize("status", BookingStatus)
    def test_may_be_in_any_status_with_its_usual_inventory(self, status: BookingStatus) -> None:
        details = create(snapshot(status=status, stay=JUNE)).entity.details
        assert details.rooms == (RoomStay(stay=JUNE, status=status),)
        expected = status in (CONFIRMED, BookingStatus.CHECKED_IN)
        assert details.holds_inventory is expected
        silent = BookingDetails(
            status=status, stay=JUNE, rooms=details.rooms, holds_inventory=expected
        )
        assert details == silent

    @pytest.mark.parametrize("missing", ["status", "stay"])
    def test_needs_status_and_stay(self, missing: str) -> None:
        content: dict[str, Any] = {"status": CONFIRMED, "stay": JUNE} | {missing: ABSENT}
        refused = Booking.create_from(
            snapshot(**content),
            receipt_by(),
            hotel_id=HOTEL,
            provider="p",
            booking_id=builders.new_id(),
            now=T0,
        )
        assert isinstance(refused, SnapshotRefused)
        assert (refused.reason.code, refused.reason.path) == ("missing_field", missing)

    def test_may_be_deleted_already(self) -> None:
        details = create(snapshot(status=CONFIRMED, stay=JUNE, deleted=True)).entity.details
        assert (details.deleted_at_source, details.holds_inventory) == (T0, False)


class TestAbsentAndNull:
    def test_absent_leaves_every_field(self) -> None:
        booking = held(**FULL)
        decision = merge(booking, snapshot(1))
        assert isinstance(decision, Advanced)
        assert decision.entity.details == booking.details
        assert decision.entity.version == SourceVersion(T0 + STEP)

    @pytest.mark.parametrize("name", NULLABLE)
    def test_null_clears_the_field_alone(self, name: str) -> None:
        booking = held(**full_for(name))
        null: dict[str, Any] = {name: None}
        decision = applied(merge(booking, snapshot(1, **null)))
        assert decision.entity.details == replace(booking.details, **null)
        assert (decision.changed_fields, decision.change) == ((name,), Change.UPDATED)

    @pytest.mark.parametrize("name", sorted(FULL))
    def test_a_value_replaces_the_field_alone(self, name: str) -> None:
        booking = held(**full_for(name))
        decision = applied(merge(booking, snapshot(1, **{name: OTHER[name]})))
        expected: dict[str, Any] = {name: OTHER[name]}
        if name in ("status", "stay"):
            (room,) = booking.details.rooms
            prices = tuple(p for p in room.nightly_prices if p.night <= OTHER["stay"].arrival)
            kept = {"nightly_prices": prices} if name == "stay" else {}
            expected["rooms"] = (replace(room, **expected, **kept),)
        assert decision.entity.details == replace(booking.details, **expected)
        assert set(decision.changed_fields) == set(expected)
        assert decision.entity.revision == 2

    @pytest.mark.parametrize("name", sorted(FULL))
    def test_the_same_value_again_changes_nothing(self, name: str) -> None:
        same = full_for(name)
        booking = held(**same)
        assert merge(booking, snapshot(0, **{name: same[name]})) == Unchanged()
        assert isinstance(merge(booking, snapshot(1, **{name: same[name]})), Advanced)


class TestStatusChanges:
    @pytest.mark.parametrize(("source", "target", "mark"), cells())
    @pytest.mark.parametrize("channel", [Channel.PUSHED, Channel.PULLED])
    def test_follow_the_hand_written_matrix(
        self, source: BookingStatus, target: BookingStatus, mark: str, channel: Channel
    ) -> None:
        booking = held(status=source)
        decision = merge(booking, snapshot(1, status=target), channel)
        if mark == "x":
            assert isinstance(decision, SnapshotRefused)
            assert (decision.reason.code, decision.reason.path) == ("illegal_transition", "status")
        elif mark == ".":
            assert isinstance(decision, Advanced)
        else:
            assert decision.entity.details.status is target
            transition = decision.transition
            assert (transition.source, transition.target) == (source, target)
            assert transition.kind is KINDS[mark]
            expected = Change.CORRECTED if mark == "c" else Change.STATUS_CHANGED
            assert (decision.change, decision.reason) == (expected, None)

    @pytest.mark.parametrize(("source", "target", "mark"), cells())
    def test_are_all_applied_by_a_reconcile(
        self, source: BookingStatus, target: BookingStatus, mark: str
    ) -> None:
        decision = merge(held(status=source), snapshot(1, status=target), Channel.RECONCILED)
        if mark == ".":
            assert isinstance(decision, Advanced)
            return
        assert decision.entity.details.status is target
        forward = mark == "f"
        kind = TransitionKind.FORWARD if forward else TransitionKind.CORRECTION
        assert decision.transition.kind is kind
        assert decision.change is (Change.STATUS_CHANGED if forward else Change.CORRECTED)
        assert (decision.reason is None) == forward

    def test_set_the_inventory_if_the_provider_does_not(self) -> None:
        booking = held(status=CONFIRMED)
        canceled = applied(merge(booking, snapshot(1, status=CANCELED))).entity
        assert (booking.details.holds_inventory, canceled.details.holds_inventory) == (True, False)
        back = applied(merge(canceled, snapshot(2, status=CONFIRMED))).entity
        assert back.details.holds_inventory

    def test_leave_the_inventory_to_a_provider_that_sends_it(self) -> None:
        for status in (BookingStatus.PENDING, BookingStatus.CHECKED_OUT, BookingStatus.NO_SHOW):
            snap = snapshot(1, status=status, holds_inventory=True)
            assert applied(merge(held(), snap)).entity.details.holds_inventory

    @pytest.mark.parametrize("channel", [Channel.PULLED, Channel.RECONCILED])
    def test_canceled_hold_none_whatever_a_vendor_sends(self, channel: Channel) -> None:
        snap = snapshot(1, status=CANCELED, stay=JUNE, holds_inventory=True)
        assert not create(snap).entity.details.holds_inventory
        assert not applied(merge(held(), snap, channel)).entity.details.holds_inventory

    @pytest.mark.parametrize("status", [ABSENT, CANCELED])
    def test_canceled_refuse_a_push_of_inventory(self, status: Any) -> None:
        canceled = held(status=CANCELED)
        decision = merge(canceled, snapshot(1, status=status, holds_inventory=True))
        assert isinstance(decision, SnapshotRefused)
        assert (decision.reason.code, decision.reason.path) == ("contradiction", "holds_inventory")

    def test_absent_leave_the_providers_inventory(self) -> None:
        booking = held(status=CONFIRMED, holds_inventory=False)
        changed = applied(merge(booking, snapshot(1, notes="x"))).entity
        assert not changed.details.holds_inventory


class TestVersionPrecedence:
    def test_older_data_is_stale(self) -> None:
        booking = held(**FULL)
        for channel in (Channel.PUSHED, Channel.PULLED):
            assert merge(booking, snapshot(-1, **OTHER), channel) == Stale()
            assert merge(booking, snapshot(-1, **FULL), channel) == Stale()

    def test_two_pushes_of_one_version_conflict(self) -> None:
        assert merge(held(), snapshot(0, notes="other")) == VersionConflict()

    def test_a_pull_wins_over_a_push_of_the_same_version(self) -> None:
        decision = applied(merge(held(), snapshot(0, notes="other"), Channel.PULLED))
        assert decision.entity.details.notes == "other"
        assert decision.entity.provenance.channel is Channel.PULLED

    def test_a_reconcile_wins_though_the_providers_clock_went_back(self) -> None:
        booking = held(notes="ours")
        decision = applied(merge(booking, snapshot(-60, notes="theirs"), Channel.RECONCILED))
        assert decision.entity.details.notes == "theirs"
        assert decision.entity.version == SourceVersion(T0 - 60 * STEP)
        assert decision.change is Change.CORRECTED
        assert decision.reason

    def test_a_reconcile_loses_to_data_received_after_its_request(self) -> None:
        booking = create(snapshot(status=CONFIRMED, stay=JUNE), receipt_by(minutes=70)).entity
        assert merge(booking, snapshot(-60, notes="old"), Channel.RECONCILED) == Stale()

    def test_the_connection_of_the_content_is_stored(self) -> None:
        receipt = receipt_by(connection=OTHER_CONNECTION)
        decision = applied(held().merge(snapshot(1, notes="x"), receipt, now=T0))
        assert decision.entity.connection_id == OTHER_CONNECTION


class TestDeletionAtTheSource:
    def test_clears_the_inventory_and_keeps_the_rest(self) -> None:
        booking = held(**FULL)
        decision = applied(
            booking.mark_deleted_at_source(receipt_by(Channel.RECONCILED, 5), now=T0 + 9 * STEP)
        )
        deleted = replace(booking.details, deleted_at_source=T0 + 9 * STEP, holds_inventory=False)
        assert decision.entity.details == deleted
        assert decision.change is Change.UPDATED
        assert set(decision.changed_fields) == {"holds_inventory", "deleted_at_source"}
        assert (decision.entity.version, decision.entity.revision) == (booking.version, 2)
        again = decision.entity.mark_deleted_at_source(receipt_by(Channel.RECONCILED, 10), now=T0)
        assert again == Unchanged()

    def test_is_stale_if_data_was_received_after_the_request(self) -> None:
        booking = create(snapshot(status=CONFIRMED, stay=JUNE), receipt_by(minutes=6)).entity
        assert booking.mark_deleted_at_source(receipt_by(Channel.RECONCILED, 5), now=T0) == Stale()

    def test_by_a_push_is_applied_once(self) -> None:
        decision = applied(merge(held(**FULL), snapshot(1, deleted=True)))
        details = decision.entity.details
        assert (details.deleted_at_source, details.holds_inventory) == (T0 + 90 * STEP, False)
        again = decision.entity.merge(snapshot(1, deleted=True), receipt_by(minutes=99), now=T0)
        assert again == Unchanged()

    def test_ends_when_the_provider_returns_the_booking(self) -> None:
        deleted = applied(merge(held(), snapshot(1, deleted=True))).entity
        back = applied(merge(deleted, snapshot(2, notes="back"))).entity
        assert (back.details.deleted_at_source, back.details.holds_inventory) == (None, True)


class TestBookingSnapshot:
    @pytest.mark.parametrize("bad", ["", " B1", "B1 ", "B\n1", "x" * 201, "\u200b"])
    def test_rejects_unusable_ids(self, bad: str) -> None:
        with pytest.raises(InvalidField) as refused:
            BookingSnapshot(external_id=bad, version=SourceVersion(T0))
        assert (refused.value.code, refused.value.path) == ("bad_id", "external_id")

    @pytest.mark.parametrize("name", ["checked_in_at", "checked_out_at", "canceled_at"])
    def test_rejects_naive_instants(self, name: str) -> None:
        naive: dict[str, Any] = {name: datetime(2026, 3, 1)}  # noqa: DTZ001  this is the fault
        with pytest.raises(InvalidField) as refused:
            snapshot(**naive)
        assert refused.value.path == name

    def test_rejects_an_empty_list_of_rooms(self) -> None:
        with pytest.raises(InvalidField):
            snapshot(rooms=())

    @pytest.mark.parametrize("units", [0, -1, 1_000])
    def test_rejects_impossible_numbers_of_units(self, units: int) -> None:
        with pytest.raises(InvalidField):
            RoomStay(stay=JUNE, status=CONFIRMED, units=units)
