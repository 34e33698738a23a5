"""Bookings, guests, availability and records: every field, one identity, guarded revisions."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.booking import Booking, BookingDetails
from domain.guest import GuestDetails
from domain.snapshots import HotelRecords, RatePlanRecord, RoomStay
from domain.status import BookingStatus
from domain.values import DateRange, Stay
from ports.errors import ConcurrentChange
from ports.queries import AvailabilityFilter, BookingFilter, BookingOrder
from tests import builders
from tests.contracts.conftest import HotelFixture

JUNE = builders.JUNE
each_example_in_one_store = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def load_booking(place: HotelFixture, external_id: str = "B1") -> Booking | None:
    with place.store.unit_of_work() as uow:
        return uow.bookings.load(place.hotel.id, "scripted", [external_id]).get(external_id)


class TestBuilders:
    def test_set_every_field(self, place: HotelFixture) -> None:
        booking = builders.full_booking(place.connection)
        guest, cell = builders.full_guest(place.connection), builders.full_cell(place.connection)
        records, party = builders.full_records(), builders.full_party()
        parts = [booking.details, guest.details, cell.details, booking.details.rooms[0], party]
        every = [*parts, *records.room_types, *records.rooms, *records.rate_plans]
        assert [builders.left_at_default(part) for part in every] == [[] for _ in every]


class TestBookings:
    def test_come_back_with_every_field(self, place: HotelFixture) -> None:
        booking = builders.full_booking(place.connection)
        place.save(booking)
        assert load_booking(place) == booking
        assert place.store.queries.booking(place.hotel.id, "scripted", "B1") == booking

    def test_come_back_with_every_field_unset(self, place: HotelFixture) -> None:
        booking = builders.booking(place.connection)
        place.save(booking)
        assert load_booking(place) == booking

    def test_are_overwritten_with_every_field_and_cleared_again(self, place: HotelFixture) -> None:
        minimal, full = builders.booking(place.connection), builders.full_booking(place.connection)
        place.save(minimal)
        second = replace(full, id=minimal.id, revision=2)
        place.save(second)
        assert load_booking(place) == second
        third = replace(minimal, revision=3)
        place.save(third)
        assert load_booking(place) == third

    @each_example_in_one_store
    @given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
    def test_keep_any_text(self, place: HotelFixture, text: str) -> None:
        external_id = str(builders.new_id())
        booking = builders.booking(
            place.connection, external_id, notes=text, confirmation_number=text, group_id=text
        )
        place.save(booking)
        assert load_booking(place, external_id) == booking

    @pytest.mark.parametrize("text", ["a\0b", "lone \ud800 surrogate"])
    def test_do_not_fail_on_text_that_no_database_takes(
        self, place: HotelFixture, text: str
    ) -> None:
        place.save(builders.booking(place.connection, notes=text, confirmation_number=text))
        assert load_booking(place) is not None

    def test_keep_ids_apart_that_differ_in_case_or_accents_only(self, place: HotelFixture) -> None:
        names = ["a", "A", "ä", "a\u0308", "\uff21", "%", "_", "'", "a b"]
        place.save(*(builders.booking(place.connection, name, notes=name) for name in names))
        with place.store.unit_of_work() as uow:
            found = uow.bookings.load(place.hotel.id, "scripted", names)
        assert {x: b.details.notes for x, b in found.items()} == {name: name for name in names}

    def test_are_left_out_when_unknown(self, place: HotelFixture) -> None:
        place.save(builders.booking(place.connection))
        with place.store.unit_of_work() as uow:
            assert uow.bookings.load(place.hotel.id, "scripted", ["B1", "B9"]).keys() == {"B1"}
            assert uow.bookings.load(place.hotel.id, "scripted", []) == {}

    def test_are_loaded_and_saved_a_thousand_at_a_time(self, place: HotelFixture) -> None:
        names = [f"B{n}" for n in range(1_000)]
        place.save(*(builders.booking(place.connection, name) for name in names))
        with place.store.unit_of_work() as uow:
            held = uow.bookings.load(place.hotel.id, "scripted", names)
        assert held.keys() == set(names)
        place.save(*(replace(b, revision=2) for b in held.values()))
        assert place.store.queries.count_bookings(place.hotel.id) == 1_000

    def test_of_one_id_are_apart_between_hotels_and_providers(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        other_provider = place.add_connection(provider="other")
        mine = builders.booking(place.connection, notes="mine")
        place.save(mine)
        place.save(builders.booking(other_provider, notes="other provider"))
        elsewhere.save(builders.booking(elsewhere.connection, notes="other hotel"))
        assert load_booking(place) == mine
        assert place.store.queries.count_bookings(place.hotel.id) == 2
        theirs = load_booking(elsewhere)
        assert theirs is not None
        assert theirs.details.notes == "other hotel"

    def test_are_inserted_only_once(self, place: HotelFixture) -> None:
        place.save(builders.booking(place.connection))
        with pytest.raises(ConcurrentChange):
            place.save(builders.booking(place.connection, notes="second"))

    @pytest.mark.parametrize("revision", [1, 2, 4, 5])
    def test_are_overwritten_only_by_the_next_revision(
        self, place: HotelFixture, revision: int
    ) -> None:
        booking = builders.booking(place.connection)
        for number in (1, 2):
            place.save(replace(booking, revision=number))
        with pytest.raises(ConcurrentChange):
            place.save(replace(booking, revision=revision))
        place.save(replace(booking, revision=3))

    def test_that_are_not_there_are_not_overwritten(self, place: HotelFixture) -> None:
        with pytest.raises(ConcurrentChange):
            place.save(replace(builders.booking(place.connection), revision=2))
        assert load_booking(place) is None

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
        self, place: HotelFixture, arrival: int, departure: int, *, meets: bool
    ) -> None:
        stay = Stay(date(2026, 6, arrival), date(2026, 6, departure))
        window = DateRange(date(2026, 6, 10), date(2026, 6, 20))
        place.save(builders.booking(place.connection, stay=stay))
        with place.store.unit_of_work() as uow:
            ids = uow.bookings.ids_overlapping(place.hotel.id, place.connection.id, window)
        assert list(ids) == (["B1"] if meets else [])
        wanted = BookingFilter(hotel_id=place.hotel.id, stay=window)
        found = place.store.queries.bookings(wanted, order=BookingOrder.ARRIVAL_ASC, limit=9)
        assert len(found.rows) == meets

    def test_overlap_a_window_of_one_day_use(self, place: HotelFixture) -> None:
        day = Stay(JUNE.arrival, JUNE.arrival)
        place.save(builders.booking(place.connection, "B1", stay=day))
        place.save(builders.booking(place.connection, "B2", stay=JUNE))
        with place.store.unit_of_work() as uow:
            ids = uow.bookings.ids_overlapping(place.hotel.id, place.connection.id, day.dates)
        assert sorted(ids) == ["B1", "B2"]

    def test_overlapping_ones_are_of_the_connection_and_not_gone(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        second = place.add_connection()
        place.save(
            builders.booking(place.connection, "mine"),
            builders.booking(second, "second"),
            builders.booking(place.connection, "gone", deleted_at_source=builders.T0),
        )
        elsewhere.save(builders.booking(elsewhere.connection, "theirs"))
        with place.store.unit_of_work() as uow:
            overlapping = uow.bookings.ids_overlapping
            assert overlapping(place.hotel.id, place.connection.id, JUNE.dates) == ["mine"]
            assert overlapping(place.hotel.id, elsewhere.connection.id, JUNE.dates) == []


class TestStatusHistory:
    def test_comes_back_oldest_first_per_booking_and_hotel(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        one, two = builders.booking(place.connection, "1"), builders.booking(place.connection, "2")
        place.save(one, two)
        changes = [
            builders.status_change(one, at=builders.T0 + timedelta(minutes=n)) for n in range(3)
        ]
        with place.store.unit_of_work() as uow:
            uow.bookings.record([*changes, builders.status_change(two)])
            uow.commit()
        found = place.store.queries.status_history(place.hotel.id, [one.id])
        assert list(found) == [one.id]
        row = found[one.id][0]
        assert [r.at for r in found[one.id]] == [c.at for c in changes]
        assert (row.transition, row.version, row.reference) == (
            changes[0].transition,
            changes[0].version,
            changes[0].reference,
        )
        theirs = place.store.queries.status_history(elsewhere.hotel.id, [one.id])
        assert not theirs.get(one.id)
        assert not place.store.queries.status_history(place.hotel.id, [])


class TestGuests:
    def test_come_back_with_every_field(self, place: HotelFixture) -> None:
        for guest in (builders.full_guest(place.connection), builders.guest(place.connection, "-")):
            with place.store.unit_of_work() as uow:
                uow.guests.save([guest])
                uow.commit()
            with place.store.unit_of_work() as uow:
                found = uow.guests.load(place.hotel.id, "scripted", [guest.external_id])
            assert found == {guest.external_id: guest}

    def test_are_cleared_by_the_next_revision_and_guarded(self, place: HotelFixture) -> None:
        guest = builders.full_guest(place.connection)
        minimal = replace(guest, details=GuestDetails(), revision=2)
        for revision in (guest, minimal):
            with place.store.unit_of_work() as uow:
                uow.guests.save([revision])
                uow.commit()
        for stale in (guest, minimal, replace(minimal, revision=4)):
            with place.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
                uow.guests.save([stale])
        with place.store.unit_of_work() as uow:
            assert uow.guests.load(place.hotel.id, "scripted", ["G1"]) == {"G1": minimal}

    def test_of_one_id_are_apart_between_hotels(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        with place.store.unit_of_work() as uow:
            uow.guests.save([builders.guest(place.connection)])
            uow.guests.save([builders.guest(elsewhere.connection)])
            uow.commit()
        with place.store.unit_of_work() as uow:
            found = uow.guests.load(place.hotel.id, "scripted", ["G1"])["G1"]
            assert found.hotel_id == place.hotel.id
            assert uow.guests.load(place.hotel.id, "other", ["G1"]) == {}


class TestAvailability:
    def test_comes_back_with_every_field(self, place: HotelFixture) -> None:
        full = builders.full_cell(place.connection)
        minimal = builders.cell(place.connection, room_type_id="SGL")
        with place.store.unit_of_work() as uow:
            uow.availability.save([full, minimal])
            uow.commit()
        keys = [("DBL", JUNE.arrival), ("SGL", JUNE.arrival), ("SGL", JUNE.departure)]
        with place.store.unit_of_work() as uow:
            found = uow.availability.load(place.hotel.id, "scripted", keys)
            assert found == {keys[0]: full, keys[1]: minimal}
            assert uow.availability.load(place.hotel.id, "other", keys) == {}
            assert uow.availability.load(place.hotel.id, "scripted", []) == {}

    def test_lists_cells_from_a_day_on(self, place: HotelFixture) -> None:
        days = (JUNE.arrival, JUNE.departure)
        cells = [builders.cell(place.connection, day) for day in days]
        cells.append(builders.cell(place.connection, JUNE.departure, "SGL"))
        with place.store.unit_of_work() as uow:
            uow.availability.save(cells)
            uow.commit()
        with place.store.unit_of_work() as uow:
            ask = partial(uow.availability.held_from, place.hotel.id)
            assert set(ask("scripted", JUNE.departure)) == {
                ("DBL", JUNE.departure),
                ("SGL", JUNE.departure),
            }
            assert len(ask("scripted", JUNE.arrival)) == 3
            assert not ask("other", JUNE.arrival)

    def test_is_guarded_by_its_revision(self, place: HotelFixture) -> None:
        cell = builders.full_cell(place.connection)
        with place.store.unit_of_work() as uow:
            uow.availability.save([cell])
            uow.commit()
        for stale in (cell, replace(cell, revision=3)):
            with place.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
                uow.availability.save([stale])
        with place.store.unit_of_work() as uow:
            uow.availability.save([replace(cell, revision=2)])
            uow.commit()

    def test_is_found_by_day_then_provider_then_room_type(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        other = place.add_connection(provider="another")
        days = [JUNE.arrival + timedelta(days=n) for n in range(4)]
        cells = [
            builders.cell(of, day, room_type, total=1)
            for day in days
            for of in (other, place.connection)
            for room_type in ("DBL", "SGL")
        ]
        with place.store.unit_of_work() as uow:
            uow.availability.save([*reversed(cells), builders.cell(elsewhere.connection)])
            uow.commit()
        wanted = AvailabilityFilter(hotel_id=place.hotel.id, start=days[1], end=days[3])
        queries = place.store.queries
        assert queries.availability(wanted, limit=99) == cells[4:12]
        assert queries.availability(wanted, limit=3) == cells[4:7]
        one = replace(wanted, provider="scripted", room_types=frozenset({"SGL"}))
        assert queries.availability(one, limit=99) == [cells[7], cells[11]]
        assert queries.availability(replace(wanted, end=days[1]), limit=99) == []


class TestRecords:
    def test_come_back_with_every_field_and_are_written_only_when_they_differ(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        full = builders.full_records()
        renamed = HotelRecords(rate_plans=[RatePlanRecord(external_id="BAR", name="Better")])

        def save(records: HotelRecords) -> int:
            with place.store.unit_of_work() as uow:
                written = uow.records.save(place.hotel.id, "scripted", records, now=builders.T0)
                uow.commit()
                return written

        assert [save(full), save(full), save(renamed), save(renamed)] == [3, 0, 1, 0]
        assert save(HotelRecords()) == 0
        found = place.store.queries.records(place.hotel.id)
        assert found.keys() == {"scripted"}
        stored = found["scripted"]
        assert tuple(stored.room_types) == full.room_types
        assert tuple(stored.rooms) == full.rooms
        assert tuple(stored.rate_plans) == tuple(renamed.rate_plans)
        assert place.store.queries.records(elsewhere.hotel.id) == {}


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
    @given(said=details())
    def test_comes_back_as_it_was(self, place: HotelFixture, said: BookingDetails) -> None:
        external_id = str(builders.new_id())
        booking = replace(builders.booking(place.connection, external_id), details=said)
        place.save(booking)
        assert load_booking(place, external_id) == booking
