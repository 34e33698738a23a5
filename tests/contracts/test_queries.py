import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.booking import Booking
from domain.errors import InvalidField
from domain.snapshots import Party
from domain.status import BookingStatus
from domain.sync_run import SyncStatus
from domain.values import MAX_STAY_NIGHTS, DateRange, Stay
from ports.queries import (
    BookingFilter,
    BookingOrder,
    ContentSize,
    GuestFilter,
    Inspect,
    Part,
    QuarantineFilter,
    RecordsSize,
    Slice,
)
from tests import builders
from tests.builders import HOUR, MINUTE, T0
from tests.contracts.conftest import HotelFixture

ARRIVAL = (BookingOrder.ARRIVAL_ASC, BookingOrder.ARRIVAL_DESC)


def find_bookings(site: HotelFixture, limit: int = 99, **conditions: object) -> list[str]:
    wanted = BookingFilter(hotel_id=site.hotel.id, **conditions)  # type: ignore[arg-type]  # one helper for all conditions
    found = site.store.queries.bookings(wanted, order=BookingOrder.ARRIVAL_ASC, limit=limit)
    return sorted(booking.external_id for booking in found.rows)


def page(
    site: HotelFixture, order: BookingOrder, limit: int, after: tuple[str, str] | None = None
) -> Slice[Booking]:
    wanted = BookingFilter(hotel_id=site.hotel.id)
    return site.store.queries.bookings(wanted, order=order, limit=limit, after=after)


def keys(rows: Sequence[Booking], order: BookingOrder) -> list[str]:
    if order in ARRIVAL:
        return [b.details.stay.arrival.isoformat() for b in rows]
    return [b.synced_at.isoformat(timespec="microseconds") for b in rows]


def fill(site: HotelFixture, number: int = 11) -> None:
    """Several with the same arrival and instant, which only the id orders."""
    for n in range(number):
        arrival = date(2026, 6, 1 + n // 3)
        entity = builders.booking(site.connection, f"B{n}", stay=Stay(arrival, arrival))
        micros = timedelta(microseconds=(number - n) // 3 * 1_000)
        site.save(replace(entity, synced_at=T0.replace(microsecond=0) + micros))


class TestBookingFilter:
    @pytest.fixture
    def hotel_with_bookings(self, site: HotelFixture, other_site: HotelFixture) -> HotelFixture:
        other = site.add_connection(provider="other")
        stay = Stay(date(2026, 7, 1), date(2026, 7, 3))
        site.save(
            builders.booking(site.connection, "plain"),
            builders.booking(site.connection, "out", status=BookingStatus.CHECKED_OUT, stay=stay),
            builders.booking(site.connection, "deleted", deleted_at_source=T0),
            builders.booking(site.connection, "numbered", confirmation_number="C-1"),
        )
        site.save(builders.booking(other, "foreign"))
        other_site.save(
            builders.booking(other_site.connection, "theirs", confirmation_number="C-1")
        )
        return site

    def test_excludes_other_hotels_and_deleted_bookings(
        self, hotel_with_bookings: HotelFixture
    ) -> None:
        assert find_bookings(hotel_with_bookings) == ["foreign", "numbered", "out", "plain"]
        assert find_bookings(hotel_with_bookings, include_deleted=True) == [
            "deleted",
            "foreign",
            "numbered",
            "out",
            "plain",
        ]

    def test_finds_every_provider_of_the_hotel(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        """Also those that no other hotel has."""
        for provider in ("a", "zeta"):
            site.save(builders.booking(site.add_connection(provider=provider), provider))
        other_site.save(builders.booking(other_site.add_connection(provider="m"), "m"))
        assert find_bookings(site) == ["a", "zeta"]
        assert find_bookings(other_site) == ["m"]

    def test_applies_each_condition(self, hotel_with_bookings: HotelFixture) -> None:
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

    def test_finds_bookings_written_since_an_instant(self, site: HotelFixture) -> None:
        for n in range(3):
            entity = builders.booking(site.connection, f"B{n}")
            site.save(replace(entity, synced_at=T0 + timedelta(microseconds=n)))
        assert find_bookings(site, updated_since=T0 + timedelta(microseconds=1)) == ["B1", "B2"]
        assert find_bookings(site, updated_since=T0 + MINUTE) == []

    def test_finds_an_email_of_the_booking_or_its_guest_ignoring_case(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def of(external_id: str, guest_id: str | None = None, email: str | None = None) -> Booking:
            return builders.booking(
                site.connection, external_id, primary_guest=Party(guest_id=guest_id, email=email)
            )

        site.save(
            of("own", email="ZOË.ÜNAL@Example.org"),
            of("by guest", guest_id="G1"),
            of("both", guest_id="G1", email="zoë.ünal@example.org"),
            of("other guest", guest_id="G2", email="zoe@example.org"),
            of("no guest", guest_id="G9"),
            builders.booking(site.connection, "nobody"),
        )
        other_site.save(
            builders.booking(
                other_site.connection, "theirs", primary_guest=Party(email="zoë.ünal@example.org")
            )
        )
        with site.store.unit_of_work() as uow:
            uow.guests.save(
                [
                    builders.guest(site.connection, "G1", email="Zoë.Ünal@example.org"),
                    builders.guest(site.connection, "G2", email="else@example.org"),
                ]
            )
            uow.guests.save(
                [builders.guest(other_site.connection, "G9", email="zoë.ünal@example.org")]
            )
            uow.commit()
        assert find_bookings(site, guest_email="zoë.ünal@EXAMPLE.org") == [
            "both",
            "by guest",
            "own",
        ]
        assert find_bookings(site, guest_email="else@example.org") == ["other guest"]
        assert find_bookings(site, guest_email="zo_@example.org") == []

    def test_finds_email_with_blanks_around(self, site: HotelFixture) -> None:
        guest = Party(email=" Eve@Example.org\t")
        site.save(builders.booking(site.connection, "blanks", primary_guest=guest))
        assert find_bookings(site, guest_email="eve@example.org ") == ["blanks"]


@pytest.mark.parametrize("order", BookingOrder)
class TestPages:
    def test_are_in_order(self, site: HotelFixture, order: BookingOrder) -> None:
        fill(site)
        found = page(site, order, 99)
        descending = order in (BookingOrder.ARRIVAL_DESC, BookingOrder.UPDATED_DESC)
        assert keys(found.rows, order) == sorted(keys(found.rows, order), reverse=descending)
        assert (len(found.rows), len(found.positions), found.more) == (11, 11, False)

    @pytest.mark.parametrize("limit", [1, 2, 5, 10, 11, 12])
    def test_list_each_booking_once(
        self, site: HotelFixture, order: BookingOrder, limit: int
    ) -> None:
        fill(site)
        complete = [b.external_id for b in page(site, order, 99).rows]
        seen: list[str] = []
        after = None
        for _ in range(12):
            found = page(site, order, limit, after)
            seen += [b.external_id for b in found.rows]
            assert found.more == (len(seen) < len(complete))
            if not found.more:
                break
            after = found.positions[-1]
        assert seen == complete

    def test_start_after_any_position(self, site: HotelFixture, order: BookingOrder) -> None:
        fill(site)
        complete = page(site, order, 99)
        for number, position in enumerate(complete.positions):
            assert page(site, order, 99, position).rows == complete.rows[number + 1 :]

    def test_are_stable_while_bookings_are_written(
        self, site: HotelFixture, order: BookingOrder
    ) -> None:
        fill(site)
        complete = page(site, order, 99).rows
        first = page(site, order, 4)
        stays = [date(2026, 1, 1), date(2026, 6, 2), date(2026, 12, 31)]
        for n, day in enumerate(stays):
            entity = builders.booking(site.connection, f"new {n}", stay=Stay(day, day))
            site.save(replace(entity, synced_at=T0 + (n - 1) * MINUTE))
        rest = page(site, order, 99, first.positions[-1]).rows
        stored = [b for b in rest if not b.external_id.startswith("new")]
        assert [*first.rows, *stored] == complete

    def test_without_bookings_are_empty(self, site: HotelFixture, order: BookingOrder) -> None:
        found = page(site, order, 1)
        assert (list(found.rows), list(found.positions), found.more) == ([], [], False)


class TestOneBooking:
    def test_is_found_by_its_key_even_if_deleted(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        entity = builders.booking(site.connection, deleted_at_source=T0)
        site.save(entity)
        queries = site.store.queries
        assert queries.booking(site.hotel.id, "scripted", "B1") == entity
        assert queries.booking(site.hotel.id, "other", "B1") is None
        assert queries.booking(site.hotel.id, "scripted", "b1") is None
        assert queries.booking(other_site.hotel.id, "scripted", "B1") is None


class TestGuestPages:
    def test_are_ordered_by_id_and_filtered(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        other = site.add_connection(provider="other")
        guests = [
            builders.guest(site.connection, "G1", email="Ä@example.org"),
            builders.guest(site.connection, "G2"),
            builders.guest(other, "G1", email="ä@example.org"),
        ]
        with site.store.unit_of_work() as uow:
            uow.guests.save(guests[:2])
            uow.guests.save(guests[2:])
            uow.guests.save([builders.guest(other_site.connection, "G1", email="ä@example.org")])
            uow.commit()
        wanted = GuestFilter(hotel_id=site.hotel.id)
        queries = site.store.queries
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
    def test_lists_sync_runs_of_all_its_connections_newest_first(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        second, other = site.add_connection(), site.add_connection(provider="other")
        ended = {"status": SyncStatus.COMPLETED}
        mine = [
            builders.sync_run(of, queued_at=T0 + n * MINUTE, **ended)
            for n, of in enumerate((site.connection, second) * 2)
        ]
        theirs = builders.sync_run(other, queued_at=T0 + HOUR, **ended)
        with site.store.unit_of_work() as uow:
            for run in (*mine, theirs, builders.sync_run(other_site.connection)):
                uow.sync_runs.add(run)
            uow.commit()
        find, hotel_id = site.store.queries.sync_runs, site.hotel.id
        page = find(hotel_id, limit=2, provider="scripted")
        assert (list(page.rows), page.more) == ([mine[3], mine[2]], True)
        page = find(hotel_id, limit=2, provider="scripted", after=page.positions[-1])
        assert (list(page.rows), page.more) == ([mine[1], mine[0]], False)
        assert list(find(hotel_id, limit=9, provider="other").rows) == [theirs]

    def test_lists_the_quarantine_oldest_first(self, site: HotelFixture) -> None:
        other = site.add_connection(provider="other")
        mixed = [builders.full_inbox_item(of) for of in (other, site.connection, other) * 2]
        with site.store.unit_of_work() as uow:
            uow.inbox.add(mixed)
            uow.commit()
        find = site.store.queries.quarantine
        of_other = QuarantineFilter(hotel_id=site.hotel.id, provider="other")
        theirs = [item.listed() for item in mixed if item.provider == "other"]
        assert list(find(of_other, limit=9)) == theirs
        assert list(find(replace(of_other, provider="scripted"), limit=1)) == [mixed[1].listed()]
        assert list(find(replace(of_other, after=theirs[1].id), limit=2)) == theirs[2:]
        assert list(find(replace(of_other, provider=""), limit=9)) == []


class TestSizes:
    """Of what is found, before its content is read."""

    def inspected(self, part: Part) -> tuple[list[ContentSize], Inspect]:
        sizes: list[ContentSize] = []

        def inspect(found: Sequence[ContentSize]) -> Part:
            sizes.extend(found)
            return part

        return sizes, inspect

    def bookings(self, site: HotelFixture, inspect: Inspect) -> Sequence[Booking]:
        wanted = BookingFilter(hotel_id=site.hotel.id, include_deleted=True)
        order = BookingOrder.ARRIVAL_ASC
        return site.store.queries.bookings(wanted, order=order, limit=9, inspect=inspect).rows

    def test_of_bookings_count_the_elements_of_their_lists(self, site: HotelFixture) -> None:
        full = builders.full_booking(site.connection, "B1")
        late = Stay(date(2030, 1, 1), date(2030, 1, 2))
        long = builders.booking(site.connection, "B2", stay=late, notes="\u00e9" * 1_000)
        site.save(full, long)
        sizes, inspect = self.inspected(Part.CONTENT)
        assert list(self.bookings(site, inspect)) == [full, long]
        rooms = full.details.rooms
        assert len(rooms) > 1
        assert replace(sizes[0], document_bytes=0) == ContentSize(
            external_id="B1",
            rooms=len(rooms),
            nightly_prices=sum(len(room.nightly_prices) for room in rooms),
            occupancy=sum(len(room.occupancy) for room in rooms),
            further_guests=len(full.details.further_guests),
            extras=len(full.details.extras),
        )
        assert sizes[1].document_bytes >= 1_000
        one, inspect = self.inspected(Part.CONTENT)
        key = (site.hotel.id, full.provider, "B1")
        assert site.store.queries.booking(*key, inspect=inspect) == full
        assert one == sizes[:1]

    def test_of_guests_count_their_extras(self, site: HotelFixture) -> None:
        guest = builders.full_guest(site.connection)
        with site.store.unit_of_work() as uow:
            uow.guests.save([guest])
            uow.commit()
        wanted = GuestFilter(hotel_id=site.hotel.id)
        sizes, inspect = self.inspected(Part.CONTENT | Part.IDENTITY)
        assert list(site.store.queries.guests(wanted, limit=9, inspect=inspect).rows) == [guest]
        assert sizes[0].extras == len(guest.details.extras) > 0
        assert sizes[0].document_bytes > 0

    @pytest.mark.parametrize("part", [Part.NONE, Part.CONTENT])
    def test_leave_what_has_a_column_without_content(self, site: HotelFixture, part: Part) -> None:
        booking, guest = (
            builders.full_booking(site.connection),
            builders.full_guest(site.connection),
        )
        site.save(booking)
        with site.store.unit_of_work() as uow:
            uow.guests.save([guest])
            uow.commit()
        _, inspect = self.inspected(part)
        [row], details = self.bookings(site, inspect), booking.details
        columns = ("status", "stay", "source", "total", "paid", "balance", "checked_in_at")
        assert [getattr(row.details, name) for name in columns] == [
            getattr(details, name) for name in columns
        ]
        assert (row.id, row.external_id, row.provenance) == (
            booking.id,
            booking.external_id,
            booking.provenance,
        )
        of_guests = GuestFilter(hotel_id=site.hotel.id)
        [found_guest] = site.store.queries.guests(of_guests, limit=9, inspect=inspect).rows
        assert (found_guest.id, found_guest.synced_at) == (guest.id, guest.synced_at)

    def test_end_the_query_with_the_error_of_their_inspection(self, site: HotelFixture) -> None:
        site.save(builders.booking(site.connection))

        def refuse(_: Sequence[ContentSize]) -> Part:
            raise InvalidField("first", "too much")

        with pytest.raises(InvalidField):
            self.bookings(site, refuse)

    def test_of_records_count_each_kind(self, site: HotelFixture) -> None:
        queries, records = site.store.queries, builders.full_records()
        assert queries.count_records(site.hotel.id) == RecordsSize(
            room_types=0, rooms=0, rate_plans=0, text_bytes=0
        )
        with site.store.unit_of_work() as uow:
            uow.records.save(site.hotel.id, "scripted", records, now=T0)
            uow.commit()
        size = queries.count_records(site.hotel.id)
        assert (size.room_types, size.rooms, size.rate_plans) == (
            len(records.room_types),
            len(records.rooms),
            len(records.rate_plans),
        )
        assert size.text_bytes > 0


WINTER = date(2025, 12, 1)
SPREAD = 90
"""Days over which the random stays of a test arrive."""


def days(most: int = SPREAD) -> st.SearchStrategy[date]:
    return st.integers(-5, most).map(lambda n: WINTER + timedelta(days=n))


def day_ranges() -> st.SearchStrategy[DateRange]:
    lengths = st.one_of(st.integers(1, 4), st.just(SPREAD))
    return st.builds(lambda day, n: DateRange(day, day + timedelta(days=n)), days(), lengths)


def some_filters() -> st.SearchStrategy[dict[str, object]]:
    statuses = st.frozensets(st.sampled_from(BookingStatus), min_size=1)
    optional: dict[str, st.SearchStrategy[object]] = {
        "provider": st.sampled_from(["scripted", "other"]),
        "statuses": statuses,
        "arrival": days(),
        "departure": days(),
        "arrival_range": day_ranges(),
        "departure_range": day_ranges(),
        "stay": day_ranges(),
        "in_house_on": days(),
        "updated_since": st.integers(0, 30).map(lambda n: T0 + n * MINUTE),
        "include_deleted": st.booleans(),
    }
    chosen = st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=3)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({n: optional[n] for n in names}))


def meets(booking: Booking, wanted: BookingFilter) -> bool:
    """The filter's definition, day by day."""
    details = booking.details
    taken = {details.stay.arrival + timedelta(days=n) for n in range(nights_of(details.stay) or 1)}
    in_house = {BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN, BookingStatus.CHECKED_OUT}
    conditions = {
        "hotel_id": wanted.include_deleted or details.deleted_at_source is None,
        "provider": booking.provider == wanted.provider,
        "statuses": details.status in wanted.statuses,
        "arrival": details.stay.arrival == wanted.arrival,
        "departure": details.stay.departure == wanted.departure,
        "arrival_range": details.stay.arrival in listed_days(wanted.arrival_range),
        "departure_range": details.stay.departure in listed_days(wanted.departure_range),
        "stay": bool(taken & listed_days(wanted.stay)),
        "in_house_on": details.status in in_house and wanted.in_house_on in taken,
        "updated_since": booking.synced_at >= (wanted.updated_since or booking.synced_at),
    }
    return all(met for name, met in conditions.items() if getattr(wanted, name))


def nights_of(stay: Stay) -> int:
    return (stay.departure - stay.arrival).days


def listed_days(window: DateRange | None) -> set[date]:
    if window is None:
        return set()
    return {window.start + timedelta(days=n) for n in range((window.end - window.start).days)}


class TestRandomStays:
    @pytest.fixture
    def random_bookings(self, site: HotelFixture, other_site: HotelFixture) -> list[Booking]:
        chosen = random.Random(11)
        connections = [site.connection, site.add_connection(provider="other")]
        nights = [*range(6), 30, 31, 32, 33, 400, MAX_STAY_NIGHTS]
        stored = []
        for n in range(120):
            arrival = WINTER + timedelta(days=chosen.randrange(-5, SPREAD))
            length = timedelta(days=chosen.choice(nights))
            # One that is over long before the days that are asked for.
            arrival -= length if n % 3 == 0 else timedelta()
            entity = builders.booking(
                chosen.choice(connections),
                f"B{n}",
                stay=Stay(arrival, arrival + length),
                status=chosen.choice(list(BookingStatus)),
                deleted_at_source=T0 if n % 10 == 0 else None,
            )
            stored.append(replace(entity, synced_at=T0 + chosen.randrange(30) * MINUTE))
        site.save(*stored[:60])
        site.save(*stored[60:])
        other_site.save(*[builders.booking(other_site.connection, f"B{n}") for n in range(3)])
        return stored

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(conditions=some_filters(), order=st.sampled_from(BookingOrder), limit=st.integers(1, 9))
    def test_are_found_page_by_page_as_the_filter_is_defined(
        self,
        site: HotelFixture,
        random_bookings: list[Booking],
        conditions: dict[str, object],
        order: BookingOrder,
        limit: int,
    ) -> None:
        wanted = BookingFilter(hotel_id=site.hotel.id, **conditions)  # type: ignore[arg-type]
        is_descending = order in (BookingOrder.ARRIVAL_DESC, BookingOrder.UPDATED_DESC)
        expected = sorted(
            [each for each in random_bookings if meets(each, wanted)],
            key=lambda each: (keys([each], order), each.id.hex),
            reverse=is_descending,
        )
        found, after = [], None
        for _ in range(len(expected) + 1):
            part = site.store.queries.bookings(wanted, order=order, limit=limit, after=after)
            found += [each.external_id for each in part.rows]
            if not part.more:
                break
            after = part.positions[-1]
        assert found == [each.external_id for each in expected]

    def test_overlap_the_window_of_a_reconcile(
        self, site: HotelFixture, random_bookings: list[Booking]
    ) -> None:
        for first in range(-40, SPREAD, 7):
            start = WINTER + timedelta(days=first)
            window = DateRange(start, start + timedelta(days=1 + first % 5))
            with site.store.unit_of_work() as uow:
                found = uow.bookings.ids_overlapping(site.hotel.id, site.connection.id, window)
            mine = [b for b in random_bookings if b.connection_id == site.connection.id]
            details = {b.external_id: b.details for b in mine if not b.details.deleted_at_source}
            expected = [k for k, each in details.items() if each.stay.dates.overlaps(window)]
            assert sorted(found) == sorted(expected)
