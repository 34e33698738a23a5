"""Machines whose clocks are an hour ahead or behind, beside others whose clocks are right."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from tests.faults.wrong_clock import WrongClock, build_wrong_clock
from tests.kills.installation import campaign_servers, kills_installation
from tests.kills.outages import PROCESSES, measure_outage
from tests.kills.partners import ingest
from tests.kills.report import report

HOUR: Final = 3_600
WRONG: Final = ("worker-2", "scheduler-2", "relay-2")
"""The second of each kind."""


def clocks() -> bool:
    """Clocks of one of two machines and of the web server are set while they run. Needs a C
    compiler."""
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(
            url, servers.valkey.url(), servers.folder, partners=3, hotels=4
        ) as installation,
    ):
        clock = build_wrong_clock(servers.folder)
        installation.start(*(each for each in PROCESSES if each not in WRONG))
        installation.start(*WRONG, **clock.environment)
        installation.start_web(**clock.environment)
        with ingest(installation.partners) as pushing:
            for seconds in (HOUR, -HOUR):
                measure_outage(
                    installation,
                    pushing,
                    f"clocks of one machine {seconds:+} s",
                    _set(clock, seconds),
                    refuses=False,
                )
            clock.set(HOUR)  # and dies with it
            for role in WRONG:
                installation.restart(role)
        return report(
            "clocks",
            installation.verify(),
            acknowledged=pushing.acknowledged,
            answers=dict(pushing.answers),
            exited=installation.exited(),
        )


@contextmanager
def _set(clock: WrongClock, seconds: int) -> Iterator[None]:
    clock.set(seconds)
    yield
    clock.set(0)


CAMPAIGNS: Final[Mapping[str, Callable[[], bool]]] = {"clocks": clocks}
