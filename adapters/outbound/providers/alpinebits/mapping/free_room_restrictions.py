"""Restrictions of a line: closed, closed to arrival or departure, length of stay.

| element | target |
|---|---|
| RestrictionStatus, Status Open or Close, without Restriction or with Master | closed |
| the same with Restriction Arrival, or Status ClosedOnArrival | closed_to_arrival |
| the same with Restriction Departure | closed_to_departure |
| LengthOfStay, MinMaxMessageType SetMinLOS or MinLOS | min_stay |
| LengthOfStay, MinMaxMessageType SetMaxLOS or MaxLOS | max_stay |
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_choice
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from domain.values import ABSENT, Field

FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
_CLOSED_ON_ARRIVAL: Final = "ClosedOnArrival"
_STATUSES: Final = {"Open": False, "Close": True, _CLOSED_ON_ARRIVAL: True}
_TARGETS: Final = {
    "Master": "closed",
    "Arrival": "closed_to_arrival",
    "Departure": "closed_to_departure",
}
_LENGTHS: Final = {
    "SetMinLOS": "min_stay",
    "MinLOS": "min_stay",
    "SetMaxLOS": "max_stay",
    "MaxLOS": "max_stay",
}
_UNITS: Final = {"Day": True}
_NO_SALE_WHEN_CLOSED: Final = {name: False for name, value in FLAGS.items() if not value}
_MAX_NIGHTS: Final = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """`min_stay` and `max_stay` in nights; None for no limit."""

    closed: Field[bool] = ABSENT
    closed_to_arrival: Field[bool] = ABSENT
    closed_to_departure: Field[bool] = ABSENT
    min_stay: Field[int | None] = ABSENT
    max_stay: Field[int | None] = ABSENT

    def present_fields(self) -> dict[str, Any]:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value is not ABSENT}

    def __or__(self, other: "Restrictions") -> "Restrictions":
        return replace(self, **other.present_fields())


UNRESTRICTED: Final = Restrictions()


def read_restrictions(r: XmlReader) -> Restrictions:
    """Of an `Inventory` or `AvailStatusMessage`. Raises UnreadableField for any other restriction
    and for one that is sent twice."""
    found = UNRESTRICTED
    if "RestrictionStatus" in r:
        for each in r.children("RestrictionStatus"):
            found = _with_status(found, each)
    if "LengthsOfStay" in r:
        lengths = r.first("LengthsOfStay")
        lengths.choice("ArrivalDateBased", FLAGS)
        for each in lengths.children("LengthOfStay"):
            found = _with_length(found, each)
    return found


def _with_status(found: Restrictions, r: XmlReader) -> Restrictions:
    # Nights that are closed, but sold to stays around them, cannot be stored.
    r.choice("SellThroughOpenIndicator", _NO_SALE_WHEN_CLOSED)
    is_on_arrival = r.peek("Status") == _CLOSED_ON_ARRIVAL
    kind = r.choice("Restriction", _TARGETS) or _TARGETS["Arrival" if is_on_arrival else "Master"]
    if is_on_arrival and kind != _TARGETS["Arrival"]:
        raise r.invalid("Restriction", "contradiction", "Arrival, as in the Status")
    r.optional_text("Restriction", kind)
    return _with_field(found, kind, r.required("Status", as_choice(_STATUSES), kind), r)


def _with_length(found: Restrictions, r: XmlReader) -> Restrictions:
    kind = r.required("MinMaxMessageType", as_choice(_LENGTHS))
    r.text("MinMaxMessageType", kind)
    r.choice("TimeUnit", _UNITS)
    nights = r.optional_integer("Time", kind)
    if nights is None or not 0 <= nights <= _MAX_NIGHTS:
        raise r.invalid("Time", "bad_count", f"0 to {_MAX_NIGHTS} nights; 0 for no limit")
    return _with_field(found, kind, nights or None, r)


def _with_field(found: Restrictions, name: str, value: int | None, r: XmlReader) -> Restrictions:
    """`value`: also True or False."""
    if name in found.present_fields():
        raise UnreadableField(r.path, "duplicate", "each restriction once")
    field: dict[str, Any] = {name: value}
    return found | replace(UNRESTRICTED, **field)
