"""Campaigns of SIGKILL: web workers and masters under ingest, workers in the middle of a sync."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import UUID

import psutil

from tests import raw_sql
from tests.kills.installation import KillsInstallation, campaign_servers, kill, kills_installation
from tests.kills.partners import Ingest, ingest
from tests.kills.report import Seconds, report, report_seconds
from tests.processes import wait_until

WEB_KILLS: Final = 100
SYNC_KILLS: Final = 200
SYNCED_HOTELS: Final = 40
VICTIMS: Final = ("worker", "work horse", "work horse", "work horse")
_RUNNING: Final = """
SELECT r.id, c.id, c.fencing_number FROM sync_runs r JOIN connections c ON c.id = r.connection_id
WHERE r.finished_at IS NULL AND r.status = 'RUNNING' AND c.lease_holder IS NOT NULL
AND r.fencing_number = c.fencing_number
"""


def kill_web() -> bool:
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(
            url, servers.valkey.url(), servers.folder, partners=4, web_workers=2
        ) as installation,
    ):
        installation.start("worker", "scheduler", "relay")
        installation.start_web()
        with ingest(installation.partners) as pushing:
            masters = [number % 3 == 2 for number in range(WEB_KILLS)]
            seconds = kill_web_processes(installation, pushing, masters=masters, source=Random(1))
            pushing.wait_for_more(20)
        verdict = installation.verify()
        report_seconds("kill-web", seconds)
        return report(
            "kill-web",
            verdict,
            kills=WEB_KILLS,
            acknowledged=pushing.acknowledged,
            answers=dict(pushing.answers),
            exited=installation.exited(),
        )


def kill_web_processes(
    installation: KillsInstallation, pushing: Ingest, *, masters: Sequence[bool], source: Random
) -> Seconds:
    """`masters`: whether each kill is of the master, which is started again at once, or of a
    worker. All after a few pushes each."""
    seconds = Seconds(list)
    for is_master in masters:
        pushing.wait_for_more(source.randrange(3, 40))
        if is_master:
            killed, orphans = _kill_master(installation)
            left = _wait_for_end(orphans)
            seconds["master killed: its workers gone"].append(left - killed)
            seconds["master killed: each partner acknowledged by the next"].append(
                left - killed + pushing.recovery_seconds(left)
            )
        else:
            workers = installation.web_workers()
            killed = kill(source.choice(workers).pid)
            seconds["web worker killed: each partner acknowledged"].append(
                pushing.recovery_seconds(killed)
            )
            _wait_for_workers(installation, len(workers))
            seconds["web worker killed: replaced"].append(time.monotonic() - killed)
    return seconds


def _kill_master(installation: KillsInstallation) -> tuple[float, list[psutil.Process]]:
    """When, and the workers that it left. The new master takes the port at once."""
    master, orphans = installation.running["web"], installation.web_workers()
    killed = kill(master.pid)
    master.wait()
    installation.start("web")
    return killed, orphans


def _wait_for_end(processes: Sequence[psutil.Process]) -> float:
    """The moment when they were gone."""
    wait_until(
        lambda: not any(each.is_running() for each in processes),
        seconds=120,
        description="the end of the killed one's processes",
    )
    return time.monotonic()


def _wait_for_workers(installation: KillsInstallation, count: int) -> None:
    wait_until(
        lambda: len(installation.web_workers()) >= count,
        seconds=120,
        description="as many web workers as before",
    )


# sync workers


@dataclass(slots=True)
class SyncKills:
    """Kills of the one worker that syncs, or of its work horse, under a lease that is its own."""

    installation: KillsInstallation
    source: Random
    read: Callable[[str], Sequence[tuple[Any, ...]]]
    interrupted: list[tuple[str, UUID, float]] = field(default_factory=list)
    """The victim, the run and the moment."""
    kills: int = 0
    _dead: set[tuple[Any, int]] = field(default_factory=set)
    """Leases of killed holders, by connection and fencing number."""

    def live_lease(self) -> tuple[UUID, Any, int] | None:
        """Run, connection and fencing number of the worker that lives."""
        for run, connection, number in self.read(_RUNNING):
            if (connection, number) not in self._dead:
                return UUID(str(run)), connection, number
        return None

    def kill_one(self, victim: str) -> None:
        """Counts where the lease of the killed one is left behind."""
        self.source.choice(self.installation.hotels).change(self.source)
        wait_until(self.live_lease, seconds=300, description="a sync under way")
        worker = psutil.Process(self.installation.running["worker"].pid)
        horses = worker.children()
        if victim == "worker":
            killed = time.monotonic()
            self.installation.restart("worker")
        elif horses:
            killed = kill(horses[0].pid)
            _wait_for_end(horses[:1])
        self.kills += 1
        left = self.live_lease()
        if left is not None and (victim == "worker" or horses):
            self._dead.add(left[1:])
            self.interrupted.append((victim, left[0], killed))

    def recovery_seconds(self) -> Seconds:
        """From the kill to the end of the interrupted run."""
        now, clock = time.time(), time.monotonic()
        seconds = Seconds(list)
        for victim, run, killed in self.interrupted:
            identity = run if self.installation.url.startswith("postgresql") else run.hex
            finished = raw_sql.one(
                self.installation.url, "SELECT finished_at FROM sync_runs WHERE id = %s", identity
            )
            seconds[f"{victim} killed: run completed"].append(
                finished / 1e6 - (now - (clock - killed))
            )
        return seconds


def kill_sync() -> bool:
    """With leases of the product's length."""
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(
            url, servers.valkey.url(), servers.folder, partners=2, hotels=SYNCED_HOTELS
        ) as installation,
        raw_sql.reader(url) as read,
    ):
        installation.start("worker", "short-worker", "scheduler", "relay")
        installation.start_web()
        kills = SyncKills(installation, Random(2), read)
        for partner in installation.partners:
            partner.pause_seconds = 1.0
        with ingest(installation.partners) as pushing:
            while len(kills.interrupted) < SYNC_KILLS:
                kills.kill_one(kills.source.choice(VICTIMS))
        verdict = installation.verify()
        report_seconds("kill-sync", kills.recovery_seconds())
        statuses = raw_sql.read(url, "SELECT status, COUNT(*) FROM sync_runs GROUP BY status")
        return report(
            "kill-sync",
            verdict,
            kills=kills.kills,
            under_a_lease=len(kills.interrupted),
            hotels=SYNCED_HOTELS,
            acknowledged=pushing.acknowledged,
            runs=dict(statuses),
            exited=installation.exited(),
        )


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {"kill-web": kill_web, "kill-sync": kill_sync}
