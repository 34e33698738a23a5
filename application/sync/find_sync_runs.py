"""Lists sync runs of the caller's provider, newest first."""

from dataclasses import dataclass
from uuid import UUID

from application.access.authenticate import Principal
from application.errors import NotFound
from application.queries.result_pages import ResultPage, find_page
from domain.sync_run import SyncRun
from domain.values import HotelId
from ports.queries import Queries


@dataclass(frozen=True, slots=True)
class FindSyncRuns:
    queries: Queries

    def __call__(
        self, principal: Principal, *, first: int = 50, after: str | None = None
    ) -> ResultPage[SyncRun]:
        """Raises InvalidRequest (`first`), BadCursor for a cursor of another hotel or provider."""
        return self.of_hotel(
            principal.hotel_id, provider=principal.provider, first=first, after=after
        )

    def of_hotel(
        self,
        hotel_id: HotelId,
        *,
        provider: str | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> ResultPage[SyncRun]:
        """Raises InvalidRequest (`first`), BadCursor."""
        return find_page(
            lambda position: self.queries.sync_runs(
                hotel_id, limit=first, after=position, provider=provider
            ),
            query=f"sync runs {hotel_id} {provider}",
            first=first,
            after=after,
        )

    def one(self, principal: Principal, run_id: UUID) -> SyncRun:
        """Raises NotFound."""
        run = self.queries.sync_run(principal.hotel_id, run_id)
        if run is None or not principal.covers_provider(run.provider):
            raise NotFound("there is no such sync run")
        return run
