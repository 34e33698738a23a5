from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.booking import Booking
from domain.snapshots import Party
from domain.status import BookingStatus
from domain.sync_run import SyncStatus
from domain.values import Stay
from ports.queries import BookingFilter, BookingOrder, GuestFilter, Slice
from tests import builders
from tests.builders import HOUR, MINUTE, T0
from tests.contracts.conftest import HotelFixture

ARRIVAL = (BookingOrder.ARRIVAL_ASC, BookingOrder.ARRIVAL_DESC)


def find_bookings(place: HotelFixture, limit: int = 99, **conditions: object) -> list[str]:
    wanted = BookingFilter(hotel_id=place.hotel.id, **conditions)  # type: ignore[arg-type]  # one helper for all conditions
    found = place.store.queries.bookings(wanted, order=BookingOrder.ARRIVAL_ASC, limit=limit)
    return sorted(booking.external_id for booking in found.rows)


def page(
    place: HotelFixture, order: BookingOrder, limit: int, after: tuple[str, str] | None = None
) -> Slice[Booking]:
    wanted = BookingFilter(hotel_id=place.hotel.id)
    return place.store.queries.bookings(wanted, order=order, limit=limit, after=after)


def keys(rows: Sequence[Booking], order: BookingOrder) -> list[str]:
    if order in ARRIVAL:
        return [b.details.stay.arrival.isoformat() for b in rows]
    return [b.synced_at.isoformat(timespec="microseconds") for b in rows]


def fill(place: HotelFixture, number: int = 11) -> None:
    """Some of one arrival and one instant, so that the id decides."""
    for n in range(number):
        arrival = date(2026, 6, 1 + n // 3)
        entity = builders.booking(place.connection, f"B{n}", stay=Stay(arrival, arrival))
        micros = timedelta(microseconds=(number - n) // 3 * 1_000)
        place.save(replace(entity, synced_at=T0.replace(microsecond=0) + micros))


class TestTheFilter:
    @pytest.fixture
    def hotel_with_bookings(self, place: HotelFixture, elsewhere: HotelFixture) -> HotelFixture:
        other = place.add_connection(provider="other")
        stay = Stay(date(2026, 7, 1), date(2026, 7, 3))
        place.save(
            builders.booking(place.connection, "plain"),
            builders.booking(place.connection, "out", status=BookingStatus.CHECKED_OUT, stay=stay),
            builders.booking(place.connection, "gone", deleted_at_source=T0),
            builders.booking(place.connection, "numbered", confirmation_number="C-1"),
        )
        place.save(builders.booking(other, "foreign"))
        elsewhere.save(builders.booking(elsewhere.connection, "theirs", confirmation_number="C-1"))
        return place

    def test_is_of_one_hotel_without_those_gone_at_the_source(
        self, hotel_with_bookings: HotelFixture
    ) -> None:
        assert find_bookings(hotel_with_bookings) == ["foreign", "numbered", "out", "plain"]
        assert find_bookings(hotel_with_bookings, include_deleted=True) == [
            "foreign",
            "gone",
            "numbered",
            "out",
            "plain",
        ]

    def test_holds_each_condition(self, hotel_with_bookings: HotelFixture) -> None:
        assert find_bookings(hotel_with_bookings, provider="other") == ["foreign"]
        assert find_bookings(
            hotel_with_bookings, statuses=frozenset({BookingStatus.CHECKED_OUT})
        ) == ["out"]
        both = frozenset({BookingStatus.CHECKED_OUT, BookingStatus.CONFIRMED})
        assert len(find_bookings(hotel_with_bookings, statuses=both)) == 4
        assert find_bookings(hotel_with_bookings, arrival=date(2026, 7, 1)) == ["out"]
        assert find_bookings(hotel_with_bookings, departure=date(2026, 7, 3)) == ["out"]
        assert find_bookings(hotel_with_bookings, confirmation_number="C-1") == ["numbered"]

    def test_never_widens(self, hotel_with_bookings: HotelFixture) -> None:
        assert find_bookings(hotel_with_bookings, confirmation_number="c-1") == []
        assert find_bookings(hotel_with_bookings, confirmation_number="") == []
        assert find_bookings(hotel_with_bookings, confirmation_number="%") == []
        assert find_bookings(hotel_with_bookings, provider="") == []
        assert find_bookings(hotel_with_bookings, guest_email="") == []
        assert find_bookings(hotel_with_bookings, guest_email="%") == []
        assert find_bookings(hotel_with_bookings, arrival=date(2026, 7, 1), provider="other") == []
        assert (
            find_bookings(hotel_with_bookings, arrival=date(2026, 7, 1), departure=date(2026, 7, 2))
            == []
        )
        stay = Stay(date(2026, 7, 1), date(2026, 7, 1)).dates
        assert (
            find_bookings(
                hotel_with_bookings, stay=stay, statuses=frozenset({BookingStatus.PENDING})
            )
            == []
        )

    def test_takes_changes_of_our_picture_since_an_instant(self, place: HotelFixture) -> None:
        for n in range(3):
            entity = builders.booking(place.connection, f"B{n}")
            place.save(replace(entity, synced_at=T0 + timedelta(microseconds=n)))
        assert find_bookings(place, updated_since=T0 + timedelta(microseconds=1)) == ["B1", "B2"]
        assert find_bookings(place, updated_since=T0 + MINUTE) == []

    def test_finds_an_e_mail_without_case_on_the_booking_and_on_its_guest(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        def of(external_id: str, guest_id: str | None = None, email: str | None = None) -> Booking:
            return builders.booking(
                place.connection, external_id, primary_guest=Party(guest_id=guest_id, email=email)
            )

        place.save(
            of("own", email="ZOË.ÜNAL@Example.org"),
            of("by guest", guest_id="G1"),
            of("both", guest_id="G1", email="zoë.ünal@example.org"),
            of("other guest", guest_id="G2", email="zoe@example.org"),
            of("no guest", guest_id="G9"),
            builders.booking(place.connection, "nobody"),
        )
        elsewhere.save(
            builders.booking(
                elsewhere.connection, "theirs", primary_guest=Party(email="zoë.ünal@example.org")
            )
        )
        with place.store.unit_of_work() as uow:
            uow.guests.save(
                [
                    builders.guest(place.connection, "G1", email="Zoë.Ünal@example.org"),
                    builders.guest(place.connection, "G2", email="else@example.org"),
                ]
            )
            uow.guests.save(
                [builders.guest(elsewhere.connection, "G9", email="zoë.ünal@example.org")]
            )
            uow.commit()
        assert find_bookings(place, guest_email="zoë.ünal@EXAMPLE.org") == [
            "both",
            "by guest",
            "own",
        ]
        assert find_bookings(place, guest_email="else@example.org") == ["other guest"]
        assert find_bookings(place, guest_email="zo_@example.org") == []


@pytest.mark.parametrize("order", BookingOrder)
class TestPages:
    def test_are_in_order(self, place: HotelFixture, order: BookingOrder) -> None:
        fill(place)
        found = page(place, order, 99)
        descending = order in (BookingOrder.ARRIVAL_DESC, BookingOrder.UPDATED_DESC)
        assert keys(found.rows, order) == sorted(keys(found.rows, order), reverse=descending)
        assert (len(found.rows), len(found.positions), found.more) == (11, 11, False)

    @pytest.mark.parametrize("limit", [1, 2, 5, 10, 11, 12])
    def test_give_each_booking_once(
        self, place: HotelFixture, order: BookingOrder, limit: int
    ) -> None:
        fill(place)
        whole = [b.external_id for b in page(place, order, 99).rows]
        seen: list[str] = []
        after = None
        for _ in range(12):
            found = page(place, order, limit, after)
            seen += [b.external_id for b in found.rows]
            assert found.more == (len(seen) < len(whole))
            if not found.more:
                break
            after = found.positions[-1]
        assert seen == whole

    def test_start_after_any_position(self, place: HotelFixture, order: BookingOrder) -> None:
        fill(place)
        whole = page(place, order, 99)
        for number, position in enumerate(whole.positions):
            assert page(place, order, 99, position).rows == whole.rows[number + 1 :]

    def test_keep_their_place_while_bookings_are_written(
        self, place: HotelFixture, order: BookingOrder
    ) -> None:
        fill(place)
        whole = page(place, order, 99).rows
        first = page(place, order, 4)
        stays = [date(2026, 1, 1), date(2026, 6, 2), date(2026, 12, 31)]
        for n, day in enumerate(stays):
            entity = builders.booking(place.connection, f"new {n}", stay=Stay(day, day))
            place.save(replace(entity, synced_at=T0 + (n - 1) * MINUTE))
        rest = page(place, order, 99, first.positions[-1]).rows
        stored = [b for b in rest if not b.external_id.startswith("new")]
        assert [*first.rows, *stored] == whole

    def test_of_nothing_are_empty(self, place: HotelFixture, order: BookingOrder) -> None:
        found = page(place, order, 1)
        assert (list(found.rows), list(found.positions), found.more) == ([], [], False)


class TestOneBooking:
    def test_is_found_by_its_identity_also_when_gone(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        entity = builders.booking(place.connection, deleted_at_source=T0)
        place.save(entity)
        queries = place.store.queries
        assert queries.booking(place.hotel.id, "scripted", "B1") == entity
        assert queries.booking(place.hotel.id, "other", "B1") is None
        assert queries.booking(place.hotel.id, "scripted", "b1") is None
        assert queries.booking(elsewhere.hotel.id, "scripted", "B1") is None


class TestGuestPages:
    def test_are_by_id_and_filtered(self, place: HotelFixture, elsewhere: HotelFixture) -> None:
        other = place.add_connection(provider="other")
        guests = [
            builders.guest(place.connection, "G1", email="Ä@example.org"),
            builders.guest(place.connection, "G2"),
            builders.guest(other, "G1", email="ä@example.org"),
        ]
        with place.store.unit_of_work() as uow:
            uow.guests.save(guests[:2])
            uow.guests.save(guests[2:])
            uow.guests.save([builders.guest(elsewhere.connection, "G1", email="ä@example.org")])
            uow.commit()
        wanted = GuestFilter(hotel_id=place.hotel.id)
        queries = place.store.queries
        assert list(queries.guests(wanted, limit=9).rows) == guests
        first = queries.guests(wanted, limit=2)
        assert (list(first.rows), first.more) == (guests[:2], True)
        rest = queries.guests(wanted, limit=2, after=first.positions[-1])
        assert (list(rest.rows), rest.more) == (guests[2:], False)
        emails = queries.guests(replace(wanted, email="Ä@EXAMPLE.org"), limit=9)
        assert list(emails.rows) == [guests[0], guests[2]]
        named = replace(wanted, provider="scripted", external_ids=frozenset({"G2", "G9"}))
        assert list(queries.guests(named, limit=9).rows) == [guests[1]]
        assert list(queries.guests(replace(wanted, email=""), limit=9).rows) == []


class TestProviderFilter:
    def test_is_shown_of_the_sync_runs_newest_first_over_its_connections(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        second, other = place.add_connection(), place.add_connection(provider="other")
        ended = {"status": SyncStatus.COMPLETED}
        mine = [
            builders.sync_run(of, queued_at=T0 + n * MINUTE, **ended)
            for n, of in enumerate((place.connection, second) * 2)
        ]
        theirs = builders.sync_run(other, queued_at=T0 + HOUR, **ended)
        with place.store.unit_of_work() as uow:
            for run in (*mine, theirs, builders.sync_run(elsewhere.connection)):
                uow.sync_runs.add(run)
            uow.commit()
        find_bookings, hotel_id = place.store.queries.sync_runs, place.hotel.id
        runs, number = find_bookings(hotel_id, limit=2, offset=1, provider="scripted")
        assert (list(runs), number) == ([mine[2], mine[1]], 4)
        runs, number = find_bookings(hotel_id, limit=9, provider="other")
        assert (list(runs), number) == ([theirs], 1)
        runs, number = find_bookings(hotel_id, limit=9, provider="other", connection_id=second.id)
        assert (list(runs), number) == ([], 0)

    def test_is_shown_of_the_quarantine_oldest_first(self, place: HotelFixture) -> None:
        other = place.add_connection(provider="other")
        mixed = [builders.full_inbox_item(of) for of in (other, place.connection, other) * 2]
        with place.store.unit_of_work() as uow:
            uow.inbox.add(mixed)
            uow.commit()
        find_bookings, hotel_id = place.store.queries.quarantine, place.hotel.id
        theirs = [item for item in mixed if item.provider == "other"]
        assert list(find_bookings(hotel_id, limit=9, provider="other")) == theirs
        assert list(find_bookings(hotel_id, limit=1, provider="scripted")) == [mixed[1]]
        assert (
            list(find_bookings(hotel_id, limit=2, provider="other", after=theirs[1].id))
            == theirs[2:]
        )
        assert list(find_bookings(hotel_id, limit=9, provider="")) == []
