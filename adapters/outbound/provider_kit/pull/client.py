"""The clients of connections: what those of all vendors share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from adapters.outbound.provider_kit.http.vendor_api import VendorApi
from adapters.outbound.provider_kit.pull.engine import PullPlan, full_without_cursor, run_pull
from domain.snapshots import HotelRecords
from domain.sync_run import TransportCounts
from ports.providers import Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock

H = TypeVar("H")


@dataclass(slots=True, kw_only=True)
class ApiClient:
    api: VendorApi
    clock: Clock

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()


@dataclass(slots=True, kw_only=True)
class HotelClient(ApiClient, ABC, Generic[H]):
    """Loads the hotel once per run. `time_zone` and `currency`: as configured here; the provider's
    own take precedence."""

    time_zone: str
    currency: str
    _hotel: H | None = field(default=None, init=False)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        hotel = self._hotel = self._load_hotel()
        request = full_without_cursor(request)
        yield from run_pull(self._plan(hotel, request), request, self.clock)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        observed_at = self.clock.now()
        hotel = self._hotel = self._hotel or self._load_hotel()
        kinds = {ref.kind for ref in refs}
        items = self._fetch_items(hotel, refs)
        if RefKind.AVAILABILITY in kinds:
            items += self._fetch_cells(hotel, observed_at)
        records = HotelRecords()
        if RefKind.RECORDS in kinds:
            records, unreadable = self._fetch_records(hotel, observed_at)
            items += unreadable
        return Page(items=items, observed_at=observed_at, records=records)

    @abstractmethod
    def _load_hotel(self) -> H: ...

    @abstractmethod
    def _plan(self, hotel: H, request: PullRequest) -> PullPlan[Any]: ...

    @abstractmethod
    def _fetch_items(self, hotel: H, refs: Sequence[Ref]) -> list[ReadItem]:
        """The bookings and guests among `refs`."""

    @abstractmethod
    def _fetch_cells(self, hotel: H, observed_at: datetime, /) -> Iterable[ReadItem]: ...

    @abstractmethod
    def _fetch_records(
        self, hotel: H, observed_at: datetime, /
    ) -> tuple[HotelRecords, Sequence[ReadItem]]:
        """With items for the unreadable ones."""
