"""Inbox rows whose sealed payload can't be opened."""

from collections.abc import Callable

import pytest

from adapters.outbound.persistence.store import Store
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind
from ports.errors import Unsealable
from ports.messages import Entities
from ports.queries import QuarantineFilter
from tests import builders, raw_sql


def _seal_with(key_id: str) -> bytes:
    return AesGcmSealer(Keyring.parse(new_key(key_id))).seal(b"", bound_to="")


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "no sealed value": lambda _: b"broken",
    "empty": lambda _: b"",
    "cut": lambda sealed: sealed[:-1],
    "modified": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "another key of this id": lambda _: _seal_with("k"),
    "key not configured": lambda _: _seal_with("o"),
}


@pytest.fixture
def items(store: Store, hotel: Hotel, connection: Connection) -> list[InboxItem]:
    batch = builders.new_id()
    kept = {"state": InboxState.QUARANTINED, "batch_id": batch, "external_id": "B1"}
    rows = [builders.inbox_item(connection, position=n, **kept) for n in range(3)]
    with store.unit_of_work() as uow:
        uow.hotels.add(hotel)
        uow.connections.add(connection, {})
        uow.inbox.add(rows)
        uow.commit()
    return rows


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
class TestUnreadablePayload:
    def test_is_listed_as_such_beside_others(
        self,
        store: Store,
        upgraded_url: str,
        items: list[InboxItem],
        damage: Callable[[bytes], bytes],
    ) -> None:
        one, two, three = items
        _damage(upgraded_url, two, damage)
        hotel_id = two.hotel_id
        listed = store.queries.quarantine(QuarantineFilter(hotel_id=hotel_id), limit=9)
        assert [each.is_readable for each in listed] == [True, False, True]
        assert len(store.queries.batch(hotel_id, two.batch_id)) == 3
        entities = Entities(hotel_id, two.provider, ItemKind.BOOKING, {"B1"})
        wanted = QuarantineFilter(hotel_id=hotel_id, item_id=two.id)
        with store.unit_of_work() as uow:
            found = uow.inbox.quarantined_of(entities, limit=9)
            assert [each.id for each in found] == [one.id, three.id]
            with pytest.raises(Unsealable):
                uow.inbox.load(hotel_id, [two.id])
            assert uow.inbox.discard(wanted, limit=9) == 1


def _damage(url: str, item: InboxItem, damage: Callable[[bytes], bytes]) -> None:
    sealed = raw_sql.one(url, "SELECT sealed_body FROM inbox WHERE id = %s", item.id.hex)
    statement = "UPDATE inbox SET sealed_body = %s WHERE id = %s"
    raw_sql.write(url, statement, damage(bytes(sealed)), item.id.hex)
