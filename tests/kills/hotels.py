"""Hotels of simulated vendors whose bookings change while their syncs are interrupted."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.simulation.hotel.records import TICKS
from adapters.outbound.provider_kit.simulation.hotel_simulator import HotelSimulator
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from application.connections.add_connection import NewConnection
from domain.schedule import Schedule
from entrypoints.local.installed_simulators import load_simulator
from tests import raw_sql
from tests.faults.process_installation import InstalledApp
from tests.kills.verification import Verdict, Verification
from tests.soak.soak_hotel import AMOUNT_COLUMNS, expected_amounts

PROVIDERS: Final = ("mews", "apaleo", "cloudbeds", "ohip")
TIME_ZONE: Final = "Europe/Berlin"
_FIRST_HOUR: Final = timedelta(hours=7)
"""A simulated hotel's first day begins at six."""
FREQUENT: Final = Schedule(delta_every=timedelta(seconds=15), reconcile_every=timedelta(minutes=10))


@dataclass(slots=True)
class SyncedHotel:
    slug: str
    provider: str
    simulator: HotelSimulator[Any]
    hotel_id: UUID
    connection_id: UUID
    webhook_path: str

    def change(self, source: Random) -> None:
        """Some random actions of the hotel's staff, now."""
        with self.simulator.activity.lock:
            behind = datetime.now(UTC).timestamp() - self.simulator.hotel.now / TICKS
            self.simulator.activity.advance_clock(max(0, int(behind)))
            self.simulator.advance(events=source.randrange(1, 4))

    def send_webhooks(self, port: int) -> None:
        """Retried as a vendor would."""
        self.simulator.send_webhooks_to(f"http://127.0.0.1:{port}{self.webhook_path}")

    @property
    def webhooks_delivered(self) -> int:
        sender = self.simulator.webhooks
        return sender.delivered if sender else 0

    def check(self, verification: Verification) -> Verdict:
        """Of the hotel at rest, after a reconcile."""
        columns = f"external_id, status, arrival, departure, {', '.join(AMOUNT_COLUMNS)}, hotel_id"
        statement = (
            f"SELECT {columns} FROM bookings WHERE provider = %s AND deleted_at_source IS NULL"
        )
        stored = {
            external_id: (status, str(arrival), str(departure), *amounts)
            for external_id, status, arrival, departure, *amounts, hotel_id in raw_sql.read(
                verification.url, statement, self.provider
            )
            if verification.slug(hotel_id) == self.slug
        }
        expected = {
            each.external_id: (
                each.status.value,
                each.arrival.isoformat(),
                each.departure.isoformat(),
                *expected_amounts(each, stored.get(each.external_id)),
            )
            for each in self.simulator.expected_bookings()
        }
        return verification.check_synced(self.slug, self.provider, expected=expected, stored=stored)


@contextmanager
def synced_hotels(
    app: InstalledApp, count: int, *, bookings: int = 40, schedule: Schedule = FREQUENT
) -> Iterator[list[SyncedHotel]]:
    """Verified connections, never synced, at each provider in turn. All hotels of one provider
    have the same seed, so the same ids, until they change."""
    with ExitStack() as cleanup:
        hotels = [_connect(app, number, bookings, schedule, cleanup) for number in range(count)]
        yield hotels


def _connect(
    app: InstalledApp, number: int, bookings: int, schedule: Schedule, cleanup: ExitStack
) -> SyncedHotel:
    provider = PROVIDERS[number % len(PROVIDERS)]
    slug = f"{provider}-{number}"
    start = (datetime.now(ZoneInfo(TIME_ZONE)) - _FIRST_HOUR).date()
    simulator: HotelSimulator[Any] = load_simulator(provider)(  # type: ignore[assignment]  # those of PROVIDERS are
        SimulatorOptions(bookings=bookings, seed=number + 1, start_date=start, time_zone=TIME_ZONE)
    )
    cleanup.callback(simulator.stop)
    hotel = app.add_hotel(slug)
    added = app.container.add_connection(
        NewConnection(
            hotel=slug,
            provider=provider,
            name=provider,
            values=simulator.connection_values(),
            schedule=schedule,
        )
    )
    tested = app.container.verify_connection(added.connection.id, correlation_id="setup")
    assert tested.report is not None, tested.error
    path = f"/api/pms/{provider}/webhook/{added.key}"
    return SyncedHotel(slug, provider, simulator, hotel.id, added.connection.id, path)
