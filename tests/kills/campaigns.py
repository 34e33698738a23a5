"""`make campaign ARGS=kills`: all of these, one after another; each also by its own name."""

from collections.abc import Callable
from typing import Final

from tests.kills import clocks, disks, kills, others, outages, soak, stopped

_PARTS: Final[dict[str, Callable[[], bool]]] = {
    **kills.CAMPAIGNS,
    **outages.CAMPAIGNS,
    **disks.CAMPAIGNS,
    **stopped.CAMPAIGNS,
    **others.CAMPAIGNS,
    **clocks.CAMPAIGNS,
    **soak.CAMPAIGNS,
}


def run_all() -> bool:
    return all([part() for part in _PARTS.values()])


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {"kills": run_all, **_PARTS}
