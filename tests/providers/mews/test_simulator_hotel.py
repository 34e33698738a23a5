from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.outbound.providers.mews.simulator.days import MewsActivityGenerator
from adapters.outbound.providers.mews.simulator.hotel import SimulatedHotel
from adapters.outbound.providers.mews.simulator.hotel_commands import MewsHotelCommands
from adapters.outbound.providers.mews.simulator.hotel_time import utc_text
from adapters.outbound.providers.mews.simulator.records import Reservation
from adapters.outbound.providers.mews.simulator.server import (
    MewsSimulator,
    SimulatorOptions,
    start_simulator,
)
from tests.providers.mews.simulator_client import RESERVATIONS, Wire

HOLDING = {"Optional", "Confirmed", "Started", "Processed"}
METRICS = ["ConfirmedReservations", "OptionalReservations", "Occupied", "OutOfOrderBlocks"]


def aged_hotel(seed: int) -> SimulatedHotel:
    hotel = SimulatedHotel(seed=seed, bookings=300)
    activity = MewsActivityGenerator(hotel)
    activity.generate_day()
    activity.generate_events(80)
    return hotel


class TestSeed:
    def test_decides_everything(self) -> None:
        first, second = aged_hotel(3), aged_hotel(3)
        assert first.true_reservations() == second.true_reservations()
        assert first.true_customers() == second.true_customers()
        assert first.clock.now == second.clock.now

    def test_makes_another_hotel_when_it_differs(self) -> None:
        assert (
            not aged_hotel(3).true_reservations().keys() & aged_hotel(4).true_reservations().keys()
        )

    @pytest.mark.parametrize("bookings", [0, 1, 2, 57])
    def test_makes_as_many_bookings_as_asked(self, bookings: int) -> None:
        assert len(SimulatedHotel(bookings=bookings).stays()) == bookings


class TestHotel:
    def test_has_every_state_and_oddity(self) -> None:
        hotel = SimulatedHotel()
        assert set(hotel.states()) == HOLDING | {"Canceled", "Inquired", "Requested"}
        stays = hotel.stays()
        assert any(stay.cancellation_reason == "NoShow" for stay in stays)
        assert any(stay.account_type == "Company" for stay in stays)
        assert any(len(hotel.reservations.linked("group", stay.group_id)) > 2 for stay in stays)
        customers = list(hotel.customers)
        assert any(customer.merge_target_id for customer in customers)
        relays = [customer.email for customer in customers if customer.has_ota_email]
        assert len(relays) > len(set(relays))
        assert any(stay.service_id != hotel.catalog.stay_service_id for stay in hotel.reservations)

    def test_knows_nothing_of_the_future(self) -> None:
        hotel = SimulatedHotel()
        for item in hotel.reservations:
            assert item.created <= item.updated <= hotel.clock.now
        assert all(item.updated <= hotel.clock.now for item in hotel.customers)
        assert all(item.updated <= hotel.clock.now for item in hotel.order_items)

    def test_never_lets_a_room_twice_however_long_it_lives(self) -> None:
        hotel = SimulatedHotel(seed=2, bookings=600)
        activity = MewsActivityGenerator(hotel)
        for _ in range(40):
            activity.generate_day()
        activity.generate_events(300)
        for room in hotel.rooms:
            stays = hotel.reservations.linked("room", room.id)
            spans = sorted((stay.arrival, stay.departure) for stay in stays)
            for (_, departure), (arrival, _) in pairwise(spans):
                assert departure <= arrival

    @pytest.mark.parametrize(
        ("zone", "day", "utc"),
        [
            ("Europe/Berlin", date(2026, 3, 28), "2026-03-28T14:00:00Z"),
            ("Europe/Berlin", date(2026, 3, 29), "2026-03-29T13:00:00Z"),
            ("Asia/Tokyo", date(2026, 3, 29), "2026-03-29T06:00:00Z"),
            ("Pacific/Auckland", date(2026, 3, 29), "2026-03-29T02:00:00Z"),
        ],
    )
    def test_schedules_arrivals_at_15_local_time(self, zone: str, day: date, utc: str) -> None:
        hotel = SimulatedHotel(bookings=0, time_zone=zone)
        booked = MewsHotelCommands(hotel).book(day, day + timedelta(days=1))
        assert booked is not None
        MewsHotelCommands(hotel).amend_dates(booked, day, day + timedelta(days=2))
        assert hotel.json.reservation(booked)["ScheduledStartUtc"] == utc


def confirmed(hotel: SimulatedHotel) -> Reservation:
    return next(
        item
        for item in hotel.stays()
        if item.state == "Confirmed" and item.arrival > hotel.today and item.nights > 1
    )


ACTS: dict[str, Callable[[MewsHotelCommands, Reservation], object]] = {
    "check_in": lambda commands, item: commands.check_in(item),
    "check_out": lambda commands, item: commands.check_out(item),
    "revert": lambda commands, item: commands.revert_check_in(item),
    "cancel": lambda commands, item: commands.cancel(item, "NoShow"),
    "move": lambda commands, item: commands.move_room(item),
    "amend": lambda commands, item: commands.amend_dates(
        item, item.arrival, item.departure - timedelta(days=1)
    ),
    "price": lambda commands, item: commands.change_price(item, 110),
    "companion": lambda commands, item: commands.add_companion(item),
}


class TestHotelCommands:
    @pytest.mark.parametrize("act", ACTS)
    def test_stamps_and_announces_every_change(self, act: str) -> None:
        hotel = SimulatedHotel(bookings=200)
        item = confirmed(hotel)
        before = hotel.json.reservation(item)
        hotel.clock.advance(5)
        ACTS[act](MewsHotelCommands(hotel), item)
        after = hotel.json.reservation(item)
        assert after["UpdatedUtc"] == utc_text(hotel.clock.now) != before["UpdatedUtc"]
        assert item.id in [event.id for event in hotel.take_events()]

    def test_can_reinstate_a_cancellation_with_its_prices(self) -> None:
        hotel = SimulatedHotel(bookings=200)
        commands, item = MewsHotelCommands(hotel), confirmed(hotel)
        hotel.clock.advance(5)
        commands.cancel(item, "Other")
        assert all(c.canceled for c in hotel.order_items.linked("reservation", item.id))
        hotel.clock.advance(5)
        assert commands.reinstate(item)
        assert (item.state, item.canceled, item.cancellation_reason) == ("Confirmed", None, None)
        assert not any(c.canceled for c in hotel.order_items.linked("reservation", item.id))

    def test_moves_the_bookings_of_a_merged_guest(self) -> None:
        hotel = SimulatedHotel(bookings=200)
        mine, other = [i for i in hotel.stays() if i.account_type == "Customer"][:2]
        source, target = hotel.customers[mine.account_id], hotel.customers[other.account_id]
        MewsHotelCommands(hotel).merge(source, target)
        assert mine.account_id == target.id
        assert (source.merge_target_id, source.is_active) == (target.id, False)

    def test_can_change_a_booking_without_a_trace(self) -> None:
        hotel = SimulatedHotel(bookings=50)
        item = confirmed(hotel)
        before = hotel.json.reservation(item)
        hotel.clock.advance(5)
        MewsHotelCommands(hotel).change_without_timestamp(item)
        after = hotel.json.reservation(item)
        assert after["PersonCounts"] != before["PersonCounts"]
        assert after["UpdatedUtc"] == before["UpdatedUtc"]
        assert hotel.take_events() == []


class TestDays:
    def test_bring_arrivals_departures_and_no_shows(self) -> None:
        hotel = SimulatedHotel(bookings=800)
        activity = MewsActivityGenerator(hotel)
        first_day = hotel.today
        no_shows = sum(item.cancellation_reason == "NoShow" for item in hotel.stays())
        for _ in range(10):
            activity.generate_day()
        assert hotel.today == first_day + timedelta(days=10)
        overdue = [
            item.state
            for item in hotel.stays()
            if item.departure < hotel.today and item.state not in {"Processed", "Canceled"}
        ]
        assert overdue == []
        assert sum(item.cancellation_reason == "NoShow" for item in hotel.stays()) > no_shows


def counted_from_answers(wire: Wire, nights: list[date], zone: ZoneInfo) -> dict[Any, list[int]]:
    """(category, metric) to counts, from reservations, rooms and blocks as the API tells them."""
    service = [wire.simulator.service_id]
    categories = wire.everything(
        "resourceCategories/getAll", "ResourceCategories", ServiceIds=service
    )
    assignments = wire.everything(
        "resourceCategoryAssignments/getAll",
        "ResourceCategoryAssignments",
        ResourceCategoryIds=[category["Id"] for category in categories],
    )
    category_of = {row["ResourceId"]: row["CategoryId"] for row in assignments}
    counts = {(c["Id"], metric): [0] * len(nights) for c in categories for metric in METRICS}

    def count(category: str, metrics: list[str], start: str, end: str) -> None:
        first, last = (datetime.fromisoformat(t).astimezone(zone).date() for t in (start, end))
        for position, night in enumerate(nights):
            for metric in metrics if first <= night < last else []:
                counts[category, metric][position] += 1

    for item in wire.everything(RESERVATIONS, "Reservations", ServiceIds=service):
        if item["State"] in HOLDING:
            room = item["AssignedResourceId"]
            category = category_of[room] if room else item["RequestedResourceCategoryId"]
            kind = "Optional" if item["State"] == "Optional" else "Confirmed"
            metrics = [f"{kind}Reservations", "Occupied"]
            count(category, metrics, item["ScheduledStartUtc"], item["ScheduledEndUtc"])
    for block in wire.everything(
        "resourceBlocks/getAll", "ResourceBlocks", Extent={"Inactive": False}
    ):
        if block["Type"] == "OutOfOrder":
            category = category_of[block["AssignedResourceId"]]
            count(category, ["OutOfOrderBlocks"], block["StartUtc"], block["EndUtc"])
    return counts


class TestAvailability:
    @pytest.mark.parametrize(
        ("start", "midnights"),
        [
            (
                date(2026, 3, 27),
                ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
            ),
            (
                date(2026, 10, 23),
                ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
            ),
        ],
        ids=["spring", "autumn"],
    )
    def test_agrees_with_the_reservations_across_a_clock_change(
        self, start: date, midnights: list[str]
    ) -> None:
        hotel = SimulatedHotel(seed=8, bookings=700, start_date=start)
        MewsActivityGenerator(hotel).generate_events(200)
        night = start + timedelta(days=2)
        staying = [i for i in hotel.stays() if i.state == "Confirmed" and i.arrival == night]
        hotel.reservations.change(staying[0], state="Optional")
        with MewsSimulator(hotel) as simulator:
            wire = Wire(simulator)
            answer = wire.call(
                "services/getAvailability/2024-01-22",
                ServiceId=simulator.service_id,
                FirstTimeUnitStartUtc=midnights[0],
                LastTimeUnitStartUtc=midnights[-1],
                Metrics=METRICS,
            ).json
            nights = [start + timedelta(days=offset) for offset in (1, 2, 3)]
            expected = counted_from_answers(wire, nights, ZoneInfo("Europe/Berlin"))
            wire.close()
        assert answer["TimeUnitStartsUtc"] == midnights
        reported = {
            (row["ResourceCategoryId"], metric): counts
            for row in answer["ResourceCategoryAvailabilities"]
            for metric, counts in row["Metrics"].items()
        }
        assert reported == expected
        for metric in ("ConfirmedReservations", "OptionalReservations"):
            assert any(sum(counts) for (_, name), counts in reported.items() if name == metric)

    @pytest.mark.parametrize(
        ("first", "last", "name"),
        [
            ("2026-03-20T00:00:00Z", "2026-03-20T23:00:00Z", "FirstTimeUnitStartUtc"),
            ("2026-03-20T23:00:00Z", "2026-03-21T22:00:00Z", "LastTimeUnitStartUtc"),
            ("2026-03-20T23:00:00Z", "2027-03-22T23:00:00Z", "LastTimeUnitStartUtc"),
        ],
    )
    def test_takes_only_local_midnights_within_367_days(
        self, first: str, last: str, name: str
    ) -> None:
        with MewsSimulator(SimulatedHotel(bookings=5)) as simulator:
            wire = Wire(simulator)
            answer = wire.call(
                "services/getAvailability/2024-01-22",
                ServiceId=simulator.service_id,
                FirstTimeUnitStartUtc=first,
                LastTimeUnitStartUtc=last,
                Metrics=METRICS,
            )
            wire.close()
        assert (answer.status, answer.json["Message"]) == (400, f"Invalid {name}")


class TestStart:
    def test_gives_a_running_simulator_that_has_lived_and_stops(self) -> None:
        options = SimulatorOptions(
            bookings=40, seed=6, days=2, faults=("503,times=1",), auto_activity_seconds=600
        )
        simulator = start_simulator(options)
        try:
            wire = Wire(simulator)
            assert [wire.call("configuration/get").status for _ in range(2)] == [503, 200]
            assert simulator.hotel.today == date(2026, 3, 18)
            wire.close()
        finally:
            simulator.stop()
