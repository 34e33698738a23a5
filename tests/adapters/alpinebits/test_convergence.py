"""What a hotel's life is with AlpineBits alone: two dialects; it pushes its reservations to us, or
we ask its server for them, or both. What it is with every vendor: tests/lives."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.hotel_life import seeded_life
from adapters.outbound.providers.alpinebits.simulated_dialect import Dialect
from adapters.outbound.providers.alpinebits.simulated_rooms import FreeRooms, FreeRoomsForm
from adapters.outbound.providers.alpinebits.simulator import AlpineBitsSimulator, Speech
from domain.sync import SyncKind
from ports.errors import Unsupported
from tests.faults import raw_store
from tests.lives.living_hotel import FAR, LivingHotel, assert_quiet, connected

REFUSED_REPORTS = "409,probability=0.3,path=NotifReport"
LEAST = 40


@contextmanager
def only_pushing(home: Path, simulator: AlpineBitsSimulator) -> Iterator[LivingHotel]:
    """The connection does not know the server's address."""
    said = simulator.connection_values()
    values = {name: said[name] for name in ("password", "hotel_code")}
    with connected("alpinebits", home, simulator, values=values) as hotel:
        yield hotel


@pytest.mark.parametrize("dialect", list(Dialect))
class TestOurPicture:
    def test_is_the_hotels_after_its_first_sync_and_stays_unwritten(
        self, tmp_path: Path, dialect: Dialect
    ) -> None:
        with (
            AlpineBitsSimulator(seeded_life(bookings=60), speech=Speech(dialect)) as simulator,
            connected("alpinebits", tmp_path, simulator) as hotel,
        ):
            first = hotel.sync(SyncKind.FULL)
            assert first.counts.created == 60
            assert_quiet(hotel, least=LEAST)
            again = hotel.sync(SyncKind.FULL)
            assert (again.counts.created, again.counts.updated) == (0, 0)
            assert hotel.sync().counts.seen == 0

    def test_follows_its_life_by_pushes_and_questions(
        self, tmp_path: Path, dialect: Dialect
    ) -> None:
        far = seeded_life(bookings=60, time_zone=FAR.time_zone, currency=FAR.currency)
        with (
            AlpineBitsSimulator(far, speech=Speech(dialect)) as simulator,
            connected("alpinebits", tmp_path, simulator, place=FAR) as hotel,
        ):
            simulator.faults.add(parse_fault(REFUSED_REPORTS))
            hotel.sync(SyncKind.FULL)
            hotel.live(4, events=15)
            assert simulator.faults.struck
            simulator.faults.clear()
            # What an SMX server has no acknowledgement of it tells again.
            is_told_again = dialect is Dialect.SMX
            hotel.sync(SyncKind.DELTA if is_told_again else SyncKind.RECONCILE)
            assert_quiet(hotel, least=LEAST)


class TestPushOnlyConnection:
    def test_holds_what_was_pushed(self, tmp_path: Path) -> None:
        speech = Speech(Dialect.SMX, FreeRoomsForm.COUNTS)
        with (
            AlpineBitsSimulator(seeded_life(bookings=40), speech=speech) as simulator,
            only_pushing(tmp_path, simulator) as hotel,
        ):
            hotel.live(3, events=15)
            assert len(hotel.held()) > 20
            assert hotel.held().items() <= hotel.truth().items()
            assert_free_rooms(hotel)

    def test_is_never_due_and_says_that_it_can_not_be_asked(self, tmp_path: Path) -> None:
        with (
            AlpineBitsSimulator(seeded_life(bookings=5)) as simulator,
            only_pushing(tmp_path, simulator) as hotel,
        ):
            for _ in range(4):
                hotel.clock.advance(timedelta(hours=13))
                hotel.container.jobs.tick()
            assert hotel.queue.take() == []
            with pytest.raises(Unsupported, match="pushed"):
                hotel.sync()
            with pytest.raises(Unsupported, match="asked"):
                hotel.verify()
        assert simulator.requests_served == {}


def assert_free_rooms(hotel: LivingHotel) -> None:
    rows = raw_store.read(
        hotel.url,
        "SELECT room_type_id, day, available FROM availability WHERE available IS NOT NULL",
    )
    held = {(str(row[0]), str(row[1])): row[2] for row in rows}
    now = FreeRooms(hotel.simulator.hotel, FreeRoomsForm.COUNTS).now()
    assert len(now) > 200
    for (kind, day), count in now.items():
        assert held[kind, day.isoformat()] == count, (kind, day)
