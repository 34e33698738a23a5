"""Rooms follow the booking's status and stay, and never contradict them."""

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.booking import Booking, BookingDetails
from domain.merge import Applied, Decision, SnapshotRefused
from domain.precedence import Channel
from domain.room_stays import ROOM_STATUSES, RoomHeader, find_contradiction
from domain.snapshots import RoomStay
from domain.status import (
    CONTRADICTED_FIELDS,
    TRANSITIONS,
    BookingStatus,
    TransitionKind,
    derive_header_status,
)
from domain.values import Money, NightlyPrice, Stay
from tests.domain.test_booking import T0, applied, create, receipt_by, snapshot

PENDING, CONFIRMED, CHECKED_IN, CHECKED_OUT, CANCELED, NO_SHOW = BookingStatus
INSTANTS: dict[str, Any] = {
    "checked_in_at": T0,
    "checked_out_at": T0,
    "canceled_at": T0,
    "cancel_reason": "ill",
}


def june(first: int, last: int) -> Stay:
    return Stay(date(2026, 6, first), date(2026, 6, last))


def prices(*nights: int) -> tuple[NightlyPrice, ...]:
    return tuple(NightlyPrice(date(2026, 6, night), Money(100, "EUR")) for night in nights)


def booking(**content: Any) -> Booking:
    return create(snapshot(**({"status": CONFIRMED, "stay": june(1, 4)} | content))).entity


def decide(held: Booking, minutes: int = 1, **content: Any) -> Decision[Booking]:
    return held.merge(snapshot(minutes, **content), receipt_by(), now=T0)


def changed(held: Booking, minutes: int = 1, **content: Any) -> Booking:
    return applied(decide(held, minutes, **content)).entity


def statuses(held: Booking) -> list[BookingStatus | None]:
    return [room.status for room in held.details.rooms]


def stays(held: Booking) -> list[Stay | None]:
    return [room.stay for room in held.details.rooms]


class TestStatusOfRooms:
    def test_is_the_bookings_if_left_out(self) -> None:
        held = booking(rooms=(RoomStay(room_type_id="DBL"), RoomStay(status=PENDING)))
        assert statuses(held) == [CONFIRMED, PENDING]
        assert stays(held) == [june(1, 4), june(1, 4)]

    @pytest.mark.parametrize("content", [{}, {"rooms": (RoomStay(), RoomStay(status=CONFIRMED))}])
    @pytest.mark.parametrize("target", [CHECKED_IN, CHECKED_OUT, CANCELED, NO_SHOW, PENDING])
    def test_follows_the_booking(self, content: dict[str, Any], target: BookingStatus) -> None:
        assert set(statuses(changed(booking(**content), status=target))) == {target}

    def test_follows_a_reinstatement(self) -> None:
        canceled = changed(booking(), status=CANCELED)
        assert statuses(changed(canceled, 2, status=CONFIRMED)) == [CONFIRMED]

    def test_of_its_own_stays_if_the_booking_allows_it(self) -> None:
        held = booking(rooms=(RoomStay(status=CANCELED), RoomStay()))
        assert statuses(changed(held, status=CHECKED_IN)) == [CANCELED, CHECKED_IN]
        assert statuses(changed(held, status=NO_SHOW)) == [CANCELED, NO_SHOW]

    def test_ends_with_the_booking(self) -> None:
        rooms = (RoomStay(status=CHECKED_OUT), RoomStay(status=CONFIRMED), RoomStay())
        held = booking(status=CHECKED_IN, rooms=rooms)
        assert set(statuses(changed(held, status=CHECKED_OUT))) == {CHECKED_OUT}
        assert set(statuses(changed(held, status=CANCELED))) == {CANCELED}

    def test_is_changed_by_a_vendor_that_contradicts_itself(self) -> None:
        assert statuses(booking(status=CANCELED, rooms=(RoomStay(status=CONFIRMED),))) == [CANCELED]
        assert statuses(booking(rooms=(RoomStay(status=CANCELED),))) == [CONFIRMED]
        mixed = (RoomStay(status=CANCELED), RoomStay(status=CONFIRMED))
        assert statuses(booking(status=CHECKED_IN, rooms=mixed)) == [CANCELED, CHECKED_IN]

    @given(st.lists(st.sampled_from(BookingStatus), min_size=1, max_size=4))
    def test_agrees_with_the_header_derived_from_it(self, given: list[BookingStatus]) -> None:
        header = derive_header_status(given)
        rooms = tuple(RoomStay(status=each) for each in given)
        assert statuses(booking(status=header, rooms=rooms)) == given
        assert find_contradiction(snapshot(0, rooms=rooms), RoomHeader(header, None)) is None


class TestStayOfRooms:
    def test_follows_the_booking(self) -> None:
        held = booking(rooms=(RoomStay(), RoomStay(stay=june(2, 3))))
        assert stays(changed(held, stay=june(1, 6))) == [june(1, 6), june(2, 3)]

    def test_is_shortened_to_the_bookings(self) -> None:
        held = booking(rooms=(RoomStay(), RoomStay(stay=june(2, 4))))
        assert stays(changed(held, stay=june(1, 3))) == [june(1, 3), june(2, 3)]

    def test_is_the_bookings_without_a_common_night(self) -> None:
        held = booking(rooms=(RoomStay(), RoomStay(stay=june(2, 4))))
        assert stays(changed(held, stay=june(4, 9))) == [june(4, 9), june(4, 9)]
        assert stays(changed(held, stay=june(3, 3))) == [june(3, 3), june(3, 3)]

    def test_loses_the_prices_of_other_nights(self) -> None:
        rooms = (RoomStay(nightly_prices=prices(1, 2, 3)),)
        (room,) = changed(booking(rooms=rooms), stay=june(2, 5)).details.rooms
        assert room.nightly_prices == prices(2, 3)


class TestRoomsOfAPartialPush:
    def test_follow_the_stored_header(self) -> None:
        held = changed(booking(), rooms=(RoomStay(room_type_id="SGL"),))
        assert (statuses(held), stays(held)) == ([CONFIRMED], [june(1, 4)])

    @pytest.mark.parametrize(
        ("room", "path"),
        [
            (RoomStay(status=CHECKED_IN), "rooms[0].status"),
            (RoomStay(status=CANCELED), "rooms"),
            (RoomStay(stay=june(3, 5)), "rooms[0].stay"),
            (RoomStay(nightly_prices=prices(4)), "rooms[0].nightly_prices[0].night"),
        ],
    )
    def test_are_refused_if_they_contradict_it(self, room: RoomStay, path: str) -> None:
        decision = decide(booking(), rooms=(room,))
        assert isinstance(decision, SnapshotRefused)
        assert (decision.reason.code, decision.reason.path) == ("contradiction", path)


CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(BookingStatus),
        "stay": st.tuples(st.integers(1, 5), st.integers(0, 3)).map(lambda t: june(t[0], sum(t))),
        "rooms": st.lists(
            st.builds(
                RoomStay,
                status=st.none() | st.sampled_from(BookingStatus),
                stay=st.none()
                | st.tuples(st.integers(1, 5), st.integers(0, 3)).map(lambda t: june(t[0], sum(t))),
            ),
            min_size=1,
            max_size=3,
        ).map(tuple),
        **{name: st.just(value) for name, value in INSTANTS.items()},
    },
)


class TestAnySequence:
    @given(st.lists(st.tuples(CONTENT, st.sampled_from(Channel)), max_size=8))
    def test_never_contradicts_its_header(self, sent: list[tuple[dict[str, Any], Channel]]) -> None:
        held = booking()
        for minute, (content, channel) in enumerate(sent, start=1):
            decision = held.merge(snapshot(minute, **content), receipt_by(channel), now=T0)
            if isinstance(decision, Applied):
                held = decision.entity
            assert_agrees(held.details)


def assert_agrees(details: BookingDetails) -> None:
    header = RoomHeader(details.status, details.stay)
    assert find_contradiction(snapshot(0, rooms=details.rooms), header) is None
    assert all(room.status and room.stay for room in details.rooms)
    assert details.status is not CANCELED or not details.holds_inventory
    assert not any(getattr(details, name) for name in CONTRADICTED_FIELDS[details.status])


class TestFieldsContradictedByTheStatus:
    """One table for every transition, whatever was stored before."""

    @pytest.mark.parametrize(("source", "target"), list(product(BookingStatus, BookingStatus)))
    def test_are_cleared(self, source: BookingStatus, target: BookingStatus) -> None:
        if TRANSITIONS.get((source, target)) is TransitionKind.REFUSED:
            return
        held = booking(status=source, **INSTANTS)
        details = changed(held, status=target, notes="new").details
        kept = {name for name in INSTANTS if getattr(details, name) is not None}
        cleared = {*CONTRADICTED_FIELDS[source], *CONTRADICTED_FIELDS[target]}
        assert kept == INSTANTS.keys() - cleared

    @pytest.mark.parametrize("status", BookingStatus)
    def test_are_cleared_if_sent_together_with_it(self, status: BookingStatus) -> None:
        expected = {
            PENDING: set(),
            CONFIRMED: set(),
            CHECKED_IN: {"checked_in_at"},
            CHECKED_OUT: {"checked_in_at", "checked_out_at"},
            CANCELED: {"canceled_at", "cancel_reason"},
            NO_SHOW: {"canceled_at", "cancel_reason"},
        }
        for details in (
            booking(status=status, **INSTANTS).details,
            changed(booking(status=status), **INSTANTS, notes="new").details,
        ):
            kept = {name for name in INSTANTS if getattr(details, name) is not None}
            assert kept == expected[status]


def test_every_status_is_allowed_for_rooms_of_its_own_booking() -> None:
    assert all(status in allowed for status, allowed in ROOM_STATUSES.items())
