"""Vendors' native notifications. Vendors give seconds and some never send again what was refused
with 4xx: no rate limit here, and what passes by itself is 503."""

from flask import Response, request
from flask_smorest import Blueprint

from adapters.inbound.rest.bodies import answer, raw_body
from adapters.inbound.rest.openapi import NO_CREDENTIALS, answers, route
from adapters.inbound.rest.problems import problem_for_vendor
from adapters.inbound.rest.use_cases import PREFIX, UseCases
from application import log_context
from application.receive_webhook import Webhook
from domain.errors import PmsError


def blueprint(use_cases: UseCases) -> Blueprint:
    webhooks = Blueprint("webhooks", __name__, url_prefix=PREFIX, description="From the PMS itself")

    @route(
        webhooks,
        "/<provider>/webhook/<connection_key>",
        method="POST",
        summary="A vendor's native notification",
        operationId="receive_webhook",
        security=NO_CREDENTIALS,
        requestBody={"content": {"*/*": {"schema": {}}}, "required": True},
        responses=answers({200: ("Stored", None)}, 401, 404, 413, 415, 503),
    )
    def receive(provider: str, connection_key: str) -> Response:
        log_context.provider.set(provider[:40])
        try:
            use_cases.receive_webhook(_webhook(provider, connection_key))
        except PmsError as error:
            return problem_for_vendor(error).response()
        return answer({})

    return webhooks


def _webhook(provider: str, connection_key: str) -> Webhook:
    return Webhook(
        provider=provider,
        connection_key=connection_key,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=raw_body(),
        correlation_id=log_context.correlation_id.get() or "",
    )
