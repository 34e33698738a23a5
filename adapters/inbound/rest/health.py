"""For balancers and orchestrators: alive, and able to work."""

from flask import Response
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.bodies import answer
from adapters.inbound.rest.openapi import NO_CREDENTIALS, answers, route
from adapters.inbound.rest.use_cases import UseCases


def blueprint(use_cases: UseCases) -> Blueprint:
    health = Blueprint("health", __name__, description="Operations")

    @route(
        health,
        "/healthz",
        summary="The process is alive",
        operationId="healthz",
        security=NO_CREDENTIALS,
        responses=answers({200: ("It is", None)}),
    )
    def alive() -> Response:
        return answer({"status": "ok"})

    @route(
        health,
        "/readyz",
        summary="The installation can work",
        operationId="readyz",
        security=NO_CREDENTIALS,
        responses=answers(
            {200: ("It can", schemas.HealthAnswer), 503: ("It can't", schemas.HealthAnswer)}
        ),
    )
    def ready() -> Response:
        found = use_cases.check_health()
        parts = {name: code or "ok" for name, code in found.parts.items()}
        document = {"status": "ready" if found.is_ready else "unavailable", "parts": parts}
        return answer(document, 200 if found.is_ready else 503)

    return health
