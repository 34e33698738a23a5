"""Availability in windows of days (services.md: at most 367, from midnight to midnight)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from adapters.outbound.provider_kit.parsing.local_time import midnight_utc
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.pull.checkpoint import format_utc_seconds
from adapters.outbound.providers.mews.capabilities import AVAILABILITY_DAYS
from adapters.outbound.providers.mews.client.hotel import MewsHotel
from adapters.outbound.providers.mews.mapping.availability import METRICS, map_availability
from ports.errors import TooHeavy
from ports.providers import ReadItem
from ports.system import Clock

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AvailabilityPage:
    """The cells of [first, until). `observed_at`: our clock before the request."""

    items: Sequence[ReadItem]
    observed_at: datetime
    until: date


@dataclass(slots=True)
class AvailabilityPaginator:
    hotel: MewsHotel
    clock: Clock
    days: int = field(default=AVAILABILITY_DAYS)

    def nights(self, first: date, until: date) -> Iterator[AvailabilityPage]:
        day = first
        while day < until:
            end = min(day + self.days * _DAY, until)
            observed_at = self.clock.now()
            try:
                items = self._fetch(day, end - _DAY, observed_at)
            except TooHeavy:
                if self.days == 1:
                    raise
                self.days //= 2
                continue
            yield AvailabilityPage(items, observed_at, end)
            day = end

    def _fetch(self, first: date, last: date, observed_at: datetime) -> list[ReadItem]:
        hotel_zone = self.hotel.zone
        items: list[ReadItem] = []
        for service_id in self.hotel.services:
            answer = self.hotel.api.fetch(
                "services/getAvailability/2024-01-22",
                {
                    "ServiceId": service_id,
                    "FirstTimeUnitStartUtc": format_utc_seconds(midnight_utc(first, hotel_zone)),
                    "LastTimeUnitStartUtc": format_utc_seconds(midnight_utc(last, hotel_zone)),
                    "Metrics": list(METRICS),
                },
                is_splittable=self.days > 1,
            )
            items += map_availability(JsonEntry("", answer), hotel_zone, observed_at)
        return items
