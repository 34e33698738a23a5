"""Bookings, guests, availability and records: every field, unique keys, checked revisions."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import partial
from operator import attrgetter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.availability import CellDetails
from domain.booking import Booking, BookingDetails
from domain.guest import GuestDetails
from domain.snapshots import HotelRecords, RatePlanRecord, RoomStay
from domain.status import BookingStatus
from domain.values import DateRange, Stay
from ports.errors import ConcurrentChange
from ports.queries import AvailabilityFilter, BookingFilter, BookingOrder, ListedCell
from tests import builders
from tests.contracts.conftest import HotelFixture

JUNE = builders.JUNE
each_example_in_one_store = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def load_booking(site: HotelFixture, external_id: str = "B1") -> Booking | None:
    with site.store.unit_of_work() as uow:
        return uow.bookings.load(site.hotel.id, "scripted", [external_id]).get(external_id)


def shown(cells: Sequence[ListedCell]) -> list[tuple[object, ...]]:
    """All that an answer may show of them."""
    values = [f"details.{each.name}" for each in fields(CellDetails)]
    values.remove("details.counted_rooms")
    own = ("provider", "room_type_id", "day", "version", "synced_at")
    return list(map(attrgetter(*own, *values), cells))


class TestBuilders:
    def test_set_every_field(self, site: HotelFixture) -> None:
        booking = builders.full_booking(site.connection)
        guest, cell = builders.full_guest(site.connection), builders.full_cell(site.connection)
        records, party = builders.full_records(), builders.full_party()
        parts = [booking.details, guest.details, cell.details, booking.details.rooms[0], party]
        every = [*parts, *records.room_types, *records.rooms, *records.rate_plans]
        assert [builders.left_at_default(part) for part in every] == [[] for _ in every]


class TestBookings:
    def test_store_every_field(self, site: HotelFixture) -> None:
        booking = builders.full_booking(site.connection)
        site.save(booking)
        assert load_booking(site) == booking
        assert site.store.queries.booking(site.hotel.id, "scripted", "B1") == booking

    def test_store_every_field_unset(self, site: HotelFixture) -> None:
        booking = builders.booking(site.connection)
        site.save(booking)
        assert load_booking(site) == booking

    def test_are_overwritten_with_every_field_and_cleared_again(self, site: HotelFixture) -> None:
        minimal, full = (
            builders.booking(site.connection),
            builders.full_booking(site.connection),
        )
        site.save(minimal)
        second = replace(full, id=minimal.id, revision=2)
        site.save(second)
        assert load_booking(site) == second
        third = replace(minimal, revision=3)
        site.save(third)
        assert load_booking(site) == third

    @each_example_in_one_store
    @given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
    def test_store_any_text(self, site: HotelFixture, text: str) -> None:
        external_id = str(builders.new_id())
        booking = builders.booking(
            site.connection, external_id, notes=text, confirmation_number=text, group_id=text
        )
        site.save(booking)
        assert load_booking(site, external_id) == booking

    @pytest.mark.parametrize("text", ["a\0b", "lone \ud800 surrogate"])
    def test_accept_text_that_no_database_can_store(self, site: HotelFixture, text: str) -> None:
        site.save(builders.booking(site.connection, notes=text, confirmation_number=text))
        assert load_booking(site) is not None

    def test_distinguish_ids_by_case_and_accents(self, site: HotelFixture) -> None:
        names = ["a", "A", "ä", "a\u0308", "\uff21", "%", "_", "'", "a b"]
        site.save(*(builders.booking(site.connection, name, notes=name) for name in names))
        with site.store.unit_of_work() as uow:
            found = uow.bookings.load(site.hotel.id, "scripted", names)
        assert {x: b.details.notes for x, b in found.items()} == {name: name for name in names}

    def test_omit_unknown_ids(self, site: HotelFixture) -> None:
        site.save(builders.booking(site.connection))
        with site.store.unit_of_work() as uow:
            assert uow.bookings.load(site.hotel.id, "scripted", ["B1", "B9"]).keys() == {"B1"}
            assert uow.bookings.load(site.hotel.id, "scripted", []) == {}

    def test_are_loaded_and_saved_a_thousand_at_a_time(self, site: HotelFixture) -> None:
        names = [f"B{n}" for n in range(1_000)]
        site.save(*(builders.booking(site.connection, name) for name in names))
        with site.store.unit_of_work() as uow:
            held = uow.bookings.load(site.hotel.id, "scripted", names)
        assert held.keys() == set(names)
        site.save(*(replace(b, revision=2) for b in held.values()))
        assert site.store.queries.count_bookings(site.hotel.id) == 1_000

    def test_of_the_same_id_are_separate_between_hotels_and_providers(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        other_provider = site.add_connection(provider="other")
        mine = builders.booking(site.connection, notes="mine")
        site.save(mine)
        site.save(builders.booking(other_provider, notes="other provider"))
        other_site.save(builders.booking(other_site.connection, notes="other hotel"))
        assert load_booking(site) == mine
        assert site.store.queries.count_bookings(site.hotel.id) == 2
        theirs = load_booking(other_site)
        assert theirs is not None
        assert theirs.details.notes == "other hotel"

    def test_reject_a_second_insert(self, site: HotelFixture) -> None:
        site.save(builders.booking(site.connection))
        with pytest.raises(ConcurrentChange):
            site.save(builders.booking(site.connection, notes="second"))

    @pytest.mark.parametrize("revision", [1, 2, 4, 5])
    def test_are_overwritten_only_by_the_next_revision(
        self, site: HotelFixture, revision: int
    ) -> None:
        booking = builders.booking(site.connection)
        for number in (1, 2):
            site.save(replace(booking, revision=number))
        with pytest.raises(ConcurrentChange):
            site.save(replace(booking, revision=revision))
        site.save(replace(booking, revision=3))

    def test_reject_an_overwrite_of_an_unknown_booking(self, site: HotelFixture) -> None:
        with pytest.raises(ConcurrentChange):
            site.save(replace(builders.booking(site.connection), revision=2))
        assert load_booking(site) is None

    @pytest.mark.parametrize(
        ("arrival", "departure", "meets"),
        [
            (1, 10, False),  # leaves on the window's first day
            (1, 11, True),
            (10, 20, True),
            (12, 13, True),  # inside
            (1, 30, True),  # around
            (19, 25, True),
            (20, 25, False),  # comes on the day after its last
            (10, 10, True),  # day use on the first day
            (19, 19, True),
            (20, 20, False),
            (9, 9, False),
        ],
    )
    def test_overlap_a_window_by_half_open_days(
        self, site: HotelFixture, arrival: int, departure: int, *, meets: bool
    ) -> None:
        stay = Stay(date(2026, 6, arrival), date(2026, 6, departure))
        window = DateRange(date(2026, 6, 10), date(2026, 6, 20))
        site.save(builders.booking(site.connection, stay=stay))
        with site.store.unit_of_work() as uow:
            ids = uow.bookings.ids_overlapping(site.hotel.id, site.connection.id, window)
        assert list(ids) == (["B1"] if meets else [])
        wanted = BookingFilter(hotel_id=site.hotel.id, stay=window)
        found = site.store.queries.bookings(wanted, order=BookingOrder.ARRIVAL_ASC, limit=9)
        assert len(found.rows) == meets

    def test_overlap_a_window_of_one_day_use(self, site: HotelFixture) -> None:
        day = Stay(JUNE.arrival, JUNE.arrival)
        site.save(builders.booking(site.connection, "B1", stay=day))
        site.save(builders.booking(site.connection, "B2", stay=JUNE))
        with site.store.unit_of_work() as uow:
            ids = uow.bookings.ids_overlapping(site.hotel.id, site.connection.id, day.dates)
        assert sorted(ids) == ["B1", "B2"]

    def test_overlapping_belong_to_the_connection_and_are_not_deleted(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        second = site.add_connection()
        site.save(
            builders.booking(site.connection, "mine"),
            builders.booking(second, "second"),
            builders.booking(site.connection, "deleted", deleted_at_source=builders.T0),
        )
        other_site.save(builders.booking(other_site.connection, "theirs"))
        with site.store.unit_of_work() as uow:
            overlapping = uow.bookings.ids_overlapping
            assert overlapping(site.hotel.id, site.connection.id, JUNE.dates) == ["mine"]
            assert overlapping(site.hotel.id, other_site.connection.id, JUNE.dates) == []


class TestStatusHistory:
    def test_is_listed_oldest_first_per_booking_and_hotel(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        one, two = (
            builders.booking(site.connection, "1"),
            builders.booking(site.connection, "2"),
        )
        site.save(one, two)
        changes = [
            builders.status_change(one, at=builders.T0 + timedelta(minutes=n)) for n in range(3)
        ]
        with site.store.unit_of_work() as uow:
            uow.bookings.record([*changes, builders.status_change(two)])
            uow.commit()
        found = site.store.queries.status_history(site.hotel.id, [one.id])
        assert list(found) == [one.id]
        row = found[one.id][0]
        assert [r.at for r in found[one.id]] == [c.at for c in changes]
        assert (row.transition, row.version, row.reference) == (
            changes[0].transition,
            changes[0].version,
            changes[0].reference,
        )
        theirs = site.store.queries.status_history(other_site.hotel.id, [one.id])
        assert not theirs.get(one.id)
        assert not site.store.queries.status_history(site.hotel.id, [])


class TestGuests:
    def test_store_every_field(self, site: HotelFixture) -> None:
        for guest in (
            builders.full_guest(site.connection),
            builders.guest(site.connection, "-"),
        ):
            with site.store.unit_of_work() as uow:
                uow.guests.save([guest])
                uow.commit()
            with site.store.unit_of_work() as uow:
                found = uow.guests.load(site.hotel.id, "scripted", [guest.external_id])
            assert found == {guest.external_id: guest}

    def test_are_cleared_by_the_next_revision_and_check_it(self, site: HotelFixture) -> None:
        guest = builders.full_guest(site.connection)
        minimal = replace(guest, details=GuestDetails(), revision=2)
        for revision in (guest, minimal):
            with site.store.unit_of_work() as uow:
                uow.guests.save([revision])
                uow.commit()
        for stale in (guest, minimal, replace(minimal, revision=4)):
            with site.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
                uow.guests.save([stale])
        with site.store.unit_of_work() as uow:
            assert uow.guests.load(site.hotel.id, "scripted", ["G1"]) == {"G1": minimal}

    def test_of_the_same_id_are_separate_between_hotels(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        with site.store.unit_of_work() as uow:
            uow.guests.save([builders.guest(site.connection)])
            uow.guests.save([builders.guest(other_site.connection)])
            uow.commit()
        with site.store.unit_of_work() as uow:
            found = uow.guests.load(site.hotel.id, "scripted", ["G1"])["G1"]
            assert found.hotel_id == site.hotel.id
            assert uow.guests.load(site.hotel.id, "other", ["G1"]) == {}


class TestAvailability:
    def test_stores_every_field(self, site: HotelFixture) -> None:
        full = builders.full_cell(site.connection)
        minimal = builders.cell(site.connection, room_type_id="SGL")
        with site.store.unit_of_work() as uow:
            uow.availability.save([full, minimal])
            uow.commit()
        keys = [("DBL", JUNE.arrival), ("SGL", JUNE.arrival), ("SGL", JUNE.departure)]
        with site.store.unit_of_work() as uow:
            found = uow.availability.load(site.hotel.id, "scripted", keys)
            assert found == {keys[0]: full, keys[1]: minimal}
            assert uow.availability.load(site.hotel.id, "other", keys) == {}
            assert uow.availability.load(site.hotel.id, "scripted", []) == {}

    def test_lists_cells_from_a_day_on(self, site: HotelFixture) -> None:
        days = (JUNE.arrival, JUNE.departure)
        cells = [builders.cell(site.connection, day) for day in days]
        cells.append(builders.cell(site.connection, JUNE.departure, "SGL"))
        with site.store.unit_of_work() as uow:
            uow.availability.save(cells)
            uow.commit()
        with site.store.unit_of_work() as uow:
            ask = partial(uow.availability.held_from, site.hotel.id)
            assert set(ask("scripted", JUNE.departure)) == {
                ("DBL", JUNE.departure),
                ("SGL", JUNE.departure),
            }
            assert len(ask("scripted", JUNE.arrival)) == 3
            assert not ask("other", JUNE.arrival)

    def test_checks_the_revision(self, site: HotelFixture) -> None:
        cell = builders.full_cell(site.connection)
        with site.store.unit_of_work() as uow:
            uow.availability.save([cell])
            uow.commit()
        for stale in (cell, replace(cell, revision=3)):
            with site.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
                uow.availability.save([stale])
        with site.store.unit_of_work() as uow:
            uow.availability.save([replace(cell, revision=2)])
            uow.commit()

    def test_is_listed_with_every_value_that_is_shown(self, site: HotelFixture) -> None:
        full = builders.full_cell(site.connection)
        empty = builders.cell(site.connection, full.day, "EMPTY", total=1)
        with site.store.unit_of_work() as uow:
            uow.availability.save([empty, full])
            uow.commit()
        after = full.day + timedelta(days=1)
        wanted = AvailabilityFilter(hotel_id=site.hotel.id, start=full.day, end=after)
        found = shown(site.store.queries.availability(wanted, limit=9))
        expected = shown(sorted([empty, full], key=attrgetter("room_type_id")))
        assert found == expected
        assert [list(map(type, each)) for each in found] == [
            list(map(type, each)) for each in expected
        ]

    def test_is_listed_by_day_provider_and_room_type(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        other = site.add_connection(provider="another")
        days = [JUNE.arrival + timedelta(days=n) for n in range(4)]
        cells = [
            builders.cell(of, day, room_type, total=1)
            for day in days
            for of in (other, site.connection)
            for room_type in ("DBL", "SGL")
        ]
        with site.store.unit_of_work() as uow:
            uow.availability.save([*reversed(cells), builders.cell(other_site.connection)])
            uow.commit()
        wanted = AvailabilityFilter(hotel_id=site.hotel.id, start=days[1], end=days[3])
        queries = site.store.queries
        assert shown(queries.availability(wanted, limit=99)) == shown(cells[4:12])
        assert shown(queries.availability(wanted, limit=3)) == shown(cells[4:7])
        one = replace(wanted, provider="scripted", room_types=frozenset({"SGL"}))
        assert shown(queries.availability(one, limit=99)) == shown([cells[7], cells[11]])
        assert queries.availability(replace(wanted, end=days[1]), limit=99) == []


class TestRecords:
    def test_store_every_field_and_write_only_differences(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        full = builders.full_records()
        renamed = HotelRecords(rate_plans=[RatePlanRecord(external_id="BAR", name="Better")])

        def save(records: HotelRecords) -> int:
            with site.store.unit_of_work() as uow:
                written = uow.records.save(site.hotel.id, "scripted", records, now=builders.T0)
                uow.commit()
                return written

        assert [save(full), save(full), save(renamed), save(renamed)] == [3, 0, 1, 0]
        assert save(HotelRecords()) == 0
        found = site.store.queries.records(site.hotel.id)
        assert found.keys() == {"scripted"}
        stored = found["scripted"]
        assert tuple(stored.room_types) == full.room_types
        assert tuple(stored.rooms) == full.rooms
        assert tuple(stored.rate_plans) == tuple(renamed.rate_plans)
        assert site.store.queries.records(other_site.hotel.id) == {}


@st.composite
def details(draw: st.DrawFn) -> BookingDetails:
    arrival = draw(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
    stay = Stay(arrival, arrival + timedelta(days=draw(st.integers(0, 1_830))))
    status = draw(st.sampled_from(BookingStatus))
    drawn = builders.full_room()
    rooms = draw(st.lists(st.just(replace(drawn, stay=stay, status=status)), min_size=1))
    text = st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50)
    return BookingDetails(
        status=status,
        stay=stay,
        rooms=(*rooms, RoomStay(stay=stay, status=status)),
        holds_inventory=draw(st.booleans()),
        notes=draw(text),
        confirmation_number=draw(text),
        extras=tuple(sorted(draw(st.dictionaries(st.text("ab."), st.text("{}[]01"))).items())),
    )


class TestArbitraryBooking:
    @each_example_in_one_store
    @given(drawn=details())
    def test_is_loaded_as_it_was_saved(self, site: HotelFixture, drawn: BookingDetails) -> None:
        external_id = str(builders.new_id())
        booking = replace(builders.booking(site.connection, external_id), details=drawn)
        site.save(booking)
        assert load_booking(site, external_id) == booking
