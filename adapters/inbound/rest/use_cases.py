"""The use cases and options of the REST adapter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from application.access.authenticate import Authenticate
from application.caller_ids import CorrelationIds
from application.check_health import CheckHealth
from application.connections.find_connections import FindConnections
from application.inbox.discard_quarantine import DiscardQuarantine
from application.inbox.find_quarantine import FindQuarantine
from application.inbox.receive_webhook import ReceiveWebhook
from application.inbox.replay_quarantine import ReplayQuarantine
from application.ingest.exchange_document import ExchangeDocument
from application.ingest.find_batch import FindBatch
from application.ingest.idempotent_requests import IdempotentRequests
from application.ingest.ingest_items import IngestItems
from application.privacy.erase_guest import EraseGuest
from application.privacy.export_guest import ExportGuest
from application.queries.find_providers import FindProvider
from application.sync.find_sync_runs import FindSyncRuns
from application.sync.request_sync import RequestSync

PREFIX: Final = "/api/pms"
DOCS: Final = "/api/docs"
MEBIBYTE: Final = 1024 * 1024


class RestUseCases(Protocol):
    authenticate: Authenticate
    ingest_items: IngestItems
    find_batch: FindBatch
    receive_webhook: ReceiveWebhook
    exchange_document: ExchangeDocument
    request_sync: RequestSync
    find_sync_runs: FindSyncRuns
    find_connections: FindConnections
    find_quarantine: FindQuarantine
    replay_quarantine: ReplayQuarantine
    discard_quarantine: DiscardQuarantine
    find_provider: FindProvider
    export_guest: ExportGuest
    erase_guest: EraseGuest
    idempotent_requests: IdempotentRequests
    check_health: CheckHealth
    correlation_ids: CorrelationIds

    def now(self) -> datetime: ...
    def new_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOptions:
    """`rate_limit_storage`: a URL of the `limits` package (`redis://…`, `memory://`); memory
    counts per process. `requests_per_minute`: per token."""

    max_body_bytes: int = 5 * MEBIBYTE
    requests_per_minute: int = 6_000
    rate_limit_storage: str = "memory://"
    serve_docs: bool = True
