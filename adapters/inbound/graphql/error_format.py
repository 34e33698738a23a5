"""GraphQL errors: ours keep their code; unexpected ones are masked and logged by type."""

import logging
from collections.abc import Iterable
from typing import Any, Final

from graphql import GraphQLError

from adapters.inbound.graphql.scalars import BadScalar
from application.errors import Forbidden
from domain.errors import ErrorKind, PmsError

_LOG: Final = logging.getLogger("pms.graphql")
_MASKED: Final = "Internal error; quote the correlation id when you report it."
_INTERNAL_KINDS: Final = frozenset({ErrorKind.BUG, ErrorKind.MISCONFIGURED})


def formatted(error: GraphQLError) -> dict[str, Any]:
    formatted_error: dict[str, Any] = {"message": error.message}
    if error.locations:
        formatted_error["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted_error["path"] = error.path
    cause = _cause(error)
    if isinstance(cause, PmsError) and cause.kind not in _INTERNAL_KINDS:
        extensions = {"code": cause.code}
        if "field" in cause.details:
            extensions["field"] = str(cause.details["field"])
        # graphql-core's message names the variable and the value.
        message = error.message if isinstance(cause, BadScalar) else cause.message
        return formatted_error | {"message": message, "extensions": extensions}
    if cause is not None:
        _LOG.error("graphql_failed", extra={"error_type": type(cause).__name__})
        internal_error = {"code": "INTERNAL_SERVER_ERROR"}
        return formatted_error | {"message": _MASKED, "extensions": internal_error}
    code = (error.extensions or {}).get("code", "GRAPHQL_VALIDATION_FAILED")
    return formatted_error | {"extensions": {"code": code}}


def first_per_field(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """Without the repetitions of a denied field in the other elements of its list."""
    first: dict[object, GraphQLError] = {}
    for error in errors:
        is_denied = isinstance(_cause(error), Forbidden)
        names = tuple(each for each in error.path or () if isinstance(each, str))
        first.setdefault(names if is_denied else id(error), error)
    return list(first.values())


def _cause(error: GraphQLError) -> Exception | None:
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
