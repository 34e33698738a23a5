"""Builds the Flask application from use cases and options; no work on import."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from flask import Flask
from flask_smorest import Api

from adapters.inbound.rest import (
    alpinebits,
    docs_page,
    early_refusal,
    guests,
    health,
    ingest,
    problems,
    quarantine,
    request_scope,
    sync,
    webhooks,
)
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.openapi import CORRELATION, HOTEL, SECURITY, SECURITY_SCHEMES
from adapters.inbound.rest.rate_limits import TokenRateLimits
from adapters.inbound.rest.request_scope import PmsFlask
from adapters.inbound.rest.sign_in_throttle import SignInThrottle
from adapters.inbound.rest.use_cases import DOCS, RestOptions, RestUseCases

Registrar: TypeAlias = Callable[[Flask, Admission], None]
"""Adds the views of another adapter, with the same authentication."""


def build_app(
    use_cases: RestUseCases,
    options: RestOptions | None = None,
    registrars: Sequence[Registrar] = (),
) -> Flask:
    options = options or RestOptions()
    app = PmsFlask("pms", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=options.max_body_bytes,
        PROPAGATE_EXCEPTIONS=False,
        API_TITLE="PMS adapter layer",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    app.extensions[early_refusal.EXTENSION] = early_refusal.needs_body(options.max_body_bytes)
    limits = TokenRateLimits(
        options.rate_limit_storage, per_minute=options.requests_per_minute, now=use_cases.now
    )
    throttle = SignInThrottle(use_cases.now)
    admit = Admission(use_cases.authenticate, limits, throttle)
    request_scope.register(app, use_cases.correlation_ids)
    api = _create_api(app)
    for blueprint in (
        ingest.blueprint(use_cases, admit),
        webhooks.blueprint(use_cases, throttle),
        alpinebits.blueprint(use_cases, throttle),
        sync.blueprint(use_cases, admit),
        quarantine.blueprint(use_cases, admit),
        guests.blueprint(use_cases, admit),
        health.blueprint(use_cases),
    ):
        api.register_blueprint(blueprint)
    _add_common_parameters(api)
    for register in registrars:
        register(app, admit)
    problems.register(app)
    if options.serve_docs:
        docs_page.register(app, api, path=DOCS)
    return app


class _Api(Api):  # type: ignore[misc]  # flask-smorest has no types
    DEFAULT_ERROR_RESPONSE_NAME = None


def _create_api(app: Flask) -> Api:
    return _Api(app, spec_kwargs={"security": SECURITY, "info": {"description": docs_page.ABOUT}})


def _add_common_parameters(api: Api) -> None:
    for name, scheme in SECURITY_SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    # flask-smorest adds schemas that no operation uses.
    for name in ("Error", "PaginationMetadata"):
        api.spec.components.schemas.pop(name, None)
    for path in api.spec._paths.values():  # noqa: SLF001  apispec offers no way to add to a path
        path.setdefault("parameters", []).extend([CORRELATION, HOTEL])
