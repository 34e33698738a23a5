"""The composition root: the ports' adapters, and every use case on them.

Built after any fork; nothing connects before it is used. Tests pass replacements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from inspect import signature
from typing import TypeVar
from uuid import UUID

from redis import Redis

from adapters.inbound.jobs.job_boundary import JobBoundary
from adapters.outbound.events.in_process_bus import InProcessEventBus, log_event
from adapters.outbound.jobs.rate_budget import RedisRateBudget
from adapters.outbound.jobs.redis_clients import request_client
from adapters.outbound.jobs.rq_queue import RqJobQueue
from adapters.outbound.jobs.vendor_turns import RedisVendorTurns
from adapters.outbound.persistence.engine.waits import DEFAULT_WAITS, StoreWaits
from adapters.outbound.persistence.store import Store, open_store
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.security.sealing import AesGcmSealer, Keyring
from adapters.outbound.system import (
    DatabaseClock,
    SystemClock,
    SystemRandomness,
    Uuid7Generator,
)
from application.access.authenticate import Authenticate
from application.access.issue_token import IssueToken
from application.access.revoke_provider_key import RevokeProviderKey
from application.access.rotate_secrets import RotateSecrets
from application.access.rotate_token import RevokeToken, RotateToken
from application.audit.audit_trail import AuditTrail
from application.audit.find_audit_entries import FindAuditEntries
from application.caller_ids import CorrelationIds
from application.check_health import CheckHealth
from application.connections.add_connection import AddConnection
from application.connections.find_connections import FindConnections
from application.connections.pause_connection import PauseConnection
from application.connections.resume_connection import ResumeConnection
from application.connections.rotate_webhook_key import RotateWebhookKey
from application.connections.store_rotated_secrets import StoreRotatedSecrets
from application.connections.update_connection import UpdateConnection
from application.connections.verify_connection import VerifyConnection
from application.events.relay_outbox import RelayOutbox
from application.hotels.add_hotel import AddHotel
from application.hotels.find_hotel import FindHotel
from application.hotels.switch_hotel import SwitchHotel
from application.inbox.discard_quarantine import DiscardQuarantine
from application.inbox.find_quarantine import FindQuarantine
from application.inbox.process_inbox import ProcessInbox
from application.inbox.receive_webhook import ReceiveWebhook
from application.inbox.replay_quarantine import ReplayQuarantine
from application.inbox.work_off_inbox import WorkOffInbox
from application.ingest.exchange_document import ExchangeDocument
from application.ingest.find_batch import FindBatch
from application.ingest.idempotent_requests import IdempotentRequests
from application.ingest.ingest_items import IngestItems
from application.privacy.erase_guest import EraseGuest
from application.privacy.export_guest import ExportGuest
from application.privacy.find_guest import FindGuest
from application.privacy.reveal_texts import RevealItem, RevealVendorResponse
from application.queries.find_booking import FindBooking, FindStatusHistory
from application.queries.find_bookings import FindAvailability, FindBookings, FindGuests
from application.queries.find_providers import FindProvider
from application.retention.find_retention import FindRetention
from application.retention.set_retention import SetRetention
from application.sync.fail_sync import FailSync
from application.sync.find_sync_runs import FindSyncRuns
from application.sync.request_sync import RequestSync
from application.sync.schedule_syncs import ScheduleSyncs
from application.sync.sync_connection import SyncConnection
from application.sync.verify_hotel import VerifyHotel
from entrypoints.wiring.home_directory import ensure_private_home
from entrypoints.wiring.installed_providers import InstalledProviders
from entrypoints.wiring.sealing_keys import load_sealing_keys
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.subscribers import installed_subscribers
from ports.directory import Directory
from ports.event_bus import EventBus, Subscriber
from ports.job_queue import JobQueue, VendorTurns
from ports.privacy import ShredDeleted
from ports.providers import Patience, Providers, ProviderTools
from ports.queries import Queries
from ports.system import CardMask, Clock, IdGenerator, Randomness, Sealer, SharedClock
from ports.unit_of_work import UnitOfWork

T = TypeVar("T")


def wired(cls: Callable[..., T]) -> cached_property[T]:
    """An instance, built at its first use. Each parameter without a default is given the
    container's attribute of the same name, which opens only the ports that are needed."""

    def build(container: "Container") -> T:
        parameters = signature(cls).parameters.values()
        names = [each.name for each in parameters if each.default is each.empty]
        return cls(**{name: getattr(container, name) for name in names})

    return cached_property(build)


@dataclass(frozen=True)
class Container:
    """`cache_seconds`: how long the directory answers from memory. `waits`: for the store. Web
    processes set both."""

    settings: Settings
    clock_override: SharedClock | None = None
    ids: IdGenerator = field(default_factory=Uuid7Generator)
    randomness: Randomness = field(default_factory=SystemRandomness)
    mask_cards: CardMask = scrub_bytes
    sealer_override: Sealer | None = None
    queue_override: JobQueue | None = None
    providers_override: Providers | None = None
    extra_subscribers: Mapping[str, Subscriber] = field(default_factory=dict)
    cache_seconds: float = 0.0
    waits: StoreWaits = DEFAULT_WAITS
    own_clock: Clock = field(default_factory=SystemClock)

    # Ports
    @cached_property
    def clock(self) -> SharedClock:
        if self.clock_override is not None:
            return self.clock_override
        return DatabaseClock(self.own_clock, lambda: self.store.read_time())  # noqa: PLW0108  # opened late

    @cached_property
    def sealer(self) -> Sealer:
        if self.sealer_override is not None:
            return self.sealer_override
        return AesGcmSealer(Keyring.parse(load_sealing_keys(self.settings)))

    @cached_property
    def store(self) -> Store:
        settings = self.settings
        if not settings.database_url:
            ensure_private_home(settings.home)
        return open_store(
            settings.database,
            sealer=self.sealer,
            pool_size=settings.database_pool,
            waits=self.waits,
        )

    def unit_of_work(self) -> UnitOfWork:
        self._refresh_clock()
        return self.store.unit_of_work()

    def _refresh_clock(self) -> None:
        if isinstance(self.clock, DatabaseClock):
            self.clock.refresh()

    @cached_property
    def shred_deleted(self) -> ShredDeleted:
        return self.store.shred_deleted

    @cached_property
    def queries(self) -> Queries:
        return self.store.queries

    @cached_property
    def directory(self) -> Directory:
        seconds = self.cache_seconds
        return self.store.directory(monotonic=self.own_clock.monotonic, cache_seconds=seconds)

    @cached_property
    def redis(self) -> Redis:
        return request_client(self.settings.redis)

    @cached_property
    def queue(self) -> JobQueue:
        if self.queue_override is not None:
            return self.queue_override
        return RqJobQueue(self.redis)

    @cached_property
    def providers(self) -> Providers:
        if self.providers_override is not None:
            return self.providers_override
        settings = self.settings
        tools = ProviderTools(
            clock=self.clock,
            randomness=self.randomness,
            budget=RedisRateBudget(self.redis, fallback=InProcessRateBudget(self.clock)),
            allowed_hosts=settings.provider_hosts,
            plain_http=settings.plain_http,
            credential_store=self.store_rotated_secrets,
            patience=self.patience,
        )
        return InstalledProviders(tools)

    @cached_property
    def quarantine_cap(self) -> int:
        return self.settings.quarantine_cap

    @cached_property
    def turns(self) -> VendorTurns:
        return RedisVendorTurns(self.redis)

    @cached_property
    def patience(self) -> Patience:
        return Patience()

    @cached_property
    def bus(self) -> EventBus:
        subscribers = {**installed_subscribers(), **self.extra_subscribers}
        return InProcessEventBus({"log": log_event, **subscribers})

    @cached_property
    def holder(self) -> str:
        return str(self.ids.new())

    # Audit log
    audit = wired(AuditTrail)
    find_audit_entries = wired(FindAuditEntries)

    # Access
    authenticate = wired(Authenticate)
    issue_token = wired(IssueToken)
    rotate_token = wired(RotateToken)
    revoke_token = wired(RevokeToken)
    revoke_provider_key = wired(RevokeProviderKey)
    rotate_secrets = wired(RotateSecrets)

    # Hotels and connections
    add_hotel = wired(AddHotel)
    switch_hotel = wired(SwitchHotel)
    set_retention = wired(SetRetention)
    find_retention = wired(FindRetention)
    find_hotel = wired(FindHotel)
    add_connection = wired(AddConnection)
    verify_connection = wired(VerifyConnection)
    update_connection = wired(UpdateConnection)
    rotate_webhook_key = wired(RotateWebhookKey)
    pause_connection = wired(PauseConnection)
    resume_connection = wired(ResumeConnection)
    find_connections = wired(FindConnections)
    find_provider = wired(FindProvider)
    store_rotated_secrets = wired(StoreRotatedSecrets)

    # Inbound traffic
    ingest_items = wired(IngestItems)
    receive_webhook = wired(ReceiveWebhook)
    exchange_document = wired(ExchangeDocument)
    find_batch = wired(FindBatch)
    idempotent_requests = wired(IdempotentRequests)
    process_inbox = wired(ProcessInbox)
    work_off_inbox = wired(WorkOffInbox)
    replay_quarantine = wired(ReplayQuarantine)
    discard_quarantine = wired(DiscardQuarantine)
    find_quarantine = wired(FindQuarantine)

    # Guests' rights
    find_guest = wired(FindGuest)
    export_guest = wired(ExportGuest)
    reveal_item = wired(RevealItem)
    reveal_vendor_response = wired(RevealVendorResponse)
    erase_guest = wired(EraseGuest)

    # Syncs
    request_sync = wired(RequestSync)
    schedule_syncs = wired(ScheduleSyncs)
    sync_connection = wired(SyncConnection)
    fail_sync = wired(FailSync)
    verify_hotel = wired(VerifyHotel)
    find_sync_runs = wired(FindSyncRuns)

    # Queries
    find_bookings = wired(FindBookings)
    find_booking = wired(FindBooking)
    find_status_history = wired(FindStatusHistory)
    find_guests = wired(FindGuests)
    find_availability = wired(FindAvailability)
    check_health = wired(CheckHealth)

    # Processes
    correlation_ids = wired(CorrelationIds)
    jobs = wired(JobBoundary)
    relay_outbox = wired(RelayOutbox)

    def now(self) -> datetime:
        return self.clock.now()

    def new_id(self) -> UUID:
        return self.ids.new()

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()
