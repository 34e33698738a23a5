"""Every use case, built in one place from the ports that a subclass provides."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from application.access.authenticate import Authenticate
from application.access.issue_token import IssueToken
from application.access.revoke_provider_key import RevokeProviderKey
from application.access.rotate_token import RevokeToken, RotateToken
from application.check_health import CheckHealth
from application.connections.add_connection import AddConnection
from application.connections.find_connections import FindConnections
from application.connections.pause_connection import PauseConnection
from application.connections.resume_connection import ResumeConnection
from application.connections.rotate_webhook_key import RotateWebhookKey
from application.connections.update_connection import UpdateConnection
from application.connections.verify_connection import VerifyConnection
from application.hotels.add_hotel import AddHotel
from application.hotels.find_hotel import FindHotel
from application.hotels.switch_hotel import SwitchHotel
from application.inbox.find_quarantine import FindQuarantine
from application.inbox.process_inbox import ProcessInbox
from application.inbox.receive_webhook import ReceiveWebhook
from application.inbox.replay_quarantine import ReplayQuarantine
from application.ingest.exchange_document import ExchangeDocument
from application.ingest.find_batch import FindBatch
from application.ingest.idempotent_requests import IdempotentRequests
from application.ingest.ingest_items import IngestItems
from application.queries.find_booking import FindBooking, FindStatusHistory
from application.queries.find_bookings import FindAvailability, FindBookings, FindGuests
from application.queries.find_providers import FindProvider
from application.sync.fail_sync import FailSync
from application.sync.find_sync_runs import FindSyncRuns
from application.sync.request_sync import RequestSync
from application.sync.schedule_syncs import ScheduleSyncs
from application.sync.sync_connection import SyncConnection
from application.sync.verify_hotel import VerifyHotel
from ports.directory import Directory
from ports.job_queue import JobQueue
from ports.providers import Providers
from ports.queries import Queries
from ports.system import Clock, IdGenerator, Randomness
from ports.unit_of_work import UnitOfWork

T = TypeVar("T")


def built_once(build: "Callable[[UseCases], T]") -> cached_property[T]:
    """An attribute that is built at its first use and then kept."""
    return cached_property(build)


class UseCases(ABC):
    """Building a use case opens only the ports that it needs."""

    clock: Clock
    ids: IdGenerator
    randomness: Randomness

    @abstractmethod
    def unit_of_work(self) -> UnitOfWork: ...

    @property
    @abstractmethod
    def directory(self) -> Directory: ...

    @property
    @abstractmethod
    def queries(self) -> Queries: ...

    @property
    @abstractmethod
    def providers(self) -> Providers: ...

    @property
    @abstractmethod
    def queue(self) -> JobQueue: ...

    # Access
    authenticate = built_once(lambda p: Authenticate(p.directory, p.unit_of_work, p.clock))
    issue_token = built_once(
        lambda p: IssueToken(p.unit_of_work, p.providers, p.clock, p.ids, p.randomness)
    )
    rotate_token = built_once(lambda p: RotateToken(p.unit_of_work, p.clock, p.issue_token))
    revoke_token = built_once(lambda p: RevokeToken(p.unit_of_work, p.clock))
    revoke_provider_key = built_once(lambda p: RevokeProviderKey(p.unit_of_work, p.clock))

    # Hotels and connections
    add_hotel = built_once(lambda p: AddHotel(p.unit_of_work, p.clock, p.ids))
    switch_hotel = built_once(lambda p: SwitchHotel(p.unit_of_work))
    find_hotel = built_once(lambda p: FindHotel(p.directory, p.queries))
    add_connection = built_once(
        lambda p: AddConnection(p.unit_of_work, p.providers, p.clock, p.ids, p.randomness)
    )
    verify_connection = built_once(lambda p: VerifyConnection(p.unit_of_work, p.providers, p.clock))
    update_connection = built_once(lambda p: UpdateConnection(p.unit_of_work, p.providers))
    rotate_webhook_key = built_once(lambda p: RotateWebhookKey(p.unit_of_work, p.randomness))
    pause_connection = built_once(lambda p: PauseConnection(p.unit_of_work))
    resume_connection = built_once(lambda p: ResumeConnection(p.unit_of_work, p.clock))
    find_connections = built_once(lambda p: FindConnections(p.directory))
    find_provider = built_once(lambda p: FindProvider(p.providers))

    # Inbound traffic
    inbound_ports = built_once(
        lambda p: (
            *(p.unit_of_work, p.directory, p.providers, p.queue),
            *(scrub_bytes, p.clock, p.ids),
        )
    )
    ingest_items = built_once(lambda p: IngestItems(*p.inbound_ports))
    receive_webhook = built_once(lambda p: ReceiveWebhook(*p.inbound_ports))
    exchange_document = built_once(lambda p: ExchangeDocument(*p.inbound_ports))
    find_batch = built_once(lambda p: FindBatch(p.unit_of_work))
    idempotent_requests = built_once(lambda p: IdempotentRequests(p.unit_of_work, p.clock))
    process_inbox = built_once(
        lambda p: ProcessInbox(p.unit_of_work, p.providers, p.queue, p.clock, p.ids)
    )
    replay_quarantine = built_once(lambda p: ReplayQuarantine(p.unit_of_work, p.process_inbox))
    find_quarantine = built_once(lambda p: FindQuarantine(p.queries))

    # Syncs
    request_sync = built_once(
        lambda p: RequestSync(p.unit_of_work, p.providers, p.queue, p.clock, p.ids)
    )
    schedule_syncs = built_once(
        lambda p: ScheduleSyncs(p.unit_of_work, p.providers, p.queue, p.clock, p.ids, p.randomness)
    )
    sync_connection = built_once(
        lambda p: SyncConnection(p.unit_of_work, p.providers, p.clock, p.ids, p.queue, scrub_bytes)
    )
    fail_sync = built_once(lambda p: FailSync(p.unit_of_work, p.clock, p.ids))
    verify_hotel = built_once(lambda p: VerifyHotel(p.unit_of_work, p.providers, p.clock))
    find_sync_runs = built_once(lambda p: FindSyncRuns(p.queries))

    # Queries
    find_bookings = built_once(lambda p: FindBookings(p.queries))
    find_booking = built_once(lambda p: FindBooking(p.queries))
    find_status_history = built_once(lambda p: FindStatusHistory(p.queries))
    find_guests = built_once(lambda p: FindGuests(p.queries))
    find_availability = built_once(lambda p: FindAvailability(p.queries))
    check_health = built_once(lambda p: CheckHealth(p.queries, p.queue))

    now = built_once(lambda p: p.clock.now)
    new_id = built_once(lambda p: p.ids.new)
