"""The Flask application of one container."""

from flask import Flask

from adapters.inbound.rest.app import build_app
from adapters.inbound.rest.use_cases import Options, UseCases
from application.find_batch import FindBatch
from application.find_connections import FindConnections
from application.find_providers import FindProvider
from application.find_quarantine import FindQuarantine
from application.find_sync_runs import FindSyncRuns
from entrypoints.container import Container


def build_web_app(container: Container) -> Flask:
    settings = container.settings
    find_connections = FindConnections(container.directory)
    use_cases = UseCases(
        authenticate=container.authenticate,
        ingest_items=container.ingest_items,
        find_batch=FindBatch(container.store.unit_of_work),
        receive_webhook=container.receive_webhook,
        request_sync=container.request_sync,
        find_sync_runs=FindSyncRuns(container.store.queries, find_connections),
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
    return build_app(use_cases, options, registrars=())
