"""The kit's reader, with what this vendor asks for: ids by their type, numbers as text, and
time stamps of the hotel's own wall clock."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing import mapping_report
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import Parse
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.local_time import midnight_utc
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.errors import InvalidField
from domain.values import ABSENT, Absent, Money, Reason

T = TypeVar("T")

PROFILE: Final = "Profile"

_EMPTY: Final = (ABSENT, None, "")
_TRUE: Final = (True, "true", "True", "Y")

_LOCAL_TIMESTAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,]([0-9]{1,9}))?"
)
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.,]+)?")


@dataclass(frozen=True, slots=True)
class OhipEntry:
    """One item of a message and where it stood."""

    path: str
    value: Json

    def text(self) -> bytes:
        return dumps(self.value).encode()


@dataclass(frozen=True, slots=True)
class HotelClock:
    """The hotel's wall clock, as it was read at `observed_at`."""

    zone: ZoneInfo
    observed_at: datetime

    def instant(self, value: Json, path: str) -> datetime:
        """A parser. The vendor's stamps have no zone and may have no time of day, which is the
        first instant of that day; those of some APIs are UTC and say so.

        An hour that comes twice: the later one, unless that was still to come when it was read.
        So what is read in its order is never ordered backwards.
        """
        text = values.as_text(value, path)
        if _LOCAL_TIMESTAMP.fullmatch(text):
            return self._resolve_local(text, path)
        if len(text) == 10:
            return midnight_utc(values.as_local_date(text, path), self.zone, path=path)
        return values.as_instant(text, path)

    def _resolve_local(self, text: str, path: str) -> datetime:
        found = _LOCAL_TIMESTAMP.fullmatch(text)
        day, clock, digits = found.groups() if found else ("", "", None)
        micro = int((digits or "0").ljust(6, "0")[:6])
        try:
            local = datetime.fromisoformat(f"{day}T{clock}").replace(microsecond=micro)
            first = local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
            second = local.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        except (ValueError, OverflowError):
            raise UnreadableField(path, "bad_instant", "a date and time that exist") from None
        return second if first < second <= self.observed_at else first


def reader_for(value: Json, path: str = "") -> Reader:
    return Reader(value, path, blank_is_null=True)


def as_day(value: Json, path: str) -> date:
    """A business date; a time of day behind it says nothing."""
    found = _DAY.fullmatch(values.as_text(value, path))
    return values.as_local_date(found.group(1) if found else value, path)


def as_id(value: Json, path: str) -> str:
    """Ids are documented as text; some of the vendor's own payloads have numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return values.as_text(value, path)


def as_money(currency: str) -> Parse[Money]:
    """Amounts may have more digits than the currency (parts of taxes): half to even."""

    def money(value: Json, path: str) -> Money:
        try:
            return Money.rounded(values.as_lenient_decimal(value, path), currency)
        except InvalidField as fault:
            raise UnreadableField(path, fault.code, f"money: {fault.fix}") from None

    return money


def read_amount(r: Reader | None, target: str, *keys: str) -> Money | Absent:
    """The first of the `keys` that is told, by default `amount`, in `currencyCode`; a number that
    tells none (both are optional) is no money and stays unread."""
    if r is None or r.peek("currencyCode") in _EMPTY:
        return ABSENT
    for key in keys or ("amount",):
        if r.peek(key) not in _EMPTY:
            return r.required(key, as_money(r.text("currencyCode", target)), target)
    return ABSENT


def find_id(ids: Iterable[Reader], wanted: str, target: str) -> str | None:
    """By its type, never by its position. What has another type stays unread."""
    for each in ids:
        if each.peek("type") == wanted:
            each.text("type", target)
            return each.optional("id", as_id, target)
    return None


def find_profile_id(r: Reader, target: str, key: str = "profileIdList") -> str | None:
    return find_id(r.optional_objects(key) or (), PROFILE, target)


def child(r: Reader | None, *keys: str) -> Reader | None:
    """Down the path, None where a part of it is not told."""
    for key in keys:
        if r is None:
            return None
        r = r.optional_object(key)
    return r


def objects_at(r: Reader | None, *keys: str) -> list[Reader]:
    """The list at the path; empty where it is not told."""
    *way, last = keys
    holder = child(r, *way)
    return (holder.optional_objects(last) or []) if holder is not None else []


def preferred(found: list[Reader], *flags: str) -> Reader | None:
    """The one that is flagged, else the first. The others stay unread."""
    for each in found:
        if any(each.peek(flag) in _TRUE for flag in flags):
            return each
    return found[0] if found else None


def null_if_complete(value: T | Absent | None, *, is_complete: bool) -> T | Absent | None:
    """`whole`: an answer to a question for everything, where what is missing is empty."""
    return None if is_complete and value is ABSENT else value


def reason_of(fault: UnreadableField | InvalidField, prefix: str) -> Reason:
    return mapping_report.reason_of(fault, prefix, _SOURCES_OF)


_SOURCES_OF: Final = {
    "external_id": "reservationIdList",
    "departure": "roomStay.departureDate",
    "count": "roomStay.adultCount",
    "units": "roomStay.numberOfRooms",
    "room_type_id": "statCode",
}


def numbered_entries(prefix: str, found: Iterable[Json]) -> Iterator[OhipEntry]:
    for number, value in enumerate(found):
        yield OhipEntry(f"{prefix}[{number}]", value)
