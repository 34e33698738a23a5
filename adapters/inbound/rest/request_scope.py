"""Hooks of every request: correlation id, access log, security headers."""

import logging
from time import perf_counter
from types import TracebackType
from typing import Final

from flask import Flask, Response, g, request

from application import log_context
from application.audit.audit_trail import current_actor
from application.caller_ids import CorrelationIds
from domain.audit import SYSTEM

CONTENT_POLICY: Final = "Content-Security-Policy"
CORRELATION_HEADER: Final = "X-Correlation-ID"
_ACCESS_LOG: Final = logging.getLogger("pms.access")
_LOG: Final = logging.getLogger("pms.rest")

SECURITY_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class PmsFlask(Flask):
    """Logs an unexpected error by type and location; its message may hold personal data."""

    def log_exception(
        self,
        exc_info: (
            tuple[type[BaseException], BaseException, TracebackType | None]
            | tuple[None, None, None]
        ),
    ) -> None:
        kind, _, trace = exc_info
        extra = {
            "error_type": kind.__name__ if kind else None,
            "traceback": traceback_locations(trace),
        }
        _LOG.error("unexpected_error", extra=extra)


def traceback_locations(trace: TracebackType | None) -> list[str]:
    """file:line:function of the innermost frames."""
    locations = []
    while trace is not None:
        code = trace.tb_frame.f_code
        locations.append(f"{code.co_filename}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return locations[-8:]


def register(app: Flask, correlation_ids: CorrelationIds) -> None:
    @app.before_request
    def begin() -> None:
        g.started = perf_counter()
        current_actor.set(SYSTEM)
        requested_id = request.headers.get(CORRELATION_HEADER, "")
        log_context.begin(correlation_ids.accept(requested_id))

    @app.after_request
    def end(response: Response) -> Response:
        headers = response.headers
        headers.add(CORRELATION_HEADER, log_context.correlation_id.get() or "")
        headers.extend(SECURITY_HEADERS)
        if CONTENT_POLICY not in headers:
            headers.add(CONTENT_POLICY, "default-src 'none'; frame-ancestors 'none'")
        if limits := g.get("limit_headers"):
            headers.extend(limits)
        if _ACCESS_LOG.isEnabledFor(logging.INFO):
            _log_access(response)
        return response


def _log_access(response: Response) -> None:
    """Logs the route instead of the path: a webhook's path is secret."""
    rule = request.url_rule
    fields = {
        "method": request.method,
        "route": rule.rule if rule else None,
        "status": response.status_code,
        "duration_ms": round((perf_counter() - g.started) * 1000, 1),
    }
    _ACCESS_LOG.info("http_request", extra=fields)
