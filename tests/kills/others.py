"""Vendors and subscribers that are slow or hang, while the others go on."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Final

from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from tests import raw_sql
from tests.kills.hotels import SyncedHotel
from tests.kills.installation import KillsInstallation, campaign_servers, kills_installation
from tests.kills.outages import PROCESSES, measure_outage, wait_until_synced
from tests.kills.partners import ingest
from tests.kills.report import report
from tests.processes import wait_until
from tests.simulation.campaigns import print_figure

HOTELS: Final = 8
HANG_SECONDS: Final = 25
HOLD_SECONDS: Final = 90.0
EVENTS_WHILE_HANGING: Final = 50
_WAIT: Final = Event()


def vendors() -> bool:
    """Half of the hotels' vendors hang or fail; the other half are synced as before."""
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(
            url, servers.valkey.url(), servers.folder, partners=2, hotels=HOTELS
        ) as installation,
    ):
        installation.start(*PROCESSES)
        installation.start_web()
        bad, good = installation.hotels[: HOTELS // 2], installation.hotels[HOTELS // 2 :]
        with ingest(installation.partners) as pushing:
            measure_outage(
                installation,
                pushing,
                "half of the vendors hang or fail",
                _bad_vendors(installation, bad, good),
                refuses=False,
                hold_seconds=0.0,
            )
        verdict = installation.verify()
        return report(
            "vendors",
            verdict,
            acknowledged=pushing.acknowledged,
            answers=dict(pushing.answers),
            exited=installation.exited(),
        )


@contextmanager
def _bad_vendors(
    installation: KillsInstallation, bad: Sequence[SyncedHotel], good: Sequence[SyncedHotel]
) -> Iterator[None]:
    """Until every good one was synced three times."""
    for number, hotel in enumerate(bad):
        fault = f"stall,seconds={HANG_SECONDS}" if number % 2 else "503,probability=0.7"
        hotel.simulator.faults.add(parse_fault(fault))
    for _ in range(3):
        began, moment = time.monotonic(), time.time()
        installation.change_hotels()
        wait_until_synced(installation, good, since=moment)
        print_figure("vendors.good_ones_synced_seconds", value=round(time.monotonic() - began, 1))
    for hotel in bad:
        hotel.simulator.faults.clear()
    raw_sql.write(installation.url, "UPDATE connections SET breaker_retry_at = 0")
    yield


def subscribers() -> bool:
    """One hangs, one is slow; the file gets its events, and they get theirs at the end."""
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(url, servers.valkey.url(), servers.folder, partners=2) as installation,
    ):
        installation.start("worker", "scheduler")
        hanging = servers.folder / "hang"
        hanging.touch()
        for name in ("relay", "relay-2"):
            installation.running[name] = installation.app.processes.start(
                str(servers.folder),
                "relay",
                "--events-to",
                str(installation.events),
                module="tests.kills.relay_with_subscribers",
            )
        installation.start_web()
        with ingest(installation.partners) as pushing:
            pushing.wait_for_more(EVENTS_WHILE_HANGING)
            began = time.monotonic()
            wait_until(
                lambda: installation.count_events() >= EVENTS_WHILE_HANGING,
                seconds=600,
                description="events for the one that does not hang",
            )
            delivered = time.monotonic() - began
            hanging.unlink()
        began = time.monotonic()
        verdict = installation.verify(
            *(servers.folder / f"{name}.jsonl" for name in ("slow", "hangs"))
        )
        return report(
            "subscribers",
            verdict,
            acknowledged=pushing.acknowledged,
            first_events_seconds=round(delivered, 1),
            caught_up_seconds=round(time.monotonic() - began, 1),
            exited=installation.exited(),
        )


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {
    "vendors": vendors,
    "subscribers": subscribers,
}
