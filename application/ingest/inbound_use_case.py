"""What the use cases that accept payloads have in common."""

from dataclasses import dataclass
from uuid import UUID

from application.access.authenticate import secret_hash
from application.ingest.apply_items import ApplyContext
from application.ingest.inbox_rows import push_context
from application.ingest.stored_items import StoredItemReader
from domain.connection import Connection
from domain.hotel import Hotel
from ports.directory import Directory
from ports.job_queue import JobQueue
from ports.providers import Provider, Providers
from ports.system import CardMask, Clock, IdGenerator
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class InboundUseCase:
    unit_of_work: UnitOfWorkFactory
    directory: Directory
    providers: Providers
    queue: JobQueue
    mask_cards: CardMask
    clock: Clock
    ids: IdGenerator
    quarantine_cap: int
    """Quarantined items of one hotel."""

    def _connection_of(self, key: str, provider: str) -> Connection | None:
        """`key`: the secret of the connection's URL. None if it is wrong or another provider's."""
        found = self.directory.connection_by_key_hash(secret_hash(key))
        return found if found is not None and found.provider == provider else None

    def _begin_batch(
        self, connection: Connection, hotel: Hotel, provider: Provider, correlation_id: str
    ) -> tuple[UUID, ApplyContext]:
        now, batch_id = self.clock.now(), self.ids.new()
        context = push_context(
            connection,
            batch_id,
            correlation_id=correlation_id,
            received_at=now,
            now=now,
            reader=StoredItemReader(provider, connection, hotel),
        )
        return batch_id, context
