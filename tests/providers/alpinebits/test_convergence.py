"""Convergence of AlpineBits alone: messages pushed by the hotel, pulled from its server, or both.

Common to all providers: tests/soak."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.providers.alpinebits.simulator.dialect import Dialect
from adapters.outbound.providers.alpinebits.simulator.free_rooms import (
    AvailabilityFormat,
    SimulatedFreeRooms,
)
from adapters.outbound.providers.alpinebits.simulator.server import (
    AlpineBitsSimulator,
    DialectOptions,
)
from domain.sync_run import SyncKind
from ports.errors import Unsupported
from tests import raw_sql
from tests.soak.soak_hotel import REMOTE_LOCALE, SoakHotel, assert_equals_hotel, connect_simulator

REFUSED_REPORTS = "409,probability=0.3,path=NotifReport"
LEAST = 40


@contextmanager
def only_pushing(target: Path, simulator: AlpineBitsSimulator) -> Iterator[SoakHotel]:
    """The connection does not know the server's address."""
    payload = simulator.connection_values()
    values = {name: payload[name] for name in ("password", "hotel_code")}
    with connect_simulator("alpinebits", target, simulator, values=values) as hotel:
        yield hotel


@pytest.mark.parametrize("dialect", list(Dialect))
class TestConvergence:
    def test_first_sync_matches_and_second_writes_nothing(
        self, tmp_path: Path, dialect: Dialect
    ) -> None:
        with (
            AlpineBitsSimulator(
                create_activity_generator(bookings=60), dialect_options=DialectOptions(dialect)
            ) as simulator,
            connect_simulator("alpinebits", tmp_path, simulator) as hotel,
        ):
            first = hotel.sync(SyncKind.FULL)
            assert first.counts.created == 60
            assert_equals_hotel(hotel, min_compared=LEAST)
            again = hotel.sync(SyncKind.FULL)
            assert (again.counts.created, again.counts.updated) == (0, 0)
            assert hotel.sync().counts.seen == 0

    def test_converges_with_pushes_and_pulls(self, tmp_path: Path, dialect: Dialect) -> None:
        far = create_activity_generator(
            bookings=60, time_zone=REMOTE_LOCALE.time_zone, currency=REMOTE_LOCALE.currency
        )
        with (
            AlpineBitsSimulator(far, dialect_options=DialectOptions(dialect)) as simulator,
            connect_simulator("alpinebits", tmp_path, simulator, place=REMOTE_LOCALE) as hotel,
        ):
            simulator.faults.add(parse_fault(REFUSED_REPORTS))
            hotel.sync(SyncKind.FULL)
            hotel.generate_days(4, events=15)
            assert simulator.faults.injected
            simulator.faults.clear()
            # An SMX server redelivers messages without an acknowledgement.
            is_redelivered = dialect is Dialect.SMX
            hotel.sync(SyncKind.DELTA if is_redelivered else SyncKind.RECONCILE)
            assert_equals_hotel(hotel, min_compared=LEAST)


class TestPushOnlyConnection:
    def test_stores_pushed_bookings(self, tmp_path: Path) -> None:
        dialect_options = DialectOptions(Dialect.SMX, AvailabilityFormat.COUNTS)
        with (
            AlpineBitsSimulator(
                create_activity_generator(bookings=40), dialect_options=dialect_options
            ) as simulator,
            only_pushing(tmp_path, simulator) as hotel,
        ):
            hotel.generate_days(3, events=15)
            assert len(hotel.stored_bookings()) > 20
            assert hotel.stored_bookings().items() <= hotel.expected_bookings().items()
            assert_free_rooms(hotel)

    def test_is_never_scheduled_and_rejects_pull(self, tmp_path: Path) -> None:
        with (
            AlpineBitsSimulator(create_activity_generator(bookings=5)) as simulator,
            only_pushing(tmp_path, simulator) as hotel,
        ):
            for _ in range(4):
                hotel.clock.advance(timedelta(hours=13))
                hotel.container.jobs.tick()
            assert hotel.queue.take() == []
            with pytest.raises(Unsupported, match="nothing to pull"):
                hotel.sync()
            with pytest.raises(Unsupported, match="nothing to compare"):
                hotel.verify()
        assert simulator.requests_served == {}


def assert_free_rooms(hotel: SoakHotel) -> None:
    rows = raw_sql.read(
        hotel.url,
        "SELECT room_type_id, day, available FROM availability WHERE available IS NOT NULL",
    )
    stored = {(str(row[0]), str(row[1])): row[2] for row in rows}
    now = SimulatedFreeRooms(hotel.simulator.hotel, AvailabilityFormat.COUNTS).now()
    assert len(now) > 200
    for (kind, day), count in now.items():
        assert stored[kind, day.isoformat()] == count, (kind, day)
