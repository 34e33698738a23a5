"""Marshmallow schemas of the canonical format, for its description in OpenAPI.

Requests are not parsed by them: providers read the text itself, so that no amount passes through
a float and one invalid item does not reject the others.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final

from marshmallow import Schema, fields, validate

from domain import canonical_format
from domain.snapshots import MAX_ID

_SCALARS: Final[Mapping[canonical_format.Scalar, Callable[..., fields.Field[Any]]]] = {
    canonical_format.Scalar.ID: partial(fields.String, validate=validate.Length(min=1, max=MAX_ID)),
    canonical_format.Scalar.REFERENCE: fields.String,
    canonical_format.Scalar.TEXT: fields.String,
    canonical_format.Scalar.AMOUNT: fields.String,
    canonical_format.Scalar.CURRENCY: partial(
        fields.String, validate=validate.Regexp("^[A-Z]{3}$")
    ),
    # Not validated: an unknown one is kept in the extras.
    canonical_format.Scalar.COUNTRY: fields.String,
    canonical_format.Scalar.BOOLEAN: fields.Boolean,
    canonical_format.Scalar.FLAG: fields.Boolean,
    canonical_format.Scalar.DATE: fields.Date,
    canonical_format.Scalar.INSTANT: fields.AwareDateTime,
    canonical_format.Scalar.EXTRAS: fields.Dict,
}


@cache
def schema_of(shape: canonical_format.RecordShape) -> type[Schema]:
    """Named after the shape; a snapshot's name starts with Canonical."""
    name = f"Canonical{shape.name}" if shape.is_snapshot else shape.name
    return type(
        name,
        (Schema,),
        {
            "Meta": type("Meta", (), {"unknown": "include"}),
            **{spec.name: _field(spec) for spec in shape.fields},
        },
    )


def _field(spec: canonical_format.FieldSpec) -> fields.Field[Any]:
    settings: dict[str, Any] = {"required": spec.required, "allow_none": spec.accepts_null}
    if spec.documentation:
        settings["metadata"] = {"description": spec.documentation}
    match spec.type:
        case canonical_format.RecordType(shape):
            return fields.Nested(schema_of(shape), **settings)
        case canonical_format.ListType(shape, minimum=minimum):
            length = validate.Length(min=minimum or None)
            return fields.List(fields.Nested(schema_of(shape)), validate=length, **settings)
        case canonical_format.NumberType(minimum, maximum):
            limits = validate.Range(minimum, maximum)
            return fields.Integer(strict=True, validate=limits, **settings)
        case canonical_format.ChoiceType(members):
            choices = validate.OneOf([member.value for member in members])
            return fields.String(validate=choices, **settings)
    return _SCALARS[spec.type](**settings)
