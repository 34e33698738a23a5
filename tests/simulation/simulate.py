"""One simulation from its schedule to its outcome."""

import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from adapters.outbound.memory.store import InMemoryStore
from domain.schedule import Schedule as SyncSchedule
from tests.simulation.checks import finish
from tests.simulation.failures import Violation
from tests.simulation.network import exchange, without_sockets
from tests.simulation.schedule import Conditions, Schedule
from tests.simulation.world import NEVER, AnyStore, World

DAYS_AHEAD: Final = 200
"""No simulated hotel sells farther ahead."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`trace`: one line per commit; equal for equal schedules. `interrupted`: how often
    each (point, effect) happened. `seconds`: of processor time."""

    schedule: Schedule
    violation: Violation | None
    trace: tuple[str, ...]
    interrupted: Mapping[tuple[str, str], int]
    seconds: float

    @property
    def invariant(self) -> str | None:
        return self.violation and self.violation.invariant


def simulate(schedule: Schedule, *, store: AnyStore | None = None) -> Outcome:
    """`store` None: in memory. Raises nothing for a violation; a fault of the harness is raised."""
    started, violation = time.process_time(), None
    with (
        tempfile.TemporaryDirectory() as home,
        open_world(schedule.conditions, Path(home), store=store) as world,
    ):
        try:
            world.actions.perform_all(schedule.actions)
            finish(world)
        except Violation as found:
            violation = found
        trace, interrupted = tuple(world.ledger.trace), dict(world.interrupted)
    return Outcome(schedule, violation, trace, interrupted, time.process_time() - started)


class _BugLog(logging.Handler):
    """Jobs log what they can't handle; here it fails the seed."""

    def __init__(self, bugs: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._bugs = bugs

    def emit(self, record: logging.LogRecord) -> None:
        fields: Mapping[str, Any] = record.__dict__
        if fields.get("code") == "bug":
            self._bugs.append(f"{fields['error_type']} at {fields['traceback']}")


@contextmanager
def open_world(
    conditions: Conditions,
    home: Path,
    *,
    store: AnyStore | None = None,
    sync_schedule: SyncSchedule | None = None,
) -> Iterator[World]:
    """`store` None: in memory."""
    bugs: list[str] = []
    handler = _BugLog(bugs)
    logging.getLogger().addHandler(handler)
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with without_sockets(lambda request: exchange(world, request)):
            world = World(conditions, home, store or InMemoryStore())
            world.bugs = bugs
            try:
                world.connect(sync_schedule or default_sync_schedule(conditions))
                yield world
            finally:
                world.close()
    finally:
        logging.disable(disabled)
        logging.getLogger().removeHandler(handler)


def default_sync_schedule(conditions: Conditions) -> SyncSchedule:
    """A polled hotel is never reconciled, so that what a delta misses stays missed."""
    reconcile_every = NEVER if conditions.is_polled else timedelta(hours=conditions.reconcile_hours)
    return SyncSchedule(
        delta_every=timedelta(minutes=conditions.delta_minutes),
        reconcile_every=reconcile_every,
        reconcile_days_ahead=DAYS_AHEAD,
        keep_days_ahead=DAYS_AHEAD,
    )
