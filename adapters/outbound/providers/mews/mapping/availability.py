"""Availability metrics (services.md, "Get service availability (ver 2024-01-22)") to day cells.

Per room category and day, from the definitions of the metrics:

    total     = ActiveResources
    occupied  = Occupied                 reservations and deducting availability blocks
    blocked   = OutOfOrderBlocks + HouseUse + OtherServiceReservationCount
    available = UsableResources - Occupied - HouseUse - OtherServiceReservationCount

UsableResources are the active ones that are not out of order, so total = occupied + blocked +
available. PublicAvailabilityAdjustment is ignored: it changes the offer to sales channels, not the
number of free rooms. Fields whose metrics were not requested are absent. Mews gives no update time:
the version is the time of the request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.fields_around import root_path, with_reported
from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import local_day, midnight_utc
from adapters.outbound.provider_kit.parsing.mapping_report import NOT_KEPT, join_path, trace_cell
from adapters.outbound.provider_kit.parsing.read_items import (
    FieldTrace,
    JsonEntry,
    MappingError,
    problem_reason,
    rejected_item,
    with_property,
)
from adapters.outbound.provider_kit.parsing.tracked_object import as_list
from adapters.outbound.providers.mews.mapping.messages import AVAILABILITY, single_day_body
from adapters.outbound.providers.mews.mapping.parsing import (
    PROPERTY_KEY,
    MewsMapper,
    MewsReader,
    reason_of,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot
from domain.values import ABSENT, Field, SourceVersion
from ports.providers import ReadItem

STARTS: Final = "TimeUnitStartsUtc"


class _Formula(NamedTuple):
    """The metrics that are added, and those that are subtracted."""

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        return self.plus + self.minus


_FORMULAS: Final = {
    "total": _Formula(("ActiveResources",)),
    "occupied": _Formula(("Occupied",)),
    "blocked": _Formula(("OutOfOrderBlocks", "HouseUse", "OtherServiceReservationCount")),
    "available": _Formula(
        ("UsableResources",), ("Occupied", "HouseUse", "OtherServiceReservationCount")
    ),
}
_REQUIRED: Final = {ours: frozenset(formula.metrics) for ours, formula in _FORMULAS.items()}
METRICS: Final = tuple(sorted(frozenset().union(*_REQUIRED.values())))
_TARGETS: Final = {
    name: ", ".join(ours for ours, required in _REQUIRED.items() if name in required)
    for name in METRICS
}


@dataclass(frozen=True, slots=True)
class MessageDays:
    """The days of a message, and their texts in it."""

    starts: tuple[str, ...]
    dates: tuple[date, ...]


def map_availability(
    entry: JsonEntry, zone: ZoneInfo, observed_at: datetime, *, explain: bool = False
) -> Iterator[ReadItem]:
    """One item per cell; one rejected item per unreadable category, or for the message."""
    source_property = entry.find_property(MewsMapper.property_paths)
    for item in _map_message(entry, zone, observed_at, explain=explain):
        yield with_property(item, source_property)


def _map_message(
    entry: JsonEntry, zone: ZoneInfo, observed_at: datetime, *, explain: bool
) -> Iterator[ReadItem]:
    if entry.problem is not None:
        reason = problem_reason(entry.path, entry.problem)
        yield rejected_item(ItemKind.AVAILABILITY, entry, reason)
        return
    try:
        message = MewsReader(entry.merged())
        envelope = _envelope_of(message)
        days = _parse_days(message, zone)
        categories = message.required(AVAILABILITY, as_list)
    except UnreadableField as error:
        yield _rejected_item(entry.merged(), None, error, entry.path)
        return
    version = SourceVersion(observed_at)
    around = [root_path(path) for path in message.unread()] if explain else []
    for position, value in enumerate(categories):
        try:
            cells = _map_cells(value, days, version, envelope, explain=explain)
            yield from with_reported(cells, around) if around else cells
            around = []
        except (UnreadableField, InvalidField) as error:
            retry_body: Json = {**envelope, STARTS: list(days.starts), AVAILABILITY: [value]}
            category_id = text_at(value, "ResourceCategoryId")
            path = join_path(entry.path, f"{AVAILABILITY}[{position}]")
            yield _rejected_item(retry_body, category_id, error, path)


def _envelope_of(message: MewsReader) -> dict[str, Json]:
    enterprise_id = message.peek(PROPERTY_KEY)
    return {PROPERTY_KEY: enterprise_id} if isinstance(enterprise_id, str) else {}


def _parse_days(message: MewsReader, zone: ZoneInfo) -> MessageDays:
    starts = message.texts(STARTS)
    if not starts and message.peek(AVAILABILITY):
        raise UnreadableField(STARTS, "missing_field", "the days of the counts")
    dates = [_parse_day(start, f"{STARTS}[{n}]", zone) for n, start in enumerate(starts)]
    if len(set(dates)) != len(dates):
        raise UnreadableField(STARTS, "not_a_day", "each day once")
    return MessageDays(tuple(starts), tuple(dates))


def _parse_day(start: str, path: str, zone: ZoneInfo) -> date:
    """Rejects a start that is not a local midnight: wrong zone, or a unit other than a day."""
    instant = values.as_instant(start, path)
    day = local_day(instant, zone, path=path)
    if midnight_utc(day, zone, path=path) != instant:
        raise UnreadableField(path, "not_a_day", "midnight in the hotel's time zone")
    return day


def _map_cells(
    value: Json,
    days: MessageDays,
    version: SourceVersion,
    envelope: Mapping[str, Json],
    *,
    explain: bool,
) -> list[ReadItem]:
    r = MewsReader(value)
    category_id = r.text("ResourceCategoryId", "room_type_id")
    counts = _parse_counts(r.object("Metrics"), len(days.dates))
    field_trace = _field_trace(r) if explain else ()
    cells = []
    for position, (start, day) in enumerate(zip(days.starts, days.dates, strict=True)):
        metrics = {name: column[position] for name, column in counts.items()}
        snapshot = _snapshot(category_id, day, version, metrics)
        cells.append(
            ReadItem(
                kind=ItemKind.AVAILABILITY,
                raw=single_day_body(start, category_id, metrics, envelope),
                external_id=snapshot.external_id,
                snapshot=snapshot,
                field_trace=field_trace,
            )
        )
    return cells


def _parse_counts(metrics: MewsReader, days: int) -> dict[str, list[int]]:
    """An unknown metric is kept only if it has a number per day."""
    counts: dict[str, list[int]] = {}
    for name in metrics.keys():  # noqa: SIM118 a reader is no mapping
        try:
            counts[name] = _parse_column(metrics, name, days)
        except UnreadableField:
            if name in _TARGETS:
                raise
    return counts


def _parse_column(metrics: MewsReader, name: str, days: int) -> list[int]:
    column = metrics.required(name, _as_integers)
    if len(column) != days:
        raise UnreadableField(metrics.path_of(name), "bad_length", f"{days} numbers, one per day")
    return column


def _as_integers(value: Json, path: str) -> list[int]:
    return [
        values.as_integer(n, f"{path}[{index}]") for index, n in enumerate(as_list(value, path))
    ]


def _snapshot(
    category_id: str, day: date, version: SourceVersion, metrics: Mapping[str, int]
) -> AvailabilitySnapshot:
    ours = {name: _combine_metrics(metrics, name) for name in _FORMULAS}
    return AvailabilitySnapshot(
        room_type_id=category_id,
        day=day,
        version=version,
        version_is_ours=True,
        total=ours["total"],
        available=ours["available"],
        occupied=ours["occupied"],
        blocked=ours["blocked"],
    )


def _combine_metrics(metrics: Mapping[str, int], ours: str) -> Field[int | None]:
    if not metrics.keys() >= _REQUIRED[ours]:
        return ABSENT
    formula = _FORMULAS[ours]
    added = sum(metrics[name] for name in formula.plus)
    return added - sum(metrics[name] for name in formula.minus)


def _field_trace(category: MewsReader) -> FieldTrace:
    """Metrics were read, whether they are used or not."""
    names = category.object("Metrics").keys()
    metrics = {f"Metrics.{name}": _TARGETS.get(name, NOT_KEPT) for name in names}
    return tuple(sorted({**dict(trace_cell(category)), **metrics, STARTS: "day"}.items()))


def _rejected_item(
    body: Json, category_id: str | None, error: MappingError, prefix: str
) -> ReadItem:
    entry = JsonEntry(prefix, body)
    return rejected_item(ItemKind.AVAILABILITY, entry, reason_of(error, prefix), category_id)
