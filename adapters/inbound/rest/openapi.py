"""Parts of the operations' OpenAPI descriptions."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import HOTEL_HEADER, KEY_HEADER
from adapters.inbound.rest.problems import MEDIA_TYPE
from adapters.inbound.rest.request_scope import CORRELATION_HEADER
from domain.access import Scope

Description = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Response])

NO_CREDENTIALS: Final[list[Description]] = []
SECURITY: Final[list[Description]] = [{"token": [], "provider_key": []}]
BASIC: Final[list[Description]] = [{"basic": []}]
SECURITY_SCHEMES: Final = {
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The connection's key and its password",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Hotel-scoped token; determines hotels, provider (or all, for reading) and "
        f"scopes: {', '.join(Scope)}",
    },
    "provider_key": {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "Identifies the partner",
    },
}


def _header(name: str, description: str, schema: Description) -> Description:
    return {"in": "header", "name": name, "description": description, "schema": schema}


def _query(name: str, description: str, schema: Description) -> Description:
    return {"in": "query", "name": name, "description": description, "schema": schema}


CORRELATION: Final = _header(
    CORRELATION_HEADER,
    "Passed to jobs, events and logs; should be 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`: "
    "another value is replaced by a new one, a card number and a credential too",
    {"type": "string"},
)
HOTEL: Final = _header(
    HOTEL_HEADER,
    "Slug of one of the token's hotels. A token for several hotels must send it with every POST "
    "(else 422 hotel_required); for GET its first hotel is the default",
    {"type": "string"},
)
IDEMPOTENCY_KEY: Final = _header(
    "Idempotency-Key",
    "A repeated key and body within 24 hours get the first response again "
    "(draft-ietf-httpapi-idempotency-key-header-07)",
    {"type": "string", "minLength": 1, "maxLength": 255},
)
PREFER: Final = _header(
    "Prefer",
    "`respond-async`: store now, apply later (RFC 7240)",
    {"type": "string", "examples": ["respond-async"]},
)
LIMIT: Final = _query(
    "limit", "Page size", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
)
AFTER: Final = _query(
    "after", "`next_after` of the previous page", {"type": "string", "format": "uuid"}
)
CURSOR: Final = _query(
    "after", "`next_after` of the previous page", {"type": "string", "minLength": 1}
)

_RATE_HEADERS: Final[Description] = {
    "RateLimit": {
        "description": "Requests left (r) and seconds until reset (t)",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "Quota (q) per window in seconds (w)",
        "schema": {"type": "string"},
    },
}
_RETRY_AFTER: Final[Description] = {
    "Retry-After": {"description": "Seconds", "schema": {"type": "string"}}
}
_LOCATION: Final[Description] = {
    "Location": {"description": "URL of the outcome", "schema": {"type": "string"}}
}


def route(
    blueprint: Blueprint, rule: str, summary: str, responses: Description, **description: Any
) -> Callable[[View], View]:
    """Adds a view with its OpenAPI description: by the method of "POST /path", else GET. The view's
    name is the operation's id."""
    method, _, path = rule.rpartition(" ")
    parameters = [*_path_ids(path), *description.pop("parameters", ())]

    def add(view: View) -> View:
        name = view.__name__
        document = blueprint.doc(
            summary=summary,
            operationId=name,
            responses=responses,
            parameters=parameters,
            **description,
        )
        blueprint.route(path, methods=[method or "GET"], endpoint=name)(document(view))
        return view

    return add


def _path_ids(path: str) -> list[Description]:
    """Where the path has an id, it is a UUID."""
    uuid = {"type": "string", "format": "uuid"}
    return [
        {"in": "path", "name": name, "required": True, "schema": uuid}
        for name in re.findall(r"<(\w+_id)>", path)
    ]


def any_field_of(schema: type[Schema], *names: str) -> Description:
    """The body of a request that must have a value in one of these fields at least."""
    filled: Description = {"not": {"enum": [None, []]}}
    choices = [{"required": [name], "properties": {name: filled}} for name in names]
    return {"allOf": [schema], "anyOf": choices}


def request_body_spec(schema: type[Schema] | Description, *, many: bool = False) -> Description:
    """`many`: one object or an array of up to 1,000."""
    array = {"type": "array", "items": schema, "maxItems": 1_000}
    schema_or_array = {"oneOf": [schema, array]} if many else schema
    return {"required": True, "content": {"application/json": {"schema": schema_or_array}}}


def responses_spec(
    success: Mapping[int, tuple[str, type[Schema] | None]], *error_statuses: int
) -> Description:
    responses: Description = {}
    for status, (description, schema) in success.items():
        content = {"schema": schema or {"type": "object"}}
        headers = _LOCATION if status == HTTPStatus.ACCEPTED else {}
        if HTTPStatus.TOO_MANY_REQUESTS in error_statuses:
            headers = headers | _RATE_HEADERS
        responses[str(status)] = {
            "description": description,
            "content": {"application/json": content},
            "headers": headers,
        }
    for status in error_statuses:
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schemas.ProblemSchema}},
            "headers": _RETRY_AFTER if status in (429, 503) else {},
        }
    return responses
