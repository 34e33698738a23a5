"""A vendor's native notification: trusted, stored, acknowledged; what it means comes later."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from application.access.authenticate import secret_hash
from application.errors import ConnectionNotFound, Unauthenticated
from application.ingest.inbox_rows import enqueue_inbox_jobs, notification_rows
from application.retrying import retry_on_conflict
from ports.directory import Directory
from ports.job_queue import JobQueue
from ports.providers import BodySigned, Provider, Providers
from ports.system import CardMask, Clock, IdGenerator, Secrets
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """`connection_key` is the secret of the URL; `headers` have lower-case names."""

    provider: str
    connection_key: str
    headers: Mapping[str, str]
    body: bytes
    correlation_id: str


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Nothing but one insert stands between the vendor and its acknowledgement: vendors give five
    seconds and some never send again what was refused, so even an unreadable body is stored (and
    quarantined by the job)."""

    unit_of_work: UnitOfWorkFactory
    directory: Directory
    providers: Providers
    queue: JobQueue
    mask_cards: CardMask
    clock: Clock
    ids: IdGenerator

    def __call__(self, webhook: Webhook) -> UUID:
        """The inbox batch. Raises UnknownProvider, ConnectionNotFound for a wrong key or a key of
        another provider, Unauthenticated, Unsealable, StoreUnavailable."""
        provider = self.providers.get(webhook.provider)
        connection = self.directory.connection_by_key_hash(secret_hash(webhook.connection_key))
        if connection is None or connection.provider != webhook.provider:
            raise ConnectionNotFound
        now = self.clock.now()
        (row,) = notification_rows(
            connection,
            [webhook.body],
            mask_cards=self.mask_cards,
            ids=self.ids,
            now=now,
            correlation_id=webhook.correlation_id,
        )

        def attempt() -> None:
            with self.unit_of_work() as uow:
                secrets = uow.connections.secrets(connection.id)
                if not is_authentic(provider, webhook.headers, webhook.body, secrets):
                    raise Unauthenticated("the webhook does not prove that the vendor sent it")
                uow.inbox.add([row])
                uow.connections.touch_inbound(connection.id, at=now)
                uow.commit()

        retry_on_conflict(attempt)
        enqueue_inbox_jobs(self.queue, [row])
        return row.id


def is_authentic(
    provider: Provider, headers: Mapping[str, str], body: bytes, secrets: Secrets
) -> bool:
    """`body` as it came: a signature is not of the one whose cards are masked."""
    if isinstance(provider, BodySigned):
        return provider.authentic_body(headers, body, secrets)
    return provider.authentic(headers, secrets)
