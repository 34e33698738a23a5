"""Receives a vendor's native notification: authenticated, stored, acknowledged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from application.enqueue_jobs import enqueue_inbox
from application.errors import ConnectionNotFound, Unauthenticated
from application.ingest.inbound_use_case import InboundUseCase
from application.ingest.inbox_rows import notification_rows, payload_mask
from application.ingest.quarantine_cap import require_room
from application.retrying import in_transaction
from ports.providers import BodySigned, Provider
from ports.system import Secrets
from ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """`connection_key` is the secret of the URL; `headers` have lower-case names. `read_body` is
    called if the key is right, so that a wrong key costs no reading."""

    provider: str
    connection_key: str
    headers: Mapping[str, str]
    read_body: Callable[[], bytes]
    correlation_id: str


@dataclass(frozen=True, slots=True)
class ReceiveWebhook(InboundUseCase):
    """Verifies the sender and stores the body; a job reads it later. Vendors allow five seconds
    and some do not redeliver what was refused, so even an unreadable body is accepted (the job
    quarantines it)."""

    def __call__(self, webhook: Webhook) -> UUID:
        """The id of the inbox batch. Raises UnknownProvider, ConnectionNotFound for a wrong key or
        another provider's, Unauthenticated, QuarantineFull, Unsealable, StoreUnavailable, what
        `read_body` raises.
        """
        provider = self.providers.get(webhook.provider)
        connection = self._connection_of(webhook.connection_key, webhook.provider)
        if connection is None:
            raise ConnectionNotFound
        body = webhook.read_body()
        with self.unit_of_work() as uow:
            secrets = uow.connections.secrets(connection.id)
        if not is_authentic(provider, webhook.headers, body, secrets):
            raise Unauthenticated("the webhook's signature or credentials are invalid")
        now = self.clock.now()
        (row,) = notification_rows(
            connection,
            [body],
            mask=payload_mask(self.mask_cards, provider),
            ids=self.ids,
            now=now,
            correlation_id=webhook.correlation_id,
        )

        def store(uow: UnitOfWork) -> None:
            require_room(uow, row.hotel_id, self.quarantine_cap)
            uow.inbox.add([row])
            uow.connections.touch_inbound(connection.id, at=now)

        in_transaction(self.unit_of_work, store)
        enqueue_inbox(self.queue, row)
        return row.id


def is_authentic(
    provider: Provider, headers: Mapping[str, str], body: bytes, secrets: Secrets
) -> bool:
    """`body`: unmasked, since a signature covers the original bytes."""
    if isinstance(provider, BodySigned):
        return provider.authentic_body(headers, body, secrets)
    return provider.authentic(headers, secrets)
