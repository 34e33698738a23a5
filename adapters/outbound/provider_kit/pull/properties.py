"""Vendors whose accounts have several properties, and whose lists are read by windows and pages."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar, TypeVar
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.local_time import local_day, zone
from adapters.outbound.provider_kit.pull.checkpoint import (
    PagedCheckpoint,
    format_utc_seconds,
    initial_newest,
)
from adapters.outbound.provider_kit.pull.client import HotelClient
from adapters.outbound.provider_kit.pull.engine import Phase, PullPlan, delta_cursor
from adapters.outbound.provider_kit.pull.reading import HotelPull, SeenItems, records_phase
from domain.snapshots import HotelRecords
from ports.providers import AccountReport, ReadItem


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorProperty:
    """As the vendor reports it."""

    id: str
    name: str
    time_zone: str
    currency: str

    def report(self, advice: Iterable[str]) -> AccountReport:
        return AccountReport(
            property_id=self.id,
            property_name=self.name,
            time_zone=self.time_zone,
            currency=self.currency,
            advice=tuple(advice),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyHotel(ABC):
    property: VendorProperty
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", zone(self.property.time_zone))

    def today(self, now: datetime) -> date:
        return local_day(now, self.zone)

    @abstractmethod
    def records(self, today: date, /) -> HotelRecords: ...

    @abstractmethod
    def newest_change(self, now: datetime, /) -> datetime | None: ...


H = TypeVar("H", bound=PropertyHotel)


@dataclass(slots=True, kw_only=True)
class PropertyClient(HotelClient[H]):
    property_id: str | None

    def _fetch_records(
        self, hotel: H, observed_at: datetime
    ) -> tuple[HotelRecords, Sequence[ReadItem]]:
        return hotel.records(hotel.today(observed_at)), ()


@dataclass(slots=True, kw_only=True)
class PropertyPull(HotelPull[H], ABC):
    """`overlap`: changes are read again from so long before."""

    overlap: ClassVar[timedelta]
    seen: SeenItems = field(default_factory=SeenItems)

    def plan(self) -> PullPlan[PagedCheckpoint]:
        return PullPlan(
            checkpoint_type=PagedCheckpoint,
            phases=(records_phase(self._records, self.clock), *self._phases()),
            initial=self._initial_checkpoint,
            cursor=lambda checkpoint: format_utc_seconds(checkpoint.newest),
        )

    @abstractmethod
    def _phases(self) -> Sequence[Phase[PagedCheckpoint]]:
        """After that of the records."""

    def _records(self) -> HotelRecords:
        return self.hotel.records(self.hotel.today(self.clock.now()))

    def _initial_checkpoint(self, phase: str) -> PagedCheckpoint:
        now = self.clock.now()
        newest = delta_cursor(self.request) or initial_newest(self.hotel.newest_change(now), now)
        return PagedCheckpoint(phase=phase, newest=newest, since=newest - self.overlap)
