from itertools import combinations_with_replacement

import pytest

from domain.status import (
    TRANSITIONS,
    BookingStatus,
    TransitionKind,
    derive_header_status,
    holds_inventory_by_default,
)

# Written by hand from how hotels work, not from the code. Rows: from; columns: to.
# f forward, c correction, x refused, . the same state
MATRIX = """
             PENDING CONFIRMED CHECKED_IN CHECKED_OUT CANCELED NO_SHOW
PENDING         .        f         f           f          f       f
CONFIRMED       c        .         f           f          f       f
CHECKED_IN      x        c         .           f          c       c
CHECKED_OUT     x        c         c           .          c       c
CANCELED        c        c         c           c          .       c
NO_SHOW         x        c         c           c          c       .
"""
KINDS = {
    "f": TransitionKind.FORWARD,
    "c": TransitionKind.CORRECTION,
    "x": TransitionKind.REFUSED,
}


def cells() -> list[tuple[BookingStatus, BookingStatus, str]]:
    columns, *rows = [line.split() for line in MATRIX.strip().splitlines()]
    return [
        (BookingStatus(source), BookingStatus(target), mark)
        for source, *marks in rows
        for target, mark in zip(columns, marks, strict=True)
    ]


class TestTheTransitions:
    @pytest.mark.parametrize(("source", "target", "mark"), cells())
    def test_are_those_of_the_hand_written_matrix(
        self, source: BookingStatus, target: BookingStatus, mark: str
    ) -> None:
        assert TRANSITIONS.get((source, target)) is KINDS.get(mark)

    def test_are_complete(self) -> None:
        assert len(cells()) == len(BookingStatus) ** 2
        assert len(TRANSITIONS) == len(BookingStatus) * (len(BookingStatus) - 1)


P, C, I, O, X, N = BookingStatus  # noqa: E741  the hotel's own letters


class TestInventory:
    @pytest.mark.parametrize(
        ("status", "held"), [(P, False), (C, True), (I, True), (O, False), (X, False), (N, False)]
    )
    def test_is_held_by_who_comes_or_is_there(self, status: BookingStatus, *, held: bool) -> None:
        assert holds_inventory_by_default(status) is held


class TestTheHeaderStatus:
    @pytest.mark.parametrize(
        ("rooms", "header"),
        [
            ([], None),
            ([P, I, X], I),
            ([I, O], I),
            ([O, C], I),  # one room left, another still to come
            ([O, C, X, N], I),
            ([C, P], C),
            ([C, X], C),
            ([P, X], P),
            ([P, O], P),
            ([O, X], O),
            ([O, N], O),
            ([N, X], N),
            ([X, X], X),
        ],
    )
    def test_is_derived_from_the_rooms(
        self, rooms: list[BookingStatus], header: BookingStatus | None
    ) -> None:
        assert derive_header_status(rooms) is header
        assert derive_header_status(reversed(rooms)) is header

    @pytest.mark.parametrize("status", BookingStatus)
    def test_of_rooms_alike_is_theirs(self, status: BookingStatus) -> None:
        assert derive_header_status([status] * 3) is status

    def test_is_canceled_only_when_all_rooms_are(self) -> None:
        for rooms in combinations_with_replacement(BookingStatus, 3):
            header = derive_header_status(rooms)
            assert (header is X) == (set(rooms) == {X})
            assert header is I or header in rooms
