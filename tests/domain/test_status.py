from itertools import permutations

import pytest

from domain.status import (
    CONTRADICTED_FIELDS,
    TRANSITIONS,
    BookingStatus,
    TransitionKind,
    derive_header_status,
    holds_inventory_by_default,
    may_hold_inventory,
)

# Written by hand from how hotels work, not derived from the code. Rows: from; columns: to.
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


class TestTransitions:
    @pytest.mark.parametrize(("source", "target", "mark"), cells())
    def test_match_the_hand_written_matrix(
        self, source: BookingStatus, target: BookingStatus, mark: str
    ) -> None:
        assert TRANSITIONS.get((source, target)) is KINDS.get(mark)

    def test_are_complete(self) -> None:
        assert len(cells()) == len(BookingStatus) ** 2
        assert len(TRANSITIONS) == len(BookingStatus) * (len(BookingStatus) - 1)

    def test_have_the_kinds_that_stored_histories_hold(self) -> None:
        assert list(map(str, TransitionKind)) == ["created", "forward", "correction", "refused"]


P, C, I, O, X, N = BookingStatus  # noqa: E741  as in the matrix


class TestInventory:
    @pytest.mark.parametrize(
        ("status", "held"), [(P, False), (C, True), (I, True), (O, False), (X, False), (N, False)]
    )
    def test_is_held_by_expected_and_present(self, status: BookingStatus, *, held: bool) -> None:
        assert holds_inventory_by_default(status) is held

    @pytest.mark.parametrize("status", BookingStatus)
    def test_is_never_held_by_a_canceled_booking_only(self, status: BookingStatus) -> None:
        assert may_hold_inventory(status) is (status is not X)


# Written by hand: what a booking of each status can't have. x: always empty.
CONTRADICTIONS = """
             checked_in_at checked_out_at canceled_at cancel_reason
PENDING            x              x            x            x
CONFIRMED          x              x            x            x
CHECKED_IN         .              x            x            x
CHECKED_OUT        .              .            x            x
CANCELED           x              x            .            .
NO_SHOW            x              x            .            .
"""


class TestContradictedFields:
    def test_match_the_hand_written_table(self) -> None:
        columns, *rows = [line.split() for line in CONTRADICTIONS.strip().splitlines()]
        assert {status: set(names) for status, names in CONTRADICTED_FIELDS.items()} == {
            BookingStatus(status): {
                n for n, mark in zip(columns, marks, strict=True) if mark == "x"
            }
            for status, *marks in rows
        }


# Every set of room statuses without CHECKED_IN, by the header that the documents promise.
HEADERS = {
    I: ["CO", "COP", "COX", "CON", "COPX", "COPN", "COXN", "COPXN"],
    C: ["C", "CP", "CX", "CN", "CPX", "CPN", "CXN", "CPXN"],
    P: ["P", "PO", "PX", "PN", "POX", "PON", "PXN", "POXN"],
    O: ["O", "OX", "ON", "OXN"],
    N: ["N", "XN"],
    X: ["X"],
}
STATUS_BY_CODE = dict(zip("PCIOXN", BookingStatus, strict=True))
ROOMS = [(rooms, header) for header, sets in HEADERS.items() for rooms in sets]


class TestHeaderStatus:
    @pytest.mark.parametrize(("rooms", "header"), ROOMS)
    def test_is_that_of_the_documented_table(self, rooms: str, header: BookingStatus) -> None:
        statuses = [STATUS_BY_CODE[code] for code in rooms]
        for order in permutations(statuses):
            assert derive_header_status(order) is header
        assert derive_header_status(statuses * 2) is header

    @pytest.mark.parametrize(("rooms", "header"), ROOMS)
    def test_is_checked_in_if_any_room_is(self, rooms: str, header: BookingStatus) -> None:
        statuses = [STATUS_BY_CODE[code] for code in rooms]
        assert derive_header_status([*statuses, I]) is I

    def test_table_has_every_set_of_statuses(self) -> None:
        assert len({frozenset(rooms) for rooms, _ in ROOMS}) == 2**5 - 1

    def test_is_unknown_without_rooms(self) -> None:
        assert derive_header_status([]) is None
