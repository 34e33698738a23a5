"""The composition root: the one place where adapters meet use cases.

Built after any fork; nothing connects before it is used. Tests call `build` with replacements.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from adapters.inbound.jobs.job_boundary import JobBoundary
from adapters.outbound.events.in_process_bus import InProcessEventBus, log_event
from adapters.outbound.jobs.rate_budget import RedisRateBudget
from adapters.outbound.jobs.redis_clients import request_client
from adapters.outbound.jobs.rq_queue import RqJobQueue
from adapters.outbound.persistence.queries.directory import StoredDirectory
from adapters.outbound.persistence.store import Store, open_store
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.security.sealing import AesGcmSealer, Keyring
from adapters.outbound.system import SystemClock, SystemRandomness, Uuid7Generator
from application.access.authenticate import Authenticate
from application.access.issue_token import IssueToken
from application.access.revoke_provider_key import RevokeProviderKey
from application.access.rotate_token import RevokeToken, RotateToken
from application.check_health import CheckHealth
from application.connections.add_connection import AddConnection
from application.connections.pause_connection import PauseConnection
from application.connections.resume_connection import ResumeConnection
from application.connections.rotate_webhook_key import RotateWebhookKey
from application.connections.store_rotated_secrets import StoreRotatedSecrets
from application.connections.update_connection import UpdateConnection
from application.connections.verify_connection import VerifyConnection
from application.events.relay_outbox import RelayOutbox
from application.hotels.add_hotel import AddHotel
from application.hotels.switch_hotel import SwitchHotel
from application.inbox.process_inbox import ProcessInbox
from application.inbox.receive_webhook import ReceiveWebhook
from application.inbox.replay_quarantine import ReplayQuarantine
from application.ingest.exchange_document import ExchangeDocument
from application.ingest.idempotent_requests import IdempotentRequests
from application.ingest.ingest_items import IngestItems
from application.sync.fail_sync import FailSync
from application.sync.request_sync import RequestSync
from application.sync.schedule_syncs import ScheduleSyncs
from application.sync.sync_connection import SyncConnection
from application.sync.verify_hotel import VerifyHotel
from entrypoints.wiring.home_directory import ensure_private_home
from entrypoints.wiring.installed_providers import InstalledProviders
from entrypoints.wiring.sealing_keys import load_sealing_keys
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.subscribers import installed_subscribers
from ports.event_bus import Subscriber
from ports.job_queue import JobQueue
from ports.providers import Providers, ProviderTools, RateBudget
from ports.system import Clock, IdGenerator, Randomness, Sealer

JOB_FUNCTION: Final = "entrypoints.processes.worker_jobs.run_job"
TICK_FUNCTION: Final = "entrypoints.processes.worker_jobs.run_tick"


@dataclass(frozen=True)
class Container:
    """Adapters first, use cases after; each is made once, when first asked for."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    ids: IdGenerator = field(default_factory=Uuid7Generator)
    randomness: Randomness = field(default_factory=SystemRandomness)
    queue_override: JobQueue | None = None
    providers_override: Providers | None = None
    extra_subscribers: Mapping[str, Subscriber] = field(default_factory=dict)
    cache_seconds: float = 0.0
    """How long the directory answers from memory; web processes set it."""

    @cached_property
    def sealer(self) -> Sealer:
        return AesGcmSealer(Keyring.parse(load_sealing_keys(self.settings)))

    @cached_property
    def store(self) -> Store:
        if not self.settings.database_url:
            ensure_private_home(self.settings.home)
        return open_store(
            self.settings.database,
            sealer=self.sealer,
            pool_size=self.settings.database_pool,
        )

    @cached_property
    def directory(self) -> StoredDirectory:
        return self.store.directory(
            monotonic=self.clock.monotonic, cache_seconds=self.cache_seconds
        )

    @cached_property
    def queue(self) -> JobQueue:
        if self.queue_override is not None:
            return self.queue_override
        return RqJobQueue(request_client(self.settings.redis), function=JOB_FUNCTION)

    @cached_property
    def budget(self) -> RateBudget:
        redis = request_client(self.settings.redis)
        return RedisRateBudget(redis, fallback=InProcessRateBudget(self.clock))

    @cached_property
    def providers(self) -> Providers:
        if self.providers_override is not None:
            return self.providers_override
        return InstalledProviders(
            ProviderTools(
                clock=self.clock,
                randomness=self.randomness,
                budget=self.budget,
                allowed_hosts=self.settings.provider_hosts,
                plain_http=self.settings.plain_http,
                # `pms map` needs no database.
                credential_store=StoreRotatedSecrets(lambda: self.store.unit_of_work()),  # noqa: PLW0108  # the store stays shut till then
            )
        )

    @cached_property
    def bus(self) -> InProcessEventBus:
        return InProcessEventBus(
            {"log": log_event, **installed_subscribers(), **self.extra_subscribers}
        )

    @cached_property
    def authenticate(self) -> Authenticate:
        return Authenticate(self.directory, self.store.unit_of_work, self.clock)

    @cached_property
    def ingest_items(self) -> IngestItems:
        return IngestItems(
            unit_of_work=self.store.unit_of_work,
            directory=self.directory,
            providers=self.providers,
            queue=self.queue,
            mask_cards=scrub_bytes,
            clock=self.clock,
            ids=self.ids,
        )

    @cached_property
    def receive_webhook(self) -> ReceiveWebhook:
        return ReceiveWebhook(
            unit_of_work=self.store.unit_of_work,
            directory=self.directory,
            providers=self.providers,
            queue=self.queue,
            mask_cards=scrub_bytes,
            clock=self.clock,
            ids=self.ids,
        )

    @cached_property
    def exchange_document(self) -> ExchangeDocument:
        return ExchangeDocument(
            unit_of_work=self.store.unit_of_work,
            directory=self.directory,
            providers=self.providers,
            queue=self.queue,
            mask_cards=scrub_bytes,
            clock=self.clock,
            ids=self.ids,
        )

    @cached_property
    def process_inbox(self) -> ProcessInbox:
        return ProcessInbox(
            self.store.unit_of_work, self.providers, self.queue, self.clock, self.ids
        )

    @cached_property
    def replay_quarantine(self) -> ReplayQuarantine:
        return ReplayQuarantine(self.store.unit_of_work, self.process_inbox)

    @cached_property
    def sync_connection(self) -> SyncConnection:
        return SyncConnection(
            self.store.unit_of_work, self.providers, self.clock, self.ids, self.queue, scrub_bytes
        )

    @cached_property
    def fail_sync(self) -> FailSync:
        return FailSync(self.store.unit_of_work, self.clock, self.ids)

    @cached_property
    def request_sync(self) -> RequestSync:
        return RequestSync(
            self.store.unit_of_work, self.providers, self.queue, self.clock, self.ids
        )

    @cached_property
    def schedule_syncs(self) -> ScheduleSyncs:
        return ScheduleSyncs(
            self.store.unit_of_work,
            self.providers,
            self.queue,
            self.clock,
            self.ids,
            self.randomness,
        )

    @cached_property
    def verify_hotel(self) -> VerifyHotel:
        return VerifyHotel(self.store.unit_of_work, self.providers, self.clock, self.ids)

    @cached_property
    def relay_outbox(self) -> RelayOutbox:
        return RelayOutbox(
            self.store.unit_of_work, self.bus, self.clock, holder=str(self.ids.new())
        )

    @cached_property
    def jobs(self) -> JobBoundary:
        return JobBoundary(
            self.sync_connection,
            self.fail_sync,
            self.process_inbox,
            self.schedule_syncs,
            new_holder=lambda: str(self.ids.new()),
        )

    @cached_property
    def add_hotel(self) -> AddHotel:
        return AddHotel(self.store.unit_of_work, self.clock, self.ids)

    @cached_property
    def switch_hotel(self) -> SwitchHotel:
        return SwitchHotel(self.store.unit_of_work)

    @cached_property
    def add_connection(self) -> AddConnection:
        return AddConnection(
            self.store.unit_of_work, self.providers, self.clock, self.ids, self.randomness
        )

    @cached_property
    def verify_connection(self) -> VerifyConnection:
        return VerifyConnection(self.store.unit_of_work, self.providers, self.clock)

    @cached_property
    def update_connection(self) -> UpdateConnection:
        return UpdateConnection(self.store.unit_of_work, self.providers)

    @cached_property
    def rotate_webhook_key(self) -> RotateWebhookKey:
        return RotateWebhookKey(self.store.unit_of_work, self.randomness)

    @cached_property
    def pause_connection(self) -> PauseConnection:
        return PauseConnection(self.store.unit_of_work)

    @cached_property
    def resume_connection(self) -> ResumeConnection:
        return ResumeConnection(self.store.unit_of_work, self.clock)

    @cached_property
    def issue_token(self) -> IssueToken:
        return IssueToken(
            self.store.unit_of_work, self.providers, self.clock, self.ids, self.randomness
        )

    @cached_property
    def rotate_token(self) -> RotateToken:
        return RotateToken(self.store.unit_of_work, self.clock, self.issue_token)

    @cached_property
    def revoke_token(self) -> RevokeToken:
        return RevokeToken(self.store.unit_of_work, self.clock)

    @cached_property
    def revoke_provider_key(self) -> RevokeProviderKey:
        return RevokeProviderKey(self.store.unit_of_work, self.clock)

    @cached_property
    def idempotent_requests(self) -> IdempotentRequests:
        return IdempotentRequests(self.store.unit_of_work, self.clock)

    @cached_property
    def check_health(self) -> CheckHealth:
        return CheckHealth(self.store.queries, self.queue)

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()


def build_container(
    settings: Settings,
    *,
    cache_seconds: float = 0.0,
    extra_subscribers: Mapping[str, Subscriber] | None = None,
) -> Container:
    return Container(
        settings,
        cache_seconds=cache_seconds,
        extra_subscribers=extra_subscribers or {},
    )
