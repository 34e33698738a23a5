"""The read side: what is asked is checked, and never answered wider."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

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
from ports.errors import UnknownProvider
from ports.queries import AvailabilityFilter, BookingFilter, BookingOrder, GuestFilter
from tests import builders
from tests.application.use_case_harness import World, booked, cell, guest
from tests.builders import JUNE


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
    def test_are_walked_page_by_page_without_gap_or_double(
        self, world: World, order: BookingOrder, first: int
    ) -> None:
        world.push(*(booked(f"B{n}") for n in range(7)))
        found = walked(FindBookings(world.store.queries), _all(world), first, order)
        assert sorted(found) == [f"B{n}" for n in range(7)]

    @pytest.mark.parametrize("first", [0, -1, 201, 10**9])
    def test_are_not_asked_for_by_the_thousand(self, world: World, first: int) -> None:
        with pytest.raises(InvalidRequest):
            FindBookings(world.store.queries)(_all(world), first=first)
        with pytest.raises(InvalidRequest):
            FindGuests(world.store.queries)(GuestFilter(hotel_id=world.hotel.id), first=first)

    def test_of_another_hotel_are_never_found(self, world: World) -> None:
        other = world.connect(world.add_hotel())
        world.push(booked("theirs"), to=other)
        world.push(booked("ours"))
        page = FindBookings(world.store.queries)(_all(world))
        assert [b.external_id for b in page.rows] == ["ours"]


class TestCursor:
    def cursor(self, world: World) -> str:
        world.push(booked("B1"), booked("B2"), booked("B3"))
        return FindBookings(world.store.queries)(_all(world), first=1).cursors[0]

    def test_of_another_hotel_filter_order_or_query_is_refused(self, world: World) -> None:
        cursor, find = self.cursor(world), FindBookings(world.store.queries)
        foreign = [
            BookingFilter(hotel_id=world.add_hotel().id),
            replace(_all(world), statuses=frozenset({BookingStatus.CONFIRMED})),
            replace(_all(world), include_deleted=True),
        ]
        for wanted in foreign:
            with pytest.raises(BadCursor):
                find(wanted, after=cursor)
        with pytest.raises(BadCursor):
            find(_all(world), order=BookingOrder.UPDATED_ASC, after=cursor)
        with pytest.raises(BadCursor):
            FindGuests(world.store.queries)(GuestFilter(hotel_id=world.hotel.id), after=cursor)

    def test_of_the_same_filter_spelled_otherwise_is_taken(self, world: World) -> None:
        self.cursor(world)
        find = FindBookings(world.store.queries)
        states = list(BookingStatus)
        one = replace(_all(world), statuses=frozenset(states))
        other = replace(_all(world), statuses=frozenset(reversed(states)))
        cursor = find(one, first=1).cursors[0]
        assert len(find(other, after=cursor).rows) == 2

    @given(st.text(max_size=40) | st.binary(max_size=40).map(encoded))
    def test_made_up_is_refused(self, text: str) -> None:
        world = World()
        with pytest.raises(BadCursor):
            FindBookings(world.store.queries)(_all(world), after=text)

    @pytest.mark.parametrize(
        "parts", [[], {}, None, 1, ["m", "k"], ["m", 1, "r"], [["m"], "k", "r"], "[" * 900]
    )
    def test_of_another_shape_is_refused(self, world: World, parts: object) -> None:
        text = parts if isinstance(parts, str) else json.dumps(parts)
        with pytest.raises(BadCursor):
            FindBookings(world.store.queries)(_all(world), after=encoded(text.encode()))


class TestAvailability:
    @pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1])
    def test_is_not_found_for_an_impossible_range(self, world: World, days: int) -> None:
        wanted = AvailabilityFilter(
            hotel_id=world.hotel.id,
            start=JUNE.arrival,
            end=JUNE.arrival + timedelta(days=days),
        )
        with pytest.raises(InvalidRequest):
            FindAvailability(world.store.queries)(wanted)

    def test_ends_before_the_end(self, world: World) -> None:
        days = [JUNE.arrival + timedelta(days=n) for n in range(3)]
        world.push(*(cell(day, available=1) for day in days), kind=ItemKind.AVAILABILITY)
        wanted = AvailabilityFilter(hotel_id=world.hotel.id, start=days[0], end=days[2])
        assert [c.day for c in FindAvailability(world.store.queries)(wanted)] == days[:2]

    def test_is_not_given_where_there_is_too_much_of_it(self, world: World) -> None:
        cells = [
            builders.cell(world.connection, JUNE.arrival + timedelta(days=day), f"R{n}")
            for day in range(2)
            for n in range(MAX_CELLS // 2 + 1)
        ]
        with world.store.unit_of_work() as uow:
            uow.availability.save(cells[:-1])
            uow.commit()
        wanted = AvailabilityFilter(
            hotel_id=world.hotel.id, start=JUNE.arrival, end=JUNE.arrival + timedelta(days=2)
        )
        find = FindAvailability(world.store.queries)
        with pytest.raises(InvalidRequest):
            find(wanted)
        assert find(replace(wanted, room_types=frozenset({"R0", "R1"})))
        assert (
            len(find(replace(wanted, end=JUNE.arrival + timedelta(days=1)))) == MAX_CELLS // 2 + 1
        )


class TestGuests:
    def test_are_matched_by_identity_never_by_mail(self, world: World) -> None:
        said = [guest(f"G{n}", email="relay@ota.example") for n in range(3)]
        world.push(*said, guest("G9", email=None), kind=ItemKind.GUEST)
        find = FindGuests(world.store.queries)
        wanted = GuestFilter(hotel_id=world.hotel.id, email="RELAY@ota.example")
        assert [g.external_id for g in find(wanted).rows] == ["G0", "G1", "G2"]


class TestQuarantine:
    def test_is_listed_to_its_own_provider_in_pages(self, world: World) -> None:
        blind = world.connect(world.hotel, provider="blind")
        for n in range(5):
            world.push(f"bad {n}".encode())
            world.push(f"bad {n}".encode(), to=blind)
        find, caller = FindQuarantine(world.store.queries), world.caller()
        found, after = [], None
        while True:
            page = find(caller, limit=2, after=after)
            found += [item.body for item in page.items]
            if page.next_after is None:
                break
            after = page.next_after
        assert found == [f"bad {n}".encode() for n in range(5)]

    @pytest.mark.parametrize("limit", [0, 201])
    def test_is_limited(self, world: World, limit: int) -> None:
        with pytest.raises(InvalidRequest):
            FindQuarantine(world.store.queries)(world.caller(), limit=limit)


class TestBatch:
    def test_is_seen_by_its_sender_alone(self, world: World) -> None:
        batch = world.push(booked("B1"), b"?", deferred=True).batch_id
        find = FindBatch(world.unit_of_work)
        assert [item.outcome for item in find(world.caller(), batch)] == [None, None]
        strangers = [
            world.caller(world.connect(world.hotel, provider="blind")),
            world.caller(world.connect(world.add_hotel())),
        ]
        for stranger in strangers:
            with pytest.raises(NotFound):
                find(stranger, batch)
        with pytest.raises(NotFound):
            find(world.caller(), world.ids.new())


class TestSyncRuns:
    def test_are_seen_by_their_own_provider_newest_first(self, world: World) -> None:
        blind = world.connect(world.hotel, provider="blind")
        mine = []
        for _ in range(5):
            mine.append(world.run().id)
            hidden = world.run(of=blind)
            world.clock.advance(timedelta(seconds=1))
        find = FindSyncRuns(world.store.queries)
        page = find(world.caller(), limit=2, offset=1)
        assert ([r.id for r in page.runs], page.total) == ([mine[3], mine[2]], 5)
        assert find.one(world.caller(), mine[0]).id == mine[0]
        with pytest.raises(NotFound):
            find.one(world.caller(), hidden.id)
        elsewhere = world.caller(world.connect(world.add_hotel()))
        with pytest.raises(NotFound):
            find.one(elsewhere, mine[0])

    @pytest.mark.parametrize(("limit", "offset"), [(0, 0), (201, 0), (1, -1), (1, 10_001)])
    def test_are_limited(self, world: World, limit: int, offset: int) -> None:
        find = FindSyncRuns(world.store.queries)
        with pytest.raises(InvalidRequest):
            find(world.caller(), limit=limit, offset=offset)


class TestConnections:
    def test_are_ones_own(self, world: World) -> None:
        find = FindConnections(world.store.directory)
        other = world.connect(world.add_hotel())
        blind = world.connect(world.hotel, provider="blind")
        assert [c.id for c in find(world.caller())] == [world.connection.id]
        assert find.one(world.caller()).id == world.connection.id
        for foreign in (other, blind):
            with pytest.raises(ConnectionNotFound):
                find.one(world.caller(), foreign.id)

    def test_must_be_named_where_there_are_several(self, world: World) -> None:
        second = world.connect(world.hotel)
        find = FindConnections(world.store.directory)
        with pytest.raises(InvalidRequest):
            find.one(world.caller())
        assert find.one(world.caller(), second.id).id == second.id

    def test_are_missing_at_a_hotel_without(self, world: World) -> None:
        lonely = replace(world.caller(), hotel_id=world.add_hotel().id)
        with pytest.raises(NotConnected):
            FindConnections(world.store.directory).one(lonely)


class TestProvider:
    def test_is_found_by_name_or_unknown(self, world: World) -> None:
        assert FindProvider(world.providers)("blind").name == "blind"
        with pytest.raises(UnknownProvider):
            FindProvider(world.providers)("nobody")


def _all(world: World) -> BookingFilter:
    return BookingFilter(hotel_id=world.hotel.id)
