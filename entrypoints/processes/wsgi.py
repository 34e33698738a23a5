"""The web application (REST, GraphQL, health) for any WSGI server:
`entrypoints.processes.wsgi:create_app()`."""

from flask import Flask

from adapters.inbound.graphql.use_cases import GraphQLOptions
from adapters.inbound.graphql.view import graphql_registrar
from adapters.inbound.rest.app import build_app
from adapters.inbound.rest.use_cases import RestOptions
from adapters.outbound.persistence.engine.waits import REQUEST_WAITS
from entrypoints.wiring.container import Container
from entrypoints.wiring.logging_config import configure_logging
from entrypoints.wiring.settings import load_settings


def create_app() -> Flask:
    """Built in the worker process, after the server's fork."""
    settings = load_settings()
    configure_logging(settings.log_level, process="web")
    return build_web_app(Container(settings, cache_seconds=2.0, waits=REQUEST_WAITS))


def build_web_app(container: Container) -> Flask:
    settings = container.settings
    options = RestOptions(
        max_body_bytes=settings.max_body_bytes,
        requests_per_minute=settings.requests_per_minute,
        rate_limit_storage=settings.rate_limit_storage,
    )
    introspection = settings.graphql_introspection or not settings.is_production
    graphql = graphql_registrar(container, GraphQLOptions(introspection=introspection))
    return build_app(container, options, registrars=[graphql])
