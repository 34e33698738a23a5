"""Processes that are stopped (SIGSTOP) in a transaction and go on later."""

import os
import signal
import time
from collections.abc import Callable
from random import Random
from threading import Event
from typing import Any, Final

import psutil

from tests import raw_sql
from tests.kills.hotels import SyncedHotel
from tests.kills.installation import KillsInstallation, campaign_servers, kills_installation
from tests.kills.outages import PROCESSES, RESUME_SECONDS
from tests.kills.partners import Ingest, ingest
from tests.kills.report import Seconds, report, report_seconds
from tests.processes import wait_until

SYNC_COMMITS: Final = (4, 5, 6, 7)
"""Of pages, in the middle of the first full sync."""
WEB_STOPS: Final = 20
STOP_SECONDS: Final = 2.0
_WAIT: Final = Event()
IN_TRANSACTION: Final = """
FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xid IS NOT NULL
"""
"""Sessions that wrote and have not committed, so that they hold row locks."""


def stopped() -> bool:
    """Each sync is stopped until another worker has completed its run."""
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(
            url,
            servers.valkey.url(),
            servers.folder,
            partners=3,
            hotels=len(SYNC_COMMITS),
        ) as installation,
    ):
        seconds = Seconds(list)
        installation.start("relay")
        installation.start_web()
        with ingest(installation.partners) as pushing:
            processes = [
                stop_sync(installation, hotel, commit)
                for hotel, commit in zip(installation.hotels, SYNC_COMMITS, strict=True)
            ]
            locked = raw_sql.one(url, f"SELECT COUNT(*) {IN_TRANSACTION}")
            stop_web_workers(installation, pushing, seconds, Random(3))
            installation.start(*(each for each in PROCESSES if each != "relay"))
            for process, since in processes:
                await_completed(installation, process[1], seconds, since)
            pushing.wait_for_more(20)
            codes = [resume(process) for (process, _), _ in processes]
        verdict = installation.verify()
        report_seconds("stopped", seconds)
        return report(
            "stopped",
            verdict,
            stopped_syncs=len(processes),
            sessions_with_locks=locked,
            stopped_web_workers=WEB_STOPS,
            exit_codes_of_the_late=codes,
            acknowledged=pushing.acknowledged,
            answers=dict(pushing.answers),
            exited=installation.exited(),
        )


def stop_sync(
    installation: KillsInstallation, hotel: SyncedHotel, commit: int
) -> tuple[tuple[Any, SyncedHotel], float]:
    """A `pms sync run` that stopped before its commit of this number, and the moment."""
    process = installation.app.processes.start(
        "stopped",
        str(commit),
        "sync",
        "run",
        f"{hotel.slug}/{hotel.provider}",
        module="tests.faults.crash_on_commit",
    )
    wait_until(
        lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED,
        seconds=120,
        description="a stopped sync",
    )
    return (process, hotel), time.monotonic()


def stop_web_workers(
    installation: KillsInstallation, pushing: Ingest, seconds: Seconds, source: Random
) -> None:
    """One at a time, at any moment of its requests."""
    for _ in range(WEB_STOPS):
        pushing.wait_for_more(source.randrange(3, 20))
        pid = source.choice(installation.web_workers()).pid
        os.kill(pid, signal.SIGSTOP)
        _WAIT.wait(STOP_SECONDS)
        os.kill(pid, signal.SIGCONT)
        recovered = pushing.recovery_seconds(time.monotonic())
        seconds["web worker goes on: each partner acknowledged"].append(recovered)


def await_completed(
    installation: KillsInstallation, hotel: SyncedHotel, seconds: Seconds, since: float
) -> None:
    identity = hotel.connection_id
    statement = "SELECT COUNT(*) FROM sync_runs WHERE connection_id = %s AND status = 'COMPLETED'"
    wait_until(
        lambda: raw_sql.one(installation.url, statement, identity),
        seconds=RESUME_SECONDS,
        description="a run completed by another worker",
    )
    seconds["sync stopped: run completed by another worker"].append(time.monotonic() - since)


def resume(process: Any) -> int:
    """Its exit code: it lost its lease and its session."""
    os.kill(process.pid, signal.SIGCONT)
    return int(process.wait(120))


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {"stopped": stopped}
