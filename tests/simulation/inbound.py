"""A message of the vendor arrives at our web process: stored, then acknowledged, or not."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from application.access.authenticate import Principal
from application.inbox.receive_webhook import Webhook
from application.ingest.exchange_document import DocumentRequest
from application.ingest.idempotent_requests import StoredResponse
from application.ingest.ingest_items import Push
from domain.access import Scope
from domain.errors import PmsError
from domain.messages import ItemKind
from tests.simulation.network import Mail
from tests.simulation.partner import CANONICAL

if TYPE_CHECKING:
    from tests.simulation.world import World

Damage: TypeAlias = Callable[[bytes], bytes]

MAX_ATTEMPTS: Final = 8
"""After which the vendor gives a webhook up."""


def deliver_mail(world: "World", mail: Mail, *, is_truncated: bool = False) -> None:
    """Once; what is not acknowledged stays on its way. A vendor without an API never gives up."""
    mail.attempts += 1
    receive = _RECEIVERS.get(world.conditions.provider, _receive_webhook)
    received = receive(world, mail, _truncate if is_truncated else _leave)
    is_given_up = mail.attempts >= MAX_ATTEMPTS and not world.conditions.is_push_only
    if (received or is_given_up) and mail in world.post.mail:
        world.post.mail.remove(mail)


def _leave(body: bytes) -> bytes:
    return body


def _truncate(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _receive_webhook(world: "World", mail: Mail, damage: Damage) -> bool:
    body, headers = world.post.message(mail)
    webhook = Webhook(
        provider=world.conditions.provider,
        connection_key=world.key,
        headers=headers,
        read_body=lambda: damage(body),
        correlation_id="webhook",
    )

    def receive() -> bool:
        process = world.running
        row_id = process.container.receive_webhook(webhook)
        process.reach("acknowledge.before", ConnectionError())
        world.ledger.acknowledge([row_id])
        return True

    return _is_acknowledged(world, receive)


def _exchange_document(world: "World", mail: Mail, damage: Damage) -> bool:
    (document,) = mail.events
    _, headers = world.post.message(mail)
    request = DocumentRequest(
        provider=world.conditions.provider,
        headers=headers,
        document=damage(document.write()),
        correlation_id="document",
        action=document.action,
        is_form=True,
    )

    def receive() -> bool:
        process = world.running
        process.container.exchange_document(request)
        process.reach("acknowledge.before", ConnectionError())
        return True

    return _is_acknowledged(world, receive)


def _push(world: "World", mail: Mail, damage: Damage) -> bool:
    """As the REST API does it with an Idempotency-Key."""
    (document,) = mail.events
    caller = Principal(
        token_id=world.token.id,
        partner="partner",
        provider=CANONICAL,
        hotel_id=world.connection.hotel_id,
        scopes=frozenset({Scope.INGEST}),
    )
    push = Push(
        provider=CANONICAL,
        kind=ItemKind.BOOKING,
        body=damage(document.body),
        correlation_id="push",
        deferred=mail.is_deferred,
    )

    def receive() -> bool:
        process = world.running
        container = process.container
        requests, of = container.idempotent_requests, (caller.token_id, document.key)
        stored = requests.begin(*of, request=push.body)
        if stored is None:
            try:
                batch_id = container.ingest_items(caller, push).batch_id
            except PmsError:
                requests.release_key(*of)
                raise
            stored = StoredResponse(200, str(batch_id).encode())
            requests.finish(*of, stored)
        process.reach("acknowledge.before", ConnectionError())
        world.ledger.answer(document.key, stored.body)
        return True

    return _is_acknowledged(world, receive)


def _is_acknowledged(world: "World", receive: Callable[[], bool]) -> bool:
    try:
        return bool(world.run("web", receive))
    except (PmsError, ConnectionError):
        return False


_RECEIVERS: Final = {"alpinebits": _exchange_document, CANONICAL: _push}
