"""Queries: arguments are validated, and results never exceed the filter."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.connections.find_connections import FindConnections
from application.errors import (
    BadCursor,
    ConnectionNotFound,
    InvalidRequest,
    NotConnected,
    NotFound,
)
from application.inbox.find_quarantine import FindQuarantine
from application.ingest.find_batch import FindBatch
from application.queries.find_bookings import (
    MAX_CELLS,
    MAX_DAYS,
    FindAvailability,
    FindBookings,
    FindGuests,
)
from application.queries.find_providers import FindProvider
from application.sync.find_sync_runs import FindSyncRuns
from domain.messages import ItemKind
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from ports.errors import UnknownProvider
from ports.queries import AvailabilityFilter, BookingFilter, BookingOrder, GuestFilter
from tests import builders
from tests.application.use_case_harness import App, booked, cell, guest
from tests.builders import JUNE

PRINT_CURSOR = """
from uuid import UUID
from types import SimpleNamespace
from application.queries.find_bookings import FindBookings
from domain.status import BookingStatus
from ports.queries import BookingFilter, Slice
found = Slice(["row"], [("2000-01-01", "0" * 32)], True)
queries = SimpleNamespace(bookings=lambda *_, **__: found)
wanted = BookingFilter(hotel_id=UUID("{hotel_id}"), statuses=frozenset(BookingStatus))
print(FindBookings(queries)(wanted, first=1).cursors[0])
"""


class Inspected(Exception):
    """What the inspection of a test raises."""


def encoded(clear: bytes) -> str:
    return base64.urlsafe_b64encode(clear).decode()


def walked(find: FindBookings, wanted: BookingFilter, first: int, order: BookingOrder) -> list[str]:
    ids: list[str] = []
    after = None
    while True:
        page = find(wanted, order=order, first=first, after=after)
        ids += [b.external_id for b in page.rows]
        if not page.has_next:
            return ids
        after = page.cursors[-1]


class TestBookings:
    @pytest.mark.parametrize("order", BookingOrder)
    @pytest.mark.parametrize("first", [1, 2, 3, 200])
    def test_are_paged_without_gaps_or_duplicates(
        self, app: App, order: BookingOrder, first: int
    ) -> None:
        app.push(*(booked(f"B{n}") for n in range(7)))
        found = walked(FindBookings(app.store.queries), _all(app), first, order)
        assert sorted(found) == [f"B{n}" for n in range(7)]

    def test_are_in_the_order_that_was_asked_for(self, app: App) -> None:
        stays = [replace(JUNE, arrival=JUNE.arrival - timedelta(days=n)) for n in (0, 2, 1)]
        app.push(*(booked(f"B{n}", stay=stay) for n, stay in enumerate(stays)))
        find = FindBookings(app.store.queries)
        for order, expected in (
            (BookingOrder.ARRIVAL_ASC, ["B1", "B2", "B0"]),
            (BookingOrder.ARRIVAL_DESC, ["B0", "B2", "B1"]),
        ):
            assert walked(find, _all(app), 1, order) == expected
            assert [b.external_id for b in find(_all(app), order=order).rows] == expected
        assert [b.external_id for b in find(_all(app)).rows] == ["B1", "B2", "B0"]

    def test_are_50_in_a_page_unless_asked_otherwise(self, app: App) -> None:
        app.push(*(booked(f"B{n}") for n in range(51)))
        app.push(*(guest(f"G{n}", email=None) for n in range(51)), kind=ItemKind.GUEST)
        bookings = FindBookings(app.store.queries)(_all(app))
        guests = FindGuests(app.store.queries)(GuestFilter(hotel_id=app.hotel.id))
        assert (len(bookings.rows), bookings.has_next) == (50, True)
        assert (len(guests.rows), guests.has_next) == (50, True)

    def test_and_guests_go_on_after_a_cursor(self, app: App) -> None:
        app.push(*(guest(f"G{n}") for n in range(3)), kind=ItemKind.GUEST)
        find, wanted = FindGuests(app.store.queries), GuestFilter(hotel_id=app.hotel.id)
        first = find(wanted, first=2)
        [last] = find(wanted, first=2, after=first.next_cursor).rows
        assert {last.external_id, *(each.external_id for each in first.rows)} == {"G0", "G1", "G2"}

    def test_and_guests_are_read_after_their_size_was_inspected(self, app: App) -> None:
        app.push(booked("B1"))
        app.push(guest("G1", email=None), kind=ItemKind.GUEST)

        def refuse(_: object) -> NoReturn:
            raise Inspected

        with pytest.raises(Inspected):
            FindBookings(app.store.queries)(_all(app), inspect=refuse)
        with pytest.raises(Inspected):
            FindGuests(app.store.queries)(GuestFilter(hotel_id=app.hotel.id), inspect=refuse)

    @pytest.mark.parametrize("first", [0, -1, 201, 10**9])
    def test_have_a_limited_page_size(self, app: App, first: int) -> None:
        with pytest.raises(InvalidRequest):
            FindBookings(app.store.queries)(_all(app), first=first)
        with pytest.raises(InvalidRequest):
            FindGuests(app.store.queries)(GuestFilter(hotel_id=app.hotel.id), first=first)

    def test_of_another_hotel_are_never_found(self, app: App) -> None:
        other = app.connect(app.add_hotel())
        app.push(booked("theirs"), to=other)
        app.push(booked("ours"))
        page = FindBookings(app.store.queries)(_all(app))
        assert [b.external_id for b in page.rows] == ["ours"]


class TestCursor:
    def cursor(self, app: App) -> str:
        app.push(booked("B1"), booked("B2"), booked("B3"))
        return FindBookings(app.store.queries)(_all(app), first=1).cursors[0]

    def test_of_another_hotel_filter_order_or_query_is_refused(self, app: App) -> None:
        cursor, find = self.cursor(app), FindBookings(app.store.queries)
        foreign = [
            BookingFilter(hotel_id=app.add_hotel().id),
            replace(_all(app), statuses=frozenset({BookingStatus.CONFIRMED})),
            replace(_all(app), include_deleted=True),
        ]
        for wanted in foreign:
            with pytest.raises(BadCursor):
                find(wanted, after=cursor)
        with pytest.raises(BadCursor):
            find(_all(app), order=BookingOrder.UPDATED_ASC, after=cursor)
        with pytest.raises(BadCursor):
            FindGuests(app.store.queries)(GuestFilter(hotel_id=app.hotel.id), after=cursor)

    def test_of_an_equal_filter_is_accepted(self, app: App) -> None:
        self.cursor(app)
        find = FindBookings(app.store.queries)
        states = list(BookingStatus)
        one = replace(_all(app), statuses=frozenset(states))
        other = replace(_all(app), statuses=frozenset(reversed(states)))
        cursor = find(one, first=1).cursors[0]
        assert len(find(other, after=cursor).rows) == 2

    def test_is_accepted_by_another_process(self, app: App) -> None:
        """Whose sets have another order."""
        wanted = replace(_all(app), statuses=frozenset(BookingStatus))
        command = [sys.executable, "-c", PRINT_CURSOR.format(hotel_id=str(app.hotel.id))]
        app.push(booked("B1"))
        for seed in "12":
            environment = os.environ | {"PYTHONHASHSEED": seed}
            cursor = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            ).stdout.strip()
            assert FindBookings(app.store.queries)(wanted, after=cursor).rows

    @given(st.text(max_size=40) | st.binary(max_size=40).map(encoded))
    def test_made_up_is_refused(self, text: str) -> None:
        app = App()
        with pytest.raises(BadCursor):
            FindBookings(app.store.queries)(_all(app), after=text)

    @pytest.mark.parametrize(
        "parts", [[], {}, None, 1, ["m", "k"], ["m", 1, "r"], [["m"], "k", "r"], "[" * 900]
    )
    def test_of_another_shape_is_refused(self, app: App, parts: object) -> None:
        text = parts if isinstance(parts, str) else json.dumps(parts)
        with pytest.raises(BadCursor):
            FindBookings(app.store.queries)(_all(app), after=encoded(text.encode()))


class TestAvailability:
    @pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1])
    def test_rejects_an_invalid_range(self, app: App, days: int) -> None:
        wanted = AvailabilityFilter(
            hotel_id=app.hotel.id,
            start=JUNE.arrival,
            end=JUNE.arrival + timedelta(days=days),
        )
        with pytest.raises(InvalidRequest):
            FindAvailability(app.store.queries)(wanted)

    def test_ends_before_the_end(self, app: App) -> None:
        days = [JUNE.arrival + timedelta(days=n) for n in range(3)]
        app.push(*(cell(day, available=1) for day in days), kind=ItemKind.AVAILABILITY)
        wanted = AvailabilityFilter(hotel_id=app.hotel.id, start=days[0], end=days[2])
        assert [c.day for c in FindAvailability(app.store.queries)(wanted)] == days[:2]

    def test_rejects_too_many_cells(self, app: App) -> None:
        cells = [
            builders.cell(app.connection, JUNE.arrival + timedelta(days=day), f"R{n}")
            for day in range(2)
            for n in range(MAX_CELLS // 2 + 1)
        ]
        with app.store.unit_of_work() as uow:
            uow.availability.save(cells[:-1])
            uow.commit()
        wanted = AvailabilityFilter(
            hotel_id=app.hotel.id, start=JUNE.arrival, end=JUNE.arrival + timedelta(days=2)
        )
        find = FindAvailability(app.store.queries)
        with pytest.raises(InvalidRequest):
            find(wanted)
        assert find(replace(wanted, room_types=frozenset({"R0", "R1"})))
        assert (
            len(find(replace(wanted, end=JUNE.arrival + timedelta(days=1)))) == MAX_CELLS // 2 + 1
        )


class TestGuests:
    def test_are_matched_by_identity_never_by_mail(self, app: App) -> None:
        guests = [guest(f"G{n}", email="relay@ota.example") for n in range(3)]
        app.push(*guests, guest("G9", email=None), kind=ItemKind.GUEST)
        find = FindGuests(app.store.queries)
        wanted = GuestFilter(hotel_id=app.hotel.id, email="RELAY@ota.example")
        assert [g.external_id for g in find(wanted).rows] == ["G0", "G1", "G2"]


class TestQuarantine:
    def test_is_listed_in_pages_for_its_own_provider(self, app: App) -> None:
        push_only = app.connect(app.hotel, provider="push_only")
        for n in range(5):
            app.push(b"bad" * (n + 1))
            app.push(f"bad {n}".encode(), to=push_only)
        find, caller = FindQuarantine(app.store.queries), app.caller()
        found, after = [], None
        while True:
            page = find(caller, limit=2, after=after)
            found += [item.body_bytes for item in page.items]
            if page.next_after is None:
                break
            after = page.next_after
        assert found == [3, 6, 9, 12, 15]

    @pytest.mark.parametrize("limit", [0, 201])
    def test_is_limited(self, app: App, limit: int) -> None:
        with pytest.raises(InvalidRequest):
            FindQuarantine(app.store.queries)(app.caller(), limit=limit)


class TestBatch:
    def test_is_visible_to_its_sender_only(self, app: App) -> None:
        batch = app.push(booked("B1"), b"?", deferred=True).batch_id
        find = FindBatch(app.store.queries)
        assert [item.outcome for item in find(app.caller(), batch)] == [None, None]
        other_callers = [
            app.caller(app.connect(app.hotel, provider="push_only")),
            app.caller(app.connect(app.add_hotel())),
        ]
        for other_caller in other_callers:
            with pytest.raises(NotFound):
                find(other_caller, batch)
        with pytest.raises(NotFound):
            find(app.caller(), app.ids.new())


class TestSyncRuns:
    def test_are_listed_newest_first_for_their_own_provider(self, app: App) -> None:
        push_only = app.connect(app.hotel, provider="push_only")
        mine = []
        for _ in range(5):
            mine.append(app.run(SyncKind.FULL).id)
            hidden = app.run(SyncKind.FULL, of=push_only)
            app.clock.advance(timedelta(seconds=1))
        find = FindSyncRuns(app.store.queries)
        page = find(app.caller(), first=2)
        assert [run.id for run in page.rows] == [mine[4], mine[3]]
        rest = find(app.caller(), first=3, after=page.next_cursor)
        assert ([run.id for run in rest.rows], rest.next_cursor) == ([mine[2], *mine[1::-1]], None)
        with pytest.raises(BadCursor):
            find(app.caller(push_only), after=page.next_cursor)
        assert find.one(app.caller(), mine[0]).id == mine[0]
        with pytest.raises(NotFound):
            find.one(app.caller(), hidden.id)
        elsewhere = app.caller(app.connect(app.add_hotel()))
        with pytest.raises(NotFound):
            find.one(elsewhere, mine[0])

    @pytest.mark.parametrize("first", [0, 201])
    def test_are_limited(self, app: App, first: int) -> None:
        with pytest.raises(InvalidRequest):
            FindSyncRuns(app.store.queries)(app.caller(), first=first)


class TestConnections:
    def test_are_those_of_the_caller(self, app: App) -> None:
        find = FindConnections(app.store.directory)
        other = app.connect(app.add_hotel())
        push_only = app.connect(app.hotel, provider="push_only")
        assert [c.id for c in find(app.caller())] == [app.connection.id]
        assert find.one(app.caller()).id == app.connection.id
        for foreign in (other, push_only):
            with pytest.raises(ConnectionNotFound):
                find.one(app.caller(), foreign.id)

    def test_must_be_named_where_there_are_several(self, app: App) -> None:
        second = app.connect(app.hotel)
        find = FindConnections(app.store.directory)
        with pytest.raises(InvalidRequest):
            find.one(app.caller())
        assert find.one(app.caller(), second.id).id == second.id

    def test_are_missing_at_a_hotel_without(self, app: App) -> None:
        lonely = replace(app.caller(), hotel_id=app.add_hotel().id)
        with pytest.raises(NotConnected):
            FindConnections(app.store.directory).one(lonely)


class TestProvider:
    def test_is_found_by_name_or_unknown(self, app: App) -> None:
        assert FindProvider(app.providers)("push_only").name == "push_only"
        with pytest.raises(UnknownProvider):
            FindProvider(app.providers)("nobody")


def _all(app: App) -> BookingFilter:
    return BookingFilter(hotel_id=app.hotel.id)
