"""Parsers for OPERA Cloud's representations: ids by type, numbers as text, and time stamps of the
hotel's wall clock."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import midnight_utc
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from adapters.outbound.providers.ohip.capabilities import CAPABILITIES
from domain.values import ABSENT, Absent, Money

PROFILE: Final = "Profile"
PROPERTY_PATHS: Final = (("hotelId",),)
COUNT_PATHS: Final = (("totalResults",), ("count",))

_EMPTY: Final = (ABSENT, None, "")
_TRUE: Final = (True, "true", "True", "Y")

_LOCAL_TIMESTAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,]([0-9]{1,9}))?"
)
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.,]+)?")


class OhipMapper:
    """An ItemMapper's names and paths, of bookings and cells."""

    __slots__ = ()
    source_names: ClassVar[Mapping[str, str]] = {
        "external_id": "reservationIdList",
        "departure": "roomStay.departureDate",
        "count": "roomStay.adultCount",
        "units": "roomStay.numberOfRooms",
        "room_type_id": "statCode",
    }
    property_paths: ClassVar[Sequence[tuple[str, ...]]] = PROPERTY_PATHS
    sensitive_fields: ClassVar[frozenset[str]] = CAPABILITIES.sensitive_fields


@dataclass(frozen=True, slots=True)
class HotelClock:
    """The hotel's wall clock, for a payload received at `observed_at`."""

    zone: ZoneInfo
    observed_at: datetime

    def instant(self, value: Json, path: str) -> datetime:
        """A parser. OPERA's time stamps have no zone; a date alone means the first instant of that
        day. Some APIs send UTC with its offset.

        A local time that occurs twice is the later one, unless that is after `observed_at`: changes
        read in order then never go back in time.
        """
        text = values.as_text(value, path)
        if match := _LOCAL_TIMESTAMP.fullmatch(text):
            return self._resolve_local(match, path)
        if len(text) == len("YYYY-MM-DD"):
            return midnight_utc(values.as_local_date(text, path), self.zone, path=path)
        return values.as_instant(text, path)

    def last_change(self, r: Reader) -> datetime:
        """The creation of an object that was never modified; `observed_at` if neither is sent."""
        modified = r.decisive("lastModifyDateTime", self.instant, "version")
        if modified is not None:
            return modified
        return r.optional("createDateTime", self.instant, "version") or self.observed_at

    def _resolve_local(self, match: re.Match[str], path: str) -> datetime:
        day, clock, digits = match.groups()
        micro = int((digits or "0").ljust(6, "0")[:6])
        try:
            local = datetime.fromisoformat(f"{day}T{clock}").replace(microsecond=micro)
            first = local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
            second = local.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        except (ValueError, OverflowError):
            raise UnreadableField(path, "bad_instant", "a date and time that exist") from None
        return second if first < second <= self.observed_at else first


def as_day(value: Json, path: str) -> date:
    """A business date; a time of day after it is ignored."""
    found = _DAY.fullmatch(values.as_text(value, path))
    return values.as_local_date(found.group(1) if found else value, path)


def read_amount(r: Reader | None, target: str, *keys: str) -> Money | Absent:
    """The first present one of `keys` (default: `amount`), in `currencyCode`. Without a currency
    (both are optional) the amount stays unread."""
    if r is None or r.peek("currencyCode") in _EMPTY:
        return ABSENT
    for key in keys or ("amount",):
        if r.peek(key) not in _EMPTY:
            return r.money_in(r.text("currencyCode", target), key, target, lenient=True)
    return ABSENT


def find_id(ids: Iterable[Reader], wanted: str, target: str) -> str | None:
    """The id of the `wanted` type, at any position. Ids of other types stay unread."""
    for each in ids:
        if each.peek("type") == wanted:
            each.text("type", target)
            return each.optional("id", as_id, target)
    return None


def find_profile_id(r: Reader, target: str, key: str = "profileIdList") -> str | None:
    return find_id(r.optional_objects(key) or (), PROFILE, target)


def child(r: Reader | None, *keys: str) -> Reader | None:
    """The object at the path; None if a part of the path is missing."""
    for key in keys:
        if r is None:
            return None
        r = r.optional_object(key)
    return r


def room_stay_of(r: Reader) -> Reader:
    """Empty if missing; whether a reservation may lack it depends on its status."""
    return r.optional_object("roomStay") or reader_for({}, "roomStay")


def contact(r: Reader | None, key: str, target: str) -> str | None:
    return None if r is None else r.contact(key, target)


def country(r: Reader | None, target: str) -> str | None:
    return None if r is None else r.country("code", target)


def objects_at(r: Reader | None, *keys: str) -> list[Reader]:
    """The list at the path; empty if a part of the path is missing."""
    *parents, last = keys
    holder = child(r, *parents)
    return (holder.optional_objects(last) or []) if holder is not None else []


def preferred(found: list[Reader], *flags: str) -> Reader | None:
    """The first flagged one, else the first. The others stay unread."""
    for each in found:
        if any(each.peek(flag) in _TRUE for flag in flags):
            return each
    return found[0] if found else None


def preferred_info(r: Reader | None, path: tuple[str, ...], key: str) -> Reader | None:
    """The primary object `key` of the list at `path`, e.g. of several addresses."""
    found = [each for info in objects_at(r, *path) if (each := info.optional_object(key))]
    return preferred(found, "primaryInd")
