"""A job's turn at a vendor: how many jobs call one at a time, and how fast it answers."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from domain.connection import Connection
from domain.errors import PmsError
from domain.sync_run import TransportCounts
from ports.errors import RateLimited
from ports.job_queue import Job, VendorTurns
from ports.providers import Patience
from ports.system import Clock

PATIENCE_SECONDS: Final = 2.0
LEAST_PAUSE_SECONDS: Final = 5
"""Also where the vendor names no time."""
LONGEST_PAUSE_SECONDS: Final = 15 * 60


@dataclass(slots=True)
class JobTurn:
    """`turns` and `job` None: not in a worker; it has its turn at once and for as long as it takes.
    `seconds`: spent in calls of the vendor. `resume_after`: seconds, if the turn ended for a rate
    limit."""

    clock: Clock
    turns: VendorTurns | None = None
    job: Job | None = None
    is_refused: bool = False
    seconds: float = 0.0
    has_called: bool = False
    patience: Patience = field(default_factory=Patience)
    resume_after: int | None = None

    @property
    def has_ended(self) -> bool:
        """No further call: there was no turn, or a rate limit ended it."""
        return self.is_refused or self.resume_after is not None

    def begin(self, connection: Connection) -> bool:
        """False: the job is queued again when there is a turn for it."""
        if self.turns is None or self.job is None:
            return True
        has_turn = self.turns.begin(
            self.job, vendor=vendor_of(connection), connection_id=connection.id
        )
        self.is_refused = not has_turn
        return has_turn

    def limit_waits(self) -> None:
        """From now on a longer wait for a rate limit ends the turn: call it once that costs
        little. Without a worker nothing changes."""
        if self.job is not None:
            self.patience.seconds = PATIENCE_SECONDS

    def must_resume_later(self, error: PmsError) -> bool:
        """Whether the error is the end of the turn, for a rate limit."""
        if self.patience.seconds == math.inf or not isinstance(error, RateLimited):
            return False
        if error.wait_seconds > LONGEST_PAUSE_SECONDS:
            return False
        self.resume_after = max(error.wait_seconds, LEAST_PAUSE_SECONDS)
        return True

    def end(self) -> None:
        self.patience.seconds = math.inf

    @contextmanager
    def calling(self) -> Iterator[None]:
        self.has_called = True
        started = self.clock.monotonic()
        try:
            yield
        finally:
            self.seconds += self.clock.monotonic() - started

    def report(self, connection: Connection, counts: TransportCounts) -> None:
        """Waits for a rate limit do not make a vendor slow."""
        if self.turns is None or not counts.calls:
            return
        seconds = max(0.0, self.seconds - counts.waited_ms / 1000)
        self.turns.measured(
            vendor=vendor_of(connection),
            connection_id=connection.id,
            seconds_per_call=seconds / counts.calls,
        )


def vendor_of(connection: Connection) -> str:
    """One provider's API at one address: what is slow together. Addresses are hashed."""
    urls = [urlsplit(value) for value in connection.settings.values() if "://" in value]
    addresses = " ".join(sorted(url.netloc.rpartition("@")[2] for url in urls))
    return f"{connection.provider}-{hashlib.sha256(addresses.encode()).hexdigest()[:16]}"
