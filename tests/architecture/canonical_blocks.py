"""The tables of docs/canonical-format.md and the GraphQL types of the canonical format."""

import re
from collections.abc import Iterator
from dataclasses import fields

from application.access.personal_data import describe_access, scope_of_field
from application.events.cloud_events import to_camel_case
from domain import canonical_format

SHAPES = (
    canonical_format.MONEY,
    canonical_format.STAY,
    canonical_format.SOURCE_VERSION,
    canonical_format.BOOKING,
    canonical_format.ROOM_STAY,
    canonical_format.AGE_COUNT,
    canonical_format.NIGHTLY_PRICE,
    canonical_format.PARTY,
    canonical_format.GUEST,
    canonical_format.AVAILABILITY,
)
GRAPHQL_SCALARS = {
    canonical_format.Scalar.ID: "ID",
    canonical_format.Scalar.REFERENCE: "ID",
    canonical_format.Scalar.TEXT: "String",
    canonical_format.Scalar.CURRENCY: "String",
    canonical_format.Scalar.COUNTRY: "String",
    canonical_format.Scalar.AMOUNT: "String",
    canonical_format.Scalar.BOOLEAN: "Boolean",
    canonical_format.Scalar.DATE: "Date",
    canonical_format.Scalar.INSTANT: "DateTime",
    canonical_format.Scalar.EXTRAS: "[Extra!]",
}
MAX_INT = 2**31 - 1
"""The largest `Int` of GraphQL; the smallest is one below its negative."""


TABLES = {re.sub(r"(?<!^)(?=[A-Z])", "-", shape.name).lower(): shape for shape in SHAPES}
"""By the name of the table's block."""


def field_rows(shape: canonical_format.RecordShape) -> Iterator[tuple[str, ...]]:
    """The table's head, then one row per field."""
    yield "field", "value", "presence", "meaning", "personal data"
    for spec in shape.fields:
        personal = spec.personal.value if spec.personal else ""
        yield f"`{spec.name}`", _value(spec.type), _presence(spec), spec.documentation, personal


def _value(field_type: canonical_format.FieldType) -> str:
    match field_type:
        case canonical_format.ChoiceType(members):
            return ", ".join(f"`{member.value}`" for member in members)
        case canonical_format.RecordType(shape):
            return shape.name
        case canonical_format.ListType(shape):
            return f"list of {shape.name}"
        case canonical_format.NumberType(minimum, maximum):
            return f"integer, {minimum:,} to {maximum:,}" if maximum else f"integer from {minimum}"
        case scalar:
            return scalar.value


def _presence(spec: canonical_format.FieldSpec) -> str:
    if spec.required:
        return "required"
    if spec.inherited:
        return "the booking's when left out"
    return "" if spec.nullable else "not null"


def graphql_types() -> str:
    return "\n".join(graphql_type(shape) for shape in SHAPES)


def graphql_type(shape: canonical_format.RecordShape) -> str:
    described = f'"{shape.description}."\n' if shape.description else ""
    lines = [line for spec in shape.fields for line in _graphql_field(spec, shape)]
    return f"{described}type {shape.name} {{\n{''.join(lines)}}}\n"


def _graphql_field(
    spec: canonical_format.FieldSpec, shape: canonical_format.RecordShape
) -> Iterator[str]:
    """A deletion has a field of its own, `deletedAtSource`."""
    if spec.type is canonical_format.Scalar.FLAG:
        return
    sentences = [f"{spec.description}." if spec.description else "", describe_access(spec)]
    if any(sentences):
        yield f'  "{" ".join(filter(None, sentences))}"\n'
    mark = "!" if _is_always_set(spec, shape) else ""
    yield f"  {to_camel_case(spec.name)}: {_graphql_name(spec.type)}{mark}\n"


def _graphql_name(field_type: canonical_format.FieldType) -> str:
    match field_type:
        case canonical_format.ChoiceType(members):
            return members.__name__
        case canonical_format.RecordType(shape):
            return shape.name
        case canonical_format.ListType(shape):
            return f"[{shape.name}!]"
        case canonical_format.NumberType(minimum, maximum):
            fits_int = maximum is not None and -MAX_INT <= minimum <= maximum <= MAX_INT
            return "Int" if fits_int else "Long"
        case scalar:
            return GRAPHQL_SCALARS[scalar]


def _is_always_set(spec: canonical_format.FieldSpec, shape: canonical_format.RecordShape) -> bool:
    """Once stored: required and inherited fields, lists, and fields with a default. A field that
    needs a scope of its own is null without it."""
    if scope_of_field(spec):
        return False
    if spec.required or spec.inherited or isinstance(spec.type, canonical_format.ListType):
        return True
    if shape.is_snapshot:
        return not spec.nullable
    defaults = {field.name: field.default for field in fields(shape.model)}
    return defaults[spec.attribute] is not None
