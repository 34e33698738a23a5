from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from adapters.outbound.provider_kit.simulation.hotel.commands import HotelCommands
from adapters.outbound.provider_kit.simulation.hotel.records import SimulatedRoomStay
from adapters.outbound.providers.mews.simulator.hotel_time import utc_text
from adapters.outbound.providers.mews.simulator.records import MewsReservation
from adapters.outbound.providers.mews.simulator.rendering import MewsRenderer
from adapters.outbound.providers.mews.simulator.server import (
    MewsSimulator,
    MewsSimulatorOptions,
    start_simulator,
)
from tests.providers.mews.simulator_client import (
    RESERVATIONS,
    Wire,
    new_simulator,
    reservation_ids,
)

HOLDING = {"Optional", "Confirmed", "Started", "Processed"}
METRICS = ["ConfirmedReservations", "OptionalReservations", "Occupied", "OutOfOrderBlocks"]


def aged_simulator(build: Callable[..., MewsSimulator], seed: int) -> MewsSimulator:
    simulator = build(seed=seed, bookings=300)
    simulator.activity.generate_day()
    simulator.activity.generate_events(80)
    return simulator


def rendered(simulator: MewsSimulator, item: MewsReservation) -> dict[str, Any]:
    return MewsRenderer(simulator.records, simulator.catalog).reservation(item)


def rendered_records(simulator: MewsSimulator) -> list[object]:
    renderer = MewsRenderer(simulator.records, simulator.catalog)
    records = simulator.records
    return [
        *map(renderer.reservation, records.stays()),
        *map(renderer.customer, records.customers.values()),
        *map(renderer.order_item, records.order_items()),
        records.now,
    ]


@pytest.fixture
def build() -> Iterator[Callable[..., MewsSimulator]]:
    """Makes simulators that are not started, and closes them."""
    built: list[MewsSimulator] = []

    def make(**options: Any) -> MewsSimulator:
        built.append(new_simulator(**options))
        return built[-1]

    yield make
    for simulator in built:
        simulator.stop()


class TestSeed:
    def test_determines_every_record(self, build: Callable[..., MewsSimulator]) -> None:
        assert rendered_records(aged_simulator(build, 3)) == rendered_records(
            aged_simulator(build, 3)
        )

    def test_makes_another_hotel_when_it_differs(self, build: Callable[..., MewsSimulator]) -> None:
        assert not reservation_ids(aged_simulator(build, 3)) & reservation_ids(
            aged_simulator(build, 4)
        )

    @pytest.mark.parametrize("bookings", [0, 1, 2, 57])
    def test_creates_the_requested_number_of_bookings(
        self, build: Callable[..., MewsSimulator], bookings: int
    ) -> None:
        stays = build(bookings=bookings).records.stays()
        assert len({item.booking.id for item in stays}) == bookings


class TestRecords:
    def test_cover_every_state_and_special_case(self, build: Callable[..., MewsSimulator]) -> None:
        simulator = build()
        simulator.activity.generate_events(200)
        records = simulator.records
        stays = records.stays()
        assert {item.state for item in stays} == HOLDING | {"Canceled", "Inquired", "Requested"}
        assert any(item.cancellation_reason == "NoShow" for item in stays)
        assert any(item.account_type == "Company" for item in stays)
        group_ids = [item.group_id for item in stays]
        assert any(group_ids.count(group_id) > 2 for group_id in set(group_ids))
        customers = list(records.customers.values())
        assert any(customer.merge_target_id for customer in customers)
        relays = [customer.guest.email for customer in customers if customer.has_ota_email]
        assert len(relays) > len(set(relays))
        assert any(item.is_parking for item in records.reservations.values())
        assert any(block.block.is_internal_use for block in records.blocks())
        assert any(not block.block.is_internal_use for block in records.blocks())
        assert any(item.canceled_at for item in records.order_items())

    def test_have_no_stamps_in_the_future(self, build: Callable[..., MewsSimulator]) -> None:
        records = build().records
        for item in records.reservations.values():
            assert item.created <= item.updated <= records.now
        assert all(item.updated <= records.now for item in records.customers.values())
        assert all(item.updated <= records.now for item in records.order_items())
        assert all(item.updated <= records.now for item in records.blocks())

    def test_never_sell_a_room_twice_or_while_it_is_blocked(
        self, build: Callable[..., MewsSimulator]
    ) -> None:
        simulator = build(seed=2, bookings=600)
        for _ in range(40):
            simulator.activity.generate_day()
        simulator.activity.generate_events(300)
        spans: dict[str, list[tuple[date, date]]] = {}
        for item in simulator.records.stays():
            if item.holds_inventory and item.stay.room_id and item.stay.nights:
                span = item.stay.arrival, item.stay.nights[-1] + timedelta(days=1)
                spans.setdefault(item.stay.room_id, []).append(span)
        for block in simulator.hotel.blocks.values():
            if not block.is_lifted:
                spans.setdefault(block.room_id, []).append((block.first_night, block.end_day))
        assert spans
        for taken in spans.values():
            for (_, departure), (arrival, _) in pairwise(sorted(taken)):
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
    def test_schedule_arrivals_at_15_local_time(
        self, build: Callable[..., MewsSimulator], zone: str, day: date, utc: str
    ) -> None:
        simulator = build(bookings=1, time_zone=zone)
        (item, *_) = simulator.records.stays()
        item.stay.arrival, item.stay.departure = day, day + timedelta(days=2)
        assert rendered(simulator, item)["ScheduledStartUtc"] == utc


def confirmed(simulator: MewsSimulator) -> MewsReservation:
    return next(
        item
        for item in simulator.records.stays()
        if item.state == "Confirmed"
        and item.stay.arrival > simulator.hotel.today
        and len(item.stay.nights) > 1
    )


ACTIONS: dict[str, Callable[[HotelCommands, SimulatedRoomStay], object]] = {
    "check_in": lambda commands, stay: commands.check_in(stay),
    "check_out": lambda commands, stay: commands.check_out(stay),
    "revert": lambda commands, stay: commands.revert_check_in(stay),
    "no_show": lambda commands, stay: commands.no_show(stay),
    "cancel": lambda commands, stay: commands.cancel(stay),
    "delete": lambda commands, stay: commands.delete(stay),
    "assign": lambda commands, stay: commands.assign(stay, assigned=not stay.is_assigned),
    "amend": lambda commands, stay: commands.extend(stay, -1),
    "price": lambda commands, stay: commands.reprice(stay),
    "companion": lambda commands, stay: commands.add_companion(stay),
}


class TestHotelCommands:
    @pytest.mark.parametrize("action", ACTIONS)
    def test_stamp_and_notify_every_change(
        self, build: Callable[..., MewsSimulator], action: str
    ) -> None:
        simulator = build(bookings=200)
        item = confirmed(simulator)
        before = rendered(simulator, item)
        simulator.activity.advance_clock(5)
        ACTIONS[action](simulator.activity.commands, item.stay)
        after = rendered(simulator, item)
        assert after["UpdatedUtc"] == utc_text(simulator.records.now) != before["UpdatedUtc"]
        simulator.queue_messages(simulator.activity.commands.take_events())
        events = [orjson.loads(message.body)["Events"] for message in simulator.messages()]
        notification = {"Discriminator": "ServiceOrderUpdated", "Value": {"Id": item.id}}
        assert [notification] in events

    def test_cancel_the_nights_that_an_amendment_takes_off(
        self, build: Callable[..., MewsSimulator]
    ) -> None:
        simulator = build(bookings=200)
        item, records = confirmed(simulator), simulator.records
        last_night = item.stay.nights[-1]
        simulator.activity.advance_clock(5)
        assert simulator.activity.commands.extend(item.stay, -1)
        (canceled,) = [i for i in records.order_items_of(item) if i.canceled]
        assert (canceled.night, canceled.canceled) == (last_night, records.now)
        assert not canceled.is_canceled_with_reservation

    def test_can_reinstate_a_cancellation_with_its_prices(
        self, build: Callable[..., MewsSimulator]
    ) -> None:
        simulator = build(bookings=200)
        commands, item = simulator.activity.commands, confirmed(simulator)
        records = simulator.records
        commands.cancel(item.stay)
        assert all(i.is_canceled_with_reservation for i in records.order_items_of(item))
        assert records.total(item) == 0
        assert commands.reinstate(item.stay)
        assert (item.state, item.canceled, item.cancellation_reason) == ("Confirmed", None, None)
        assert not any(i.canceled for i in records.order_items_of(item))

    def test_move_the_bookings_of_a_merged_guest(self, build: Callable[..., MewsSimulator]) -> None:
        simulator = build(bookings=200)
        records = simulator.records
        mine, other = [i for i in records.stays() if i.account_type == "Customer"][:2]
        source = records.customers[mine.account_id]
        target = records.customers[other.account_id]
        simulator.activity.advance_clock(5)
        simulator.activity.commands.merge(source.guest, target.guest)
        assert mine.account_id == target.id
        assert mine.updated == records.now
        assert (source.merge_target_id, source.activity_state) == (target.id, "Deleted")
        simulator.queue_messages(simulator.activity.commands.take_events())
        events = [orjson.loads(message.body)["Events"][0] for message in simulator.messages()]
        assert {"Discriminator": "CustomerUpdated", "Value": {"Id": source.id}} in events
        assert {"Discriminator": "ServiceOrderUpdated", "Value": {"Id": mine.id}} in events

    def test_can_change_a_booking_without_stamp_or_event(
        self, build: Callable[..., MewsSimulator]
    ) -> None:
        simulator = build(bookings=50)
        item, records = confirmed(simulator), simulator.records
        before = records.total(item), item.updated
        simulator.activity.advance_clock(5)
        simulator.activity.commands.change_without_timestamp(item.stay)
        assert records.total(item) != before[0]
        assert item.updated == before[1]
        assert list(simulator.activity.commands.take_events()) == []


class TestDays:
    def test_bring_arrivals_departures_and_no_shows(
        self, build: Callable[..., MewsSimulator]
    ) -> None:
        simulator = build(bookings=800)
        records, first_day = simulator.records, simulator.hotel.today
        no_shows = sum(item.cancellation_reason == "NoShow" for item in records.stays())
        for _ in range(10):
            simulator.activity.generate_day()
        today = simulator.hotel.today
        assert today == first_day + timedelta(days=10)
        overdue = [
            item.state
            for item in records.stays()
            if item.stay.departure < today and item.state not in {"Processed", "Canceled"}
        ]
        assert overdue == []
        assert sum(item.cancellation_reason == "NoShow" for item in records.stays()) > no_shows


def counted_from_answers(wire: Wire, nights: list[date], zone: ZoneInfo) -> dict[Any, list[int]]:
    """(category, metric) to counts, from reservations, rooms and blocks as the API reports them."""
    service = [wire.simulator.catalog.stay_service_id]
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
        simulator = new_simulator(seed=8, bookings=700, start_date=start)
        simulator.activity.generate_events(200)
        night = start + timedelta(days=2)
        optional = next(i for i in simulator.records.stays() if i.state == "Optional")
        optional.stay.arrival, optional.stay.departure = night, night + timedelta(days=1)
        with simulator:
            wire = Wire(simulator)
            answer = wire.call(
                "services/getAvailability/2024-01-22",
                ServiceId=simulator.catalog.stay_service_id,
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
    def test_accepts_only_local_midnights_within_367_days(
        self, first: str, last: str, name: str
    ) -> None:
        with new_simulator(bookings=5) as simulator:
            wire = Wire(simulator)
            answer = wire.call(
                "services/getAvailability/2024-01-22",
                ServiceId=simulator.catalog.stay_service_id,
                FirstTimeUnitStartUtc=first,
                LastTimeUnitStartUtc=last,
                Metrics=METRICS,
            )
            wire.close()
        assert (answer.status, answer.json["Message"]) == (400, f"Invalid {name}")


class TestStart:
    def test_returns_a_running_simulator_that_has_advanced_and_stops(self) -> None:
        options = MewsSimulatorOptions(
            bookings=40, seed=6, days=2, faults=("503,times=1",), auto_activity_seconds=600
        )
        simulator = start_simulator(options)
        try:
            wire = Wire(simulator)
            assert [wire.call("configuration/get").status for _ in range(2)] == [503, 200]
            assert simulator.hotel.today == date(2026, 6, 3)
            wire.close()
        finally:
            simulator.stop()
