"""Thirty minutes of ingest and syncs with a random fault every few seconds."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import Final

import psutil

from tests.kills.installation import (
    KillsInstallation,
    Servers,
    campaign_servers,
    kill,
    kills_installation,
)
from tests.kills.outages import OUTAGES
from tests.kills.partners import Ingest, ingest
from tests.kills.report import Seconds, report, report_seconds
from tests.simulation.campaigns import print_figure

SOAK_SECONDS: Final = 30 * 60.0
FAULT_SECONDS: Final = 15.0
"""Between the recovery from a fault and the next one."""
OUTAGE_SECONDS: Final = 5.0
PROCESSES: Final = ("worker", "worker-2", "scheduler", "relay", "relay-2")
_WAIT: Final = Event()


@dataclass
class Soak:
    installation: KillsInstallation
    servers: Servers
    url: str
    source: Random
    done: Counter[str] = field(default_factory=Counter)

    def inject(self) -> str:
        """The name of the fault; it has ended."""
        name = self.source.choice((*KILLS, *OUTAGES))
        if name in KILLS:
            KILLS[name](self.installation, self.source)
        else:
            with OUTAGES[name](self.servers, self.url):
                _WAIT.wait(OUTAGE_SECONDS)
        self.done[name] += 1
        return name


def _kill_web_worker(installation: KillsInstallation, source: Random) -> None:
    workers = installation.web_workers()
    if workers:  # a new master may have none yet
        kill(source.choice(workers).pid)


def _kill_master(installation: KillsInstallation, _: Random) -> None:
    kill(installation.running["web"].pid)
    installation.start("web")


def _kill_work_horse(installation: KillsInstallation, _: Random) -> None:
    for role in ("worker", "worker-2"):
        for horse in psutil.Process(installation.running[role].pid).children():
            kill(horse.pid)


KILLS: Final[Mapping[str, Callable[[KillsInstallation, Random], None]]] = {
    "web worker killed": _kill_web_worker,
    "web master killed": _kill_master,
    "work horses killed": _kill_work_horse,
    "worker killed": lambda installation, source: installation.restart(
        source.choice(("worker", "worker-2"))
    ),
    "relay killed": lambda installation, source: installation.restart(
        source.choice(("relay", "relay-2"))
    ),
    "scheduler killed": lambda installation, _: installation.restart("scheduler"),
}


def soak(seconds: float = SOAK_SECONDS) -> bool:
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(
            url, servers.valkey.url(), servers.folder, partners=4, hotels=8, web_workers=2
        ) as installation,
    ):
        for hotel in installation.hotels:
            hotel.send_webhooks(installation.app.container.settings.port)
        installation.start(*PROCESSES)
        installation.start_web()
        for partner in installation.partners:
            partner.pause_seconds = 0.1
        running = Soak(installation, servers, url, Random(5))
        with ingest(installation.partners) as pushing:
            recovery = _run(running, pushing, time.monotonic() + seconds)
        verdict = installation.verify()
        report_seconds("soak", recovery)
        return report(
            "soak",
            verdict,
            seconds=round(seconds),
            faults=dict(running.done),
            acknowledged=pushing.acknowledged,
            answers=dict(pushing.answers),
            webhooks=sum(hotel.webhooks_delivered for hotel in installation.hotels),
            exited=installation.exited(),
        )


def _run(running: Soak, pushing: Ingest, until: float) -> Seconds:
    """The seconds from the end of each fault until each partner was acknowledged. A line with the
    memory of each process every few faults."""
    recovery = Seconds(list)
    while time.monotonic() < until:
        running.installation.change_hotels()
        name = running.inject()
        recovery[name].append(pushing.recovery_seconds(time.monotonic()))
        if running.done.total() % 10 == 1:
            print_figure("soak.megabytes", **_megabytes(running.installation))
        _WAIT.wait(FAULT_SECONDS)
    print_figure("soak.megabytes", **_megabytes(running.installation))
    return recovery


def _megabytes(installation: KillsInstallation) -> dict[str, object]:
    """Resident, of each role with its children."""
    found: dict[str, object] = {}
    for role, process in installation.running.items():
        parent = psutil.Process(process.pid)
        members = (parent, *parent.children(recursive=True))
        found[role] = round(sum(each.memory_info().rss for each in members) / 1e6)
    return found


CAMPAIGNS: Final[Mapping[str, Callable[[], bool]]] = {"soak": soak}
