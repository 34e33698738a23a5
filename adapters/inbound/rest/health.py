"""Liveness and readiness probes."""

from typing import Final

from flask import Response
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.openapi import NO_CREDENTIALS, responses_spec, route
from adapters.inbound.rest.request_bodies import json_response
from adapters.inbound.rest.use_cases import RestUseCases

_RUNNING: Final = responses_spec({200: ("The process is running", None)})
_READINESS: Final = responses_spec(
    {
        200: ("Ready", schemas.HealthResponseSchema),
        503: ("Unavailable, with the state of each part", schemas.HealthResponseSchema),
    }
)


def blueprint(use_cases: RestUseCases) -> Blueprint:
    health = Blueprint("health", __name__, description="Operations")

    @route(health, "/healthz", "Liveness", _RUNNING, security=NO_CREDENTIALS)
    def healthz() -> Response:
        return json_response({"status": "ok"})

    @route(health, "/readyz", "Readiness", _READINESS, security=NO_CREDENTIALS)
    def readyz() -> Response:
        health_status = use_cases.check_health()
        parts = {name: code or "ok" for name, code in health_status.parts.items()}
        document = {"status": "ready" if health_status.is_ready else "unavailable", "parts": parts}
        return json_response(document, 200 if health_status.is_ready else 503)

    return health
