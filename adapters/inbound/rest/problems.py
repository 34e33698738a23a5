"""Errors as problem details (RFC 9457), and the table from error kinds to HTTP statuses."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from adapters.inbound.rest.use_cases import DOCS, PREFIX
from application import log_context
from application.errors import ApplicationError
from domain.errors import ErrorKind, PmsError

MEDIA_TYPE: Final = "application/problem+json"
_LOG: Final = logging.getLogger("pms.rest")

STATUS_OF_KIND: Final[Mapping[ErrorKind, HTTPStatus]] = {
    ErrorKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.STALE: HTTPStatus.CONFLICT,
    ErrorKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorKind.REJECTED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.MISCONFIGURED: HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorKind.UNREADABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.BUG: HTTPStatus.INTERNAL_SERVER_ERROR,
}
STATUS_OF_CODE: Final[Mapping[str, HTTPStatus]] = {
    "unreadable_json": HTTPStatus.BAD_REQUEST,
    "unreadable_xml": HTTPStatus.BAD_REQUEST,
    "forbidden_xml": HTTPStatus.BAD_REQUEST,
    "oversize_xml": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unreadable_form": HTTPStatus.BAD_REQUEST,
    "no_document": HTTPStatus.BAD_REQUEST,
    "unknown_action": HTTPStatus.BAD_REQUEST,
    "unknown_protocol_version": HTTPStatus.BAD_REQUEST,
    "bad_idempotency_key": HTTPStatus.BAD_REQUEST,
    "bad_query": HTTPStatus.BAD_REQUEST,
    "too_many_items": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_concurrent": HTTPStatus.TOO_MANY_REQUESTS,
    # The PMS failed, not the caller.
    "provider_credentials_refused": HTTPStatus.BAD_GATEWAY,
    "provider_rejected": HTTPStatus.BAD_GATEWAY,
    "provider_not_found": HTTPStatus.BAD_GATEWAY,
    "provider_answer_unreadable": HTTPStatus.BAD_GATEWAY,
}
_EXPOSED_DETAILS: Final = ("limit", "position")
_RETRY_AFTER_SECONDS: Final = "10"
_INTERNAL: Final = "Internal error; quote the correlation id when you report it."


class BadQuery(ApplicationError, code="bad_query", kind=ErrorKind.INVALID):
    """A URL parameter is invalid."""


class BodyTooLarge(ApplicationError, code="body_too_large", kind=ErrorKind.INVALID):
    """The request body is too large; send the items in smaller batches."""


class UnsupportedMediaType(ApplicationError, code="unsupported_media_type", kind=ErrorKind.INVALID):
    """Send the body as application/json in UTF-8, uncompressed."""


class RateExceeded(ApplicationError, code="rate_limited", kind=ErrorKind.UNAVAILABLE):
    """The token's rate limit is exceeded; retry after the time in Retry-After."""

    def __init__(self, *, retry_after: int, headers: Mapping[str, str]) -> None:
        super().__init__(retry_after=retry_after)
        self.headers = {**headers, "Retry-After": str(retry_after)}


class TooManyConcurrent(ApplicationError, code="too_many_concurrent", kind=ErrorKind.UNAVAILABLE):
    """The token has too many queries at work; send the next after a response to one of them."""


@dataclass(frozen=True, slots=True)
class ProblemResponse:
    status: int
    code: str
    detail: str
    errors: tuple[Mapping[str, str | None], ...] = ()
    details: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        document: dict[str, object] = {
            "type": f"{DOCS}#problem-{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": redacted_path(),
            "code": self.code,
            "correlation_id": log_context.correlation_id.get(),
        }
        if self.errors:
            document["errors"] = self.errors
        return orjson.dumps({**document, **self.details})

    def response(self) -> Response:
        http_response = Response(self.body(), self.status, content_type=MEDIA_TYPE)
        http_response.headers.update(self.headers)
        return http_response


def redacted_path() -> str:
    """The request's path without a webhook's secret, at most 500 characters."""
    rule = request.url_rule
    if rule is not None and "connection_key" in rule.arguments:
        provider = (request.view_args or {}).get("provider", "")
        return f"{PREFIX}/{provider}/webhook/…"
    return request.path[:500] if "/webhook/" not in request.path else f"{PREFIX}/…/webhook/…"


def problem_from_error(error: PmsError) -> ProblemResponse:
    status = STATUS_OF_CODE.get(error.code, STATUS_OF_KIND[error.kind])
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("request_failed", extra={"code": error.code})
        return ProblemResponse(status, error.code, _INTERNAL)
    path = error.details.get("path") or error.details.get("field")
    errors = (_field_error(error, str(path)),) if path else ()
    exposed: dict[str, str | int] = {
        name: error.details[name] for name in _EXPOSED_DETAILS if name in error.details
    }
    return ProblemResponse(
        status, error.code, error.message, errors, exposed, _headers(error, status)
    )


def webhook_problem(error: PmsError) -> ProblemResponse:
    """4xx only where a retry cannot help: many vendors do not retry after 4xx."""
    problem = problem_from_error(error)
    is_final = error.kind in (
        ErrorKind.NOT_FOUND,
        ErrorKind.UNAUTHENTICATED,
        ErrorKind.FORBIDDEN,
        ErrorKind.INVALID,
    )
    if is_final or problem.status >= 500:
        return problem
    headers = {"Retry-After": _RETRY_AFTER_SECONDS}
    return ProblemResponse(
        HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.message, headers=headers
    )


def document_error_status(error: PmsError) -> tuple[int, Mapping[str, str]]:
    """Status and headers of a response in the sender's format; 400 instead of 422."""
    problem = problem_from_error(error)
    if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return HTTPStatus.BAD_REQUEST, {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return problem.status, {"WWW-Authenticate": 'Basic realm="pms", charset="UTF-8"'}
    return problem.status, problem.headers


def _field_error(error: PmsError, path: str) -> Mapping[str, str | None]:
    return {"path": path, "code": error.code, "detail": error.message}


def _headers(error: PmsError, status: int) -> Mapping[str, str]:
    if isinstance(error, RateExceeded):
        return error.headers
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="pms"'}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": _RETRY_AFTER_SECONDS}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return {"Retry-After": "1"}
    return {}


def response_for_http_exception(error: HTTPException) -> Response:
    """The response to an error that Flask raises: unknown route, wrong method, …"""
    if isinstance(error, RequestEntityTooLarge):
        return problem_from_error(BodyTooLarge()).response()
    status = error.code or 500
    if status < 400 and error.response is None:
        return Response(status=status, headers=error.get_headers())
    if status >= 500:
        return ProblemResponse(status, "internal_error", _INTERNAL).response()
    code = HTTPStatus(status).name.lower()
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return ProblemResponse(
        status, code, _STATUS_DETAILS.get(status, "Bad request."), headers=headers
    ).response()


_STATUS_DETAILS: Final = {
    404: "No resource at this path.",
    405: "Method not allowed; see the Allow header.",
    415: "Send the body as application/json in UTF-8, uncompressed.",
}


def register(app: Flask) -> None:
    app.register_error_handler(PmsError, lambda error: problem_from_error(error).response())
    app.register_error_handler(HTTPException, response_for_http_exception)
