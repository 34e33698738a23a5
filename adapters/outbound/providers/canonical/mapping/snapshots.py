"""Canonical JSON to snapshots, driven by the description in domain/canonical_format.py."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from adapters.outbound.provider_kit.parsing import field_values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import Parse
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.sensitive_fields import without_sensitive_paths
from domain.canonical_format import (
    AVAILABILITY,
    BOOKING,
    GUEST,
    MONEY,
    SOURCE_VERSION,
    ChoiceType,
    FieldSpec,
    ListType,
    NumberType,
    PersonalData,
    RecordShape,
    RecordType,
    Scalar,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.room_stays import find_contradiction, header_of
from domain.snapshots import Extras, Snapshot
from domain.values import ABSENT, Absent, Field, Money, SourceVersion
from ports.providers import HotelContext

FieldReader: TypeAlias = Callable[[Reader], object]
"""Reads one field of an object."""

_SCALARS: Final[Mapping[Scalar, Parse[Any]]] = {
    Scalar.ID: field_values.as_text,
    Scalar.REFERENCE: field_values.as_text,
    Scalar.TEXT: field_values.as_text,
    Scalar.CURRENCY: field_values.as_text,
    Scalar.COUNTRY: field_values.as_text,
    Scalar.BOOLEAN: field_values.as_boolean,
    Scalar.FLAG: field_values.as_boolean,
    Scalar.DATE: field_values.as_local_date,
    Scalar.INSTANT: field_values.as_instant,
    Scalar.AMOUNT: field_values.as_lenient_decimal,
}

_TRIMMED: Final = frozenset({PersonalData.GUEST, PersonalData.CONTACT})
"""Names and contact details, without blanks around; a mask is no value."""

_DROPPED: Final = "(dropped: a means of payment or an identity document)"


def _read_booking(reader: Reader, _context: HotelContext) -> Any:
    snapshot = read_record(reader, BOOKING, {})
    if error := find_contradiction(snapshot, header_of(snapshot)):
        raise error
    return snapshot


def _read_availability(reader: Reader, context: HotelContext) -> Any:
    """Without a source version, the time of arrival orders the snapshots."""
    is_ours = "source_version" not in reader or _is_query_time(reader.object("source_version"))
    arrival = {"version": SourceVersion(context.observed_at), "version_is_ours": is_ours}
    return read_record(reader, AVAILABILITY, arrival)


def _is_query_time(version: Reader) -> bool:
    return version.optional_boolean("observed") or False


READERS: Final[Mapping[ItemKind, Callable[[Reader, HotelContext], Snapshot]]] = {
    ItemKind.BOOKING: _read_booking,
    ItemKind.GUEST: lambda reader, _: read_record(reader, GUEST, {}),
    ItemKind.AVAILABILITY: _read_availability,
}
"""Each raises UnreadableField or InvalidField, with the path of the field."""


def read_record(reader: Reader, shape: RecordShape, fallback: Mapping[str, object]) -> Any:
    """An instance of the shape's class; `fallback`: values of attributes that are left out."""
    found = dict(fallback)
    for attribute, read in _field_readers(shape):
        value = read(reader)
        if value is not ABSENT and (value is not None or shape.is_snapshot):
            found[attribute] = value
    build: Callable[..., Any] = Money.of if shape is MONEY else shape.model
    try:
        return build(**found)
    except InvalidField as error:
        raise (error.under(reader.path) if reader.path else error) from None


@cache
def _field_readers(shape: RecordShape) -> tuple[tuple[str, FieldReader], ...]:
    return tuple((spec.attribute, _field_reader(spec)) for spec in shape.fields)


def _field_reader(spec: FieldSpec) -> FieldReader:
    read = _value_reader(spec)
    if spec.required or spec.type is Scalar.EXTRAS:
        return read
    if spec.type is Scalar.COUNTRY:
        return lambda reader: reader.field_country(spec.name)
    if spec.type is Scalar.TEXT and spec.personal in _TRIMMED:
        return lambda reader: reader.field_contact(spec.name)
    if spec.nullable and isinstance(spec.type, Scalar | NumberType):
        parse = _parser(spec.type)
        return lambda reader: reader.field(spec.name, parse)
    null = () if isinstance(spec.type, ListType) else None

    def read_if_present(reader: Reader) -> object:
        sent = reader.peek(spec.name)
        if sent is ABSENT:
            return ABSENT
        if sent is None and spec.nullable:
            reader.raw(spec.name)
            return null
        return read(reader)

    return read_if_present


def _value_reader(spec: FieldSpec) -> FieldReader:
    name = spec.name
    match spec.type:
        case Scalar.EXTRAS:
            return lambda reader: _read_extras(reader, name)
        case RecordType(shape) if shape is SOURCE_VERSION:
            return lambda reader: _read_version(reader.object(name))
        case RecordType(shape):
            return lambda reader: read_record(reader.object(name), shape, {})
        case ListType(shape, defaults=defaults):
            return lambda reader: tuple(
                read_record(child, shape, defaults) for child in reader.objects(name)
            )
        case ChoiceType(members):
            values = {member.value: member for member in members}
            return lambda reader: reader.choice(name, values)
    parse = _parser(spec.type)
    return lambda reader: reader.required(name, parse)


def _parser(value_type: Scalar | NumberType) -> Parse[Any]:
    return _SCALARS[value_type] if isinstance(value_type, Scalar) else _number_parser(value_type)


def _number_parser(limits: NumberType) -> Parse[int]:
    def parse(value: Json, path: str) -> int:
        number = field_values.as_integer(value, path)
        if number < limits.minimum or (limits.maximum is not None and number > limits.maximum):
            expected = f"an integer from {limits.minimum} to {limits.maximum}"
            raise UnreadableField(path, "bad_count", expected)
        return number

    return parse


def _read_version(reader: Reader) -> SourceVersion:
    """Without a sequence, digits below a microsecond order the instants in its place."""
    instant, nanoseconds = reader.precise_instant("updated_at")
    sequence = reader.optional_integer("sequence")
    return SourceVersion(instant, nanoseconds if sequence is None else sequence)


def _read_extras(reader: Reader, name: str) -> Field[Extras]:
    """What the sender put under `extras`, by its own paths, and every field that nothing read."""
    sent = reader.raw(name)
    unknown = reader.unread()
    if isinstance(sent, Absent) and not unknown:
        return ABSENT
    if not isinstance(sent, dict | Absent | None):
        raise UnreadableField(name, "wrong_type", "an object")
    given = sent if isinstance(sent, dict) else {}
    if given.keys() & unknown.keys():
        fix = "a name in it is also sent as a field of its own, send it once"
        raise InvalidField(name, fix, code="duplicate_field")
    fields = {field_values.as_text(path, name): value for path, value in given.items()}
    kept = {path: dumps(value) for path, value in without_sensitive_paths(fields).items()}
    return tuple(sorted((kept | unknown).items()))


def trace_extras(reader: Reader) -> dict[str, str]:
    """The targets of what the sender put under `extras`."""
    sent = reader.peek("extras")
    given = sent if isinstance(sent, dict) else {}
    kept = without_sensitive_paths(given)
    return {f"extras.{path}": "extras" if path in kept else _DROPPED for path in given}
