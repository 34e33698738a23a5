"""Hypothesis strategies for snapshots, from the description of the canonical format."""

from dataclasses import fields, replace
from datetime import UTC, date, timedelta
from typing import Any

from hypothesis import strategies as st

from adapters.outbound.provider_kit.parsing.contact_values import contact_value
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.sensitive_fields import without_sensitive_paths
from domain.canonical_format import (
    AVAILABILITY,
    BOOKING,
    GUEST,
    MONEY,
    STAY,
    ChoiceType,
    FieldSpec,
    FieldType,
    ListType,
    NumberType,
    PersonalData,
    RecordShape,
    RecordType,
    Scalar,
)
from domain.currencies import EXPONENTS
from domain.room_stays import find_contradiction, header_of
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, Extras, GuestSnapshot
from domain.values import ABSENT, MAX_MINOR, MAX_STAY_NIGHTS, Money, Stay

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=12,
)
contacts = texts.filter(lambda text: text == contact_value(text))
ids = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and text.isprintable()
)
json_values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | texts
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def _as_extras(values: dict[str, Json]) -> Extras:
    """Without sensitive fields, which readers never keep."""
    kept = without_sensitive_paths(values)
    return tuple(sorted((path, dumps(value)) for path, value in kept.items()))


_SCALARS: dict[Scalar, st.SearchStrategy[Any]] = {
    Scalar.ID: ids,
    Scalar.REFERENCE: texts,
    Scalar.TEXT: texts,
    Scalar.COUNTRY: st.sampled_from(["AT", "DE", "JP", "US"]),
    Scalar.BOOLEAN: st.booleans(),
    Scalar.FLAG: st.booleans(),
    Scalar.DATE: st.dates(),
    Scalar.INSTANT: st.datetimes(timezones=st.just(UTC)),
    Scalar.EXTRAS: st.dictionaries(texts, json_values, max_size=3).map(_as_extras),
}
_RECORDS: dict[RecordShape, st.SearchStrategy[Any]] = {
    MONEY: st.builds(Money, st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(sorted(EXPONENTS))),
    STAY: st.builds(
        lambda arrival, nights: Stay(arrival, arrival + timedelta(days=nights)),
        st.dates(max_value=date(9990, 1, 1)),
        st.integers(0, MAX_STAY_NIGHTS),
    ),
}


def records(shape: RecordShape) -> st.SearchStrategy[Any]:
    """Any valid value of the shape's class."""
    if shape not in _RECORDS:
        defaults = {field.name: field.default for field in fields(shape.model)}
        attributes = {s.attribute: _attribute(s, defaults[s.attribute]) for s in shape.fields}
        _RECORDS[shape] = st.builds(shape.model, **attributes)
    return _RECORDS[shape]


def _attribute(spec: FieldSpec, default: object) -> st.SearchStrategy[Any]:
    """ABSENT where that is the default; None where a null clears the field."""
    strategy = _values(spec.type)
    if spec.type is Scalar.TEXT and spec.personal in {PersonalData.GUEST, PersonalData.CONTACT}:
        strategy = contacts
    if spec.accepts_null and not isinstance(spec.type, ListType) and spec.type is not Scalar.EXTRAS:
        strategy = strategy | st.none() if default in (ABSENT, None) else strategy
    return strategy | st.just(ABSENT) if default is ABSENT else strategy


def _values(field_type: FieldType) -> st.SearchStrategy[Any]:
    match field_type:
        case NumberType(minimum, maximum):
            return st.integers(minimum, maximum or 2**63 - 1)
        case ChoiceType(members):
            return st.sampled_from(members)
        case RecordType(shape):
            return records(shape)
        case ListType(shape, minimum=minimum):
            return st.lists(records(shape), min_size=minimum, max_size=2).map(tuple)
        case scalar:
            return _SCALARS[scalar]


def _without_contradiction(snapshot: BookingSnapshot) -> BookingSnapshot:
    """Rooms that contradict the booking inherit its values instead; no canceled booking holds
    inventory."""
    if _is_contradictory(snapshot) and snapshot.rooms is not ABSENT:
        rooms = (replace(r, stay=None, status=None, nightly_prices=()) for r in snapshot.rooms)
        snapshot = replace(snapshot, rooms=tuple(rooms))
    return replace(snapshot, holds_inventory=False) if _is_contradictory(snapshot) else snapshot


def _is_contradictory(snapshot: BookingSnapshot) -> bool:
    return find_contradiction(snapshot, header_of(snapshot)) is not None


bookings: st.SearchStrategy[BookingSnapshot] = records(BOOKING).map(_without_contradiction)
guests: st.SearchStrategy[GuestSnapshot] = records(GUEST)
availability: st.SearchStrategy[AvailabilitySnapshot] = st.builds(
    lambda snapshot, ours: replace(snapshot, version_is_ours=ours),
    records(AVAILABILITY),
    st.booleans(),
)
