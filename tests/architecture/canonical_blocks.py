"""The tables of docs/canonical-format.md and the GraphQL types of the canonical format."""

import re
from collections.abc import Iterator
from dataclasses import fields

from application.access.personal_data import describe_access, scope_of_field
from application.events.cloud_events import to_camel_case
from domain.canonical_format import (
    AGE_COUNT,
    AVAILABILITY,
    BOOKING,
    GUEST,
    MONEY,
    NIGHTLY_PRICE,
    PARTY,
    ROOM_STAY,
    SOURCE_VERSION,
    STAY,
    ChoiceType,
    FieldSpec,
    FieldType,
    ListType,
    NumberType,
    RecordShape,
    RecordType,
    Scalar,
)

SHAPES = (
    MONEY, STAY, SOURCE_VERSION, BOOKING, ROOM_STAY, AGE_COUNT, NIGHTLY_PRICE, PARTY, GUEST,
    AVAILABILITY,
)  # fmt: skip
GRAPHQL_SCALARS = {
    Scalar.ID: "ID",
    Scalar.REFERENCE: "ID",
    Scalar.TEXT: "String",
    Scalar.CURRENCY: "String",
    Scalar.COUNTRY: "String",
    Scalar.AMOUNT: "String",
    Scalar.BOOLEAN: "Boolean",
    Scalar.DATE: "Date",
    Scalar.INSTANT: "DateTime",
    Scalar.EXTRAS: "[Extra!]",
}
MAX_INT = 2**31 - 1
"""The largest `Int` of GraphQL; the smallest is one below its negative."""


TABLES = {re.sub(r"(?<!^)(?=[A-Z])", "-", shape.name).lower(): shape for shape in SHAPES}
"""By the name of the table's block."""


def field_rows(shape: RecordShape) -> Iterator[tuple[str, ...]]:
    """The table's head, then one row per field."""
    yield "field", "value", "presence", "meaning", "personal data"
    for spec in shape.fields:
        personal = spec.personal.value if spec.personal else ""
        yield f"`{spec.name}`", _value(spec.type), _presence(spec), spec.documentation, personal


def _value(field_type: FieldType) -> str:
    match field_type:
        case ChoiceType(members):
            return ", ".join(f"`{member.value}`" for member in members)
        case RecordType(shape):
            return shape.name
        case ListType(shape):
            return f"list of {shape.name}"
        case NumberType(minimum, maximum):
            return f"integer, {minimum:,} to {maximum:,}" if maximum else f"integer from {minimum}"
        case scalar:
            return scalar.value


def _presence(spec: FieldSpec) -> str:
    if spec.required:
        return "required"
    if spec.inherited:
        return "the booking's when left out"
    return "" if spec.nullable else "not null"


def graphql_types() -> str:
    return "\n".join(graphql_type(shape) for shape in SHAPES)


def graphql_type(shape: RecordShape) -> str:
    described = f'"{shape.description}."\n' if shape.description else ""
    lines = [line for spec in shape.fields for line in _graphql_field(spec, shape)]
    return f"{described}type {shape.name} {{\n{''.join(lines)}}}\n"


def _graphql_field(spec: FieldSpec, shape: RecordShape) -> Iterator[str]:
    """A deletion has a field of its own, `deletedAtSource`."""
    if spec.type is Scalar.FLAG:
        return
    sentences = [f"{spec.description}." if spec.description else "", describe_access(spec)]
    if any(sentences):
        yield f'  "{" ".join(filter(None, sentences))}"\n'
    mark = "!" if _is_always_set(spec, shape) else ""
    yield f"  {to_camel_case(spec.name)}: {_graphql_name(spec.type)}{mark}\n"


def _graphql_name(field_type: FieldType) -> str:
    match field_type:
        case ChoiceType(members):
            return members.__name__
        case RecordType(shape):
            return shape.name
        case ListType(shape):
            return f"[{shape.name}!]"
        case NumberType(minimum, maximum):
            fits_int = maximum is not None and -MAX_INT <= minimum <= maximum <= MAX_INT
            return "Int" if fits_int else "Long"
        case scalar:
            return GRAPHQL_SCALARS[scalar]


def _is_always_set(spec: FieldSpec, shape: RecordShape) -> bool:
    """Once stored: required and inherited fields, lists, and fields with a default. A field that
    needs a scope of its own is null without it."""
    if scope_of_field(spec):
        return False
    if spec.required or spec.inherited or isinstance(spec.type, ListType):
        return True
    if shape.is_snapshot:
        return not spec.nullable
    defaults = {field.name: field.default for field in fields(shape.model)}
    return defaults[spec.attribute] is not None
