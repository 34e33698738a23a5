"""The Flask application of one container."""

from flask import Flask

from adapters.inbound.graphql.use_cases import GraphQLOptions, GraphQLUseCases
from adapters.inbound.graphql.view import graphql_registrar
from adapters.inbound.rest.app import Registrar, build_app
from adapters.inbound.rest.use_cases import Options, UseCases
from application.connections.find_connections import FindConnections
from application.hotels.find_hotel import FindHotel
from application.inbox.find_quarantine import FindQuarantine
from application.ingest.find_batch import FindBatch
from application.queries.find_booking import FindBooking, FindStatusHistory
from application.queries.find_bookings import FindAvailability, FindBookings, FindGuests
from application.queries.find_providers import FindProvider
from application.sync.find_sync_runs import FindSyncRuns
from entrypoints.wiring.container import Container


def build_web_app(container: Container) -> Flask:
    settings = container.settings
    find_connections = FindConnections(container.directory)
    find_sync_runs = FindSyncRuns(container.store.queries)
    use_cases = UseCases(
        authenticate=container.authenticate,
        ingest_items=container.ingest_items,
        find_batch=FindBatch(container.store.unit_of_work),
        receive_webhook=container.receive_webhook,
        exchange_document=container.exchange_document,
        request_sync=container.request_sync,
        find_sync_runs=find_sync_runs,
        find_connections=find_connections,
        find_quarantine=FindQuarantine(container.store.queries),
        replay_quarantine=container.replay_quarantine,
        find_provider=FindProvider(container.providers),
        idempotent_requests=container.idempotent_requests,
        check_health=container.check_health,
        now=container.clock.now,
        new_id=container.ids.new,
    )
    options = Options(
        max_body_bytes=settings.max_body_bytes,
        requests_per_minute=settings.requests_per_minute,
        rate_limit_storage=settings.rate_limit_storage,
    )
    return build_app(use_cases, options, registrars=[_graphql_registrar(container, find_sync_runs)])


def _graphql_registrar(container: Container, find_sync_runs: FindSyncRuns) -> Registrar:
    queries, settings = container.store.queries, container.settings
    return graphql_registrar(
        GraphQLUseCases(
            authenticate=container.authenticate,
            find_bookings=FindBookings(queries),
            find_booking=FindBooking(queries),
            find_status_history=FindStatusHistory(queries),
            find_guests=FindGuests(queries),
            find_availability=FindAvailability(queries),
            find_hotel=FindHotel(container.directory, queries),
            find_sync_runs=find_sync_runs,
        ),
        GraphQLOptions(introspection=settings.graphql_introspection or not settings.is_production),
    )
