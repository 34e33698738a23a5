"""Errors as they leave: our codes pass, everything unexpected is masked and logged by type."""

import logging
from typing import Any, Final

from graphql import GraphQLError

from adapters.inbound.graphql.scalars import BadScalar
from domain.errors import ErrorKind, PmsError

_LOG: Final = logging.getLogger("pms.graphql")
_MASKED: Final = "Something went wrong on our side; the correlation id tells us what."
_OURS: Final = frozenset({ErrorKind.BUG, ErrorKind.MISCONFIGURED})


def formatted(error: GraphQLError) -> dict[str, Any]:
    answer: dict[str, Any] = {"message": error.message}
    if error.locations:
        answer["locations"] = [place.formatted for place in error.locations]
    if error.path is not None:
        answer["path"] = error.path
    cause = _cause(error)
    if isinstance(cause, PmsError) and cause.kind not in _OURS:
        told = {"field": cause.details["field"]} if "field" in cause.details else {}
        # graphql-core's own message says which value of which variable it was.
        message = error.message if isinstance(cause, BadScalar) else cause.message
        return answer | {"message": message, "extensions": {"code": cause.code, **told}}
    if cause is not None:
        _LOG.error("graphql_failed", extra={"error_type": type(cause).__name__})
        masked = {"code": "INTERNAL_SERVER_ERROR"}
        return answer | {"message": _MASKED, "extensions": masked}
    code = (error.extensions or {}).get("code", "GRAPHQL_VALIDATION_FAILED")
    return answer | {"extensions": {"code": code}}


def _cause(error: GraphQLError) -> Exception | None:
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
