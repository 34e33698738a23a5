"""The composition root: adapters for the ports of `UseCases`.

Built after any fork; nothing connects before it is used. Tests pass replacements.
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
from adapters.outbound.persistence.queries.stored_queries import StoredQueries
from adapters.outbound.persistence.store import Store, open_store
from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.security.sealing import AesGcmSealer, Keyring
from adapters.outbound.system import SystemClock, SystemRandomness, Uuid7Generator
from application.connections.store_rotated_secrets import StoreRotatedSecrets
from application.events.relay_outbox import RelayOutbox
from entrypoints.wiring.home_directory import ensure_private_home
from entrypoints.wiring.installed_providers import InstalledProviders
from entrypoints.wiring.sealing_keys import load_sealing_keys
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.subscribers import installed_subscribers
from entrypoints.wiring.use_cases import UseCases
from ports.event_bus import Subscriber
from ports.job_queue import JobQueue
from ports.providers import Providers, ProviderTools, RateBudget
from ports.system import Clock, IdGenerator, Randomness, Sealer
from ports.unit_of_work import UnitOfWork

JOB_FUNCTION: Final = "entrypoints.processes.worker_jobs.run_job"
TICK_FUNCTION: Final = "entrypoints.processes.worker_jobs.run_tick"


@dataclass(frozen=True)
class Container(UseCases):
    """`cache_seconds`: how long the directory answers from memory; web processes set it."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    ids: IdGenerator = field(default_factory=Uuid7Generator)
    randomness: Randomness = field(default_factory=SystemRandomness)
    queue_override: JobQueue | None = None
    providers_override: Providers | None = None
    extra_subscribers: Mapping[str, Subscriber] = field(default_factory=dict)
    cache_seconds: float = 0.0

    @cached_property
    def sealer(self) -> Sealer:
        return AesGcmSealer(Keyring.parse(load_sealing_keys(self.settings)))

    @cached_property
    def store(self) -> Store:
        settings = self.settings
        if not settings.database_url:
            ensure_private_home(settings.home)
        return open_store(settings.database, sealer=self.sealer, pool_size=settings.database_pool)

    def unit_of_work(self) -> UnitOfWork:
        return self.store.unit_of_work()

    @cached_property
    def queries(self) -> StoredQueries:
        return self.store.queries

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
                credential_store=StoreRotatedSecrets(self.unit_of_work),
            )
        )

    @cached_property
    def bus(self) -> InProcessEventBus:
        return InProcessEventBus(
            {"log": log_event, **installed_subscribers(), **self.extra_subscribers}
        )

    @cached_property
    def relay_outbox(self) -> RelayOutbox:
        return RelayOutbox(self.unit_of_work, self.bus, self.clock, holder=str(self.ids.new()))

    @cached_property
    def jobs(self) -> JobBoundary:
        return JobBoundary(
            *(self.sync_connection, self.fail_sync, self.process_inbox, self.schedule_syncs),
            new_holder=lambda: str(self.ids.new()),
        )

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()
