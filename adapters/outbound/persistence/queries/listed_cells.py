"""Availability cells as they are read for an answer: a row whose values are converted when asked
for. A year of 20 room types is 7,300 cells, of which a query shows a few fields."""

from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from adapters.outbound.persistence.engine.column_values import (
    instant_from_micros,
    optional_bool,
    optional_money,
    shared_instant,
)
from domain.values import Money, SourceVersion


class StoredCell(NamedTuple):
    """Fits ports.queries.ListedCell. The fields are columns of the table; those whose values are
    converted have an underscore at the end of their name."""

    provider: str
    room_type_id: str
    day_: str
    version_at: int
    version_sequence: int
    synced_at_: int
    total: int | None
    available: int | None
    occupied: int | None
    blocked: int | None
    min_stay: int | None
    max_stay: int | None
    lowest_rate_minor: int | None
    lowest_rate_currency: str | None
    closed_: bool | None
    closed_to_arrival_: bool | None
    closed_to_departure_: bool | None

    @property
    def day(self) -> date:
        return _shared_day(self.day_)

    @property
    def version(self) -> SourceVersion:
        return SourceVersion(instant_from_micros(self.version_at), self.version_sequence)

    @property
    def synced_at(self) -> datetime:
        return shared_instant(self.synced_at_)

    @property
    def details(self) -> "StoredCell":
        return self

    @property
    def lowest_rate(self) -> Money | None:
        return optional_money(self.lowest_rate_minor, self.lowest_rate_currency)

    @property
    def closed(self) -> bool | None:
        return optional_bool(self.closed_)

    @property
    def closed_to_arrival(self) -> bool | None:
        return optional_bool(self.closed_to_arrival_)

    @property
    def closed_to_departure(self) -> bool | None:
        return optional_bool(self.closed_to_departure_)


CELL_COLUMNS: Final = ", ".join(name.rstrip("_") for name in StoredCell._fields)


@lru_cache(maxsize=1_024)
def _shared_day(text: str) -> date:
    """Each day is that of all room types."""
    return date.fromisoformat(text)
