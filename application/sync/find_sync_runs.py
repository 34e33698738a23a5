"""Lists sync runs of the caller's provider, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.access.authenticate import Principal
from application.errors import NotFound, require_in_range
from domain.sync_run import SyncRun
from ports.queries import Queries

MAX_LIMIT: Final = 200
MAX_OFFSET: Final = 10_000


@dataclass(frozen=True, slots=True)
class RunList:
    runs: Sequence[SyncRun]
    total: int


@dataclass(frozen=True, slots=True)
class FindSyncRuns:
    queries: Queries

    def __call__(self, principal: Principal, *, limit: int = 50, offset: int = 0) -> RunList:
        """Raises InvalidRequest (`limit`, `offset`)."""
        require_in_range("limit", limit, 1, MAX_LIMIT)
        require_in_range("offset", offset, 0, MAX_OFFSET)
        runs, total = self.queries.sync_runs(
            principal.hotel_id, limit=limit, offset=offset, provider=principal.provider
        )
        return RunList(runs, total)

    def one(self, principal: Principal, run_id: UUID) -> SyncRun:
        """Raises NotFound."""
        run = self.queries.sync_run(principal.hotel_id, run_id)
        if run is None or not principal.covers_provider(run.provider):
            raise NotFound("there is no such sync run")
        return run
