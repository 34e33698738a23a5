"""Vendors' native notifications.

Vendors time out after seconds, and some do not retry after 4xx: there is no rate limit, and
transient errors are 503.
"""

from flask import Response, request
from flask_smorest import Blueprint

from adapters.inbound.rest.openapi import NO_CREDENTIALS, responses_spec, route
from adapters.inbound.rest.problems import webhook_problem
from adapters.inbound.rest.request_bodies import json_response, read_raw_body
from adapters.inbound.rest.sign_in_throttle import SignInThrottle
from adapters.inbound.rest.use_cases import PREFIX, RestUseCases
from application import log_context
from application.inbox.receive_webhook import Webhook
from domain.errors import PmsError


def blueprint(use_cases: RestUseCases, throttle: SignInThrottle) -> Blueprint:
    webhooks = Blueprint(
        "webhooks", __name__, url_prefix=PREFIX, description="Notifications sent by the PMS"
    )

    @route(
        webhooks,
        "POST /<provider>/webhook/<connection_key>",
        "A vendor's native notification",
        responses_spec({200: ("Stored", None)}, 401, 404, 413, 415, 503),
        security=NO_CREDENTIALS,
        requestBody={"content": {"*/*": {"schema": {}}}, "required": True},
    )
    def receive_webhook(provider: str, connection_key: str) -> Response:
        log_context.provider.set(provider[:40])
        try:
            with throttle.attempt():
                use_cases.receive_webhook(_webhook(provider, connection_key))
        except PmsError as error:
            return webhook_problem(error).response()
        return json_response({})

    return webhooks


def _webhook(provider: str, connection_key: str) -> Webhook:
    return Webhook(
        provider=provider,
        connection_key=connection_key,
        headers={name.lower(): value for name, value in request.headers.items()},
        read_body=read_raw_body,
        correlation_id=log_context.correlation_id.get() or "",
    )
