"""Snapshots as canonical JSON documents (docs/canonical-format.md).

The canonical provider reads a snapshot's document back as the same snapshot.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias, Union, cast

from domain.canonical_format import (
    SHAPES,
    SOURCE_VERSION,
    FieldSpec,
    ListType,
    RecordShape,
    RecordType,
    Scalar,
)
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot, Extras, Snapshot
from domain.values import ABSENT

Json: TypeAlias = Union[bool, int, str, Decimal, "list[Json]", "dict[str, Json]", None]
Document: TypeAlias = "dict[str, Json]"

_SHAPES: Final = {shape.model: shape for shape in SHAPES.values()}


def snapshot_document(snapshot: Snapshot) -> Document:
    """Without the fields that the provider did not send.

    Availability that a provider counts room by room is written as its sums.
    """
    if isinstance(snapshot, AvailabilitySet):
        return _set_document(snapshot)
    document = record_document(snapshot, _SHAPES[type(snapshot)])
    if isinstance(snapshot, AvailabilitySnapshot) and snapshot.version_is_ours:
        version = record_document(snapshot.version, SOURCE_VERSION)
        document["source_version"] = version | {"observed": True}
    return document


def _set_document(snapshot: AvailabilitySet) -> Document:
    """The attributes of the set; its cells have documents of their own."""
    first = snapshot.complete_from
    return {
        "complete_from": first.isoformat() if first else None,
        "closed_days": [day.isoformat() for day in sorted(snapshot.closed_days)],
        "source_version": record_document(snapshot.version, SOURCE_VERSION),
    }


def record_document(source: object, shape: RecordShape) -> Document:
    """`source`: an instance of the shape's class."""
    values = ((spec, getattr(source, spec.attribute)) for spec in shape.fields)
    return {
        spec.name: _json(value, spec)
        for spec, value in values
        if not _is_left_out(value, spec, shape)
    }


def _is_left_out(value: object, spec: FieldSpec, shape: RecordShape) -> bool:
    if value is None:
        return not shape.is_snapshot
    return value is ABSENT or (spec.type is Scalar.FLAG and value is False)


def _json(value: object, spec: FieldSpec) -> Json:
    match value, spec.type:
        case None, _:
            return None
        case tuple(), ListType(shape):
            return [record_document(element, shape) for element in value]
        case tuple(), _:
            return _extras(cast("Extras", value))
        case _, RecordType(shape):
            return record_document(value, shape)
    return _scalar_json(value)


def _scalar_json(value: object) -> Json:
    match value:
        case date():
            return value.isoformat().replace("+00:00", "Z")
        case Decimal():
            return f"{value:f}"
        case int():
            return value
    return str(value)


def _extras(extras: Extras) -> Document:
    """The values of the stored JSON texts, their numbers exact."""
    return {path: cast("Json", json.loads(text, parse_float=Decimal)) for path, text in extras}
