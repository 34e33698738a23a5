"""A sync page locks its connection's row until it commits; webhooks do not wait for it."""

from adapters.outbound.persistence.store import Store
from domain.connection import Connection
from domain.hotel import Hotel
from tests import builders
from tests.builders import MINUTE, T0


class TestWebhookDuringSyncPage:
    def test_is_stored_at_once_and_the_next_one_updates_last_inbound_at(
        self, postgres: Store, hotel: Hotel, connection: Connection
    ) -> None:
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.connections.add(connection, {})
            lease = uow.connections.acquire_lease(connection.id, "w", now=T0, until=T0 + MINUTE)
            uow.commit()
        assert lease is not None
        item = builders.inbox_item(connection)
        with postgres.unit_of_work() as page:
            page.connections.renew_lease(lease, until=T0 + 2 * MINUTE)
            with postgres.unit_of_work() as webhook:
                webhook.inbox.add([item])
                webhook.connections.touch_inbound(connection.id, at=T0)
                webhook.commit()
            page.commit()
        with postgres.unit_of_work() as uow:
            assert uow.inbox.load(hotel.id, [item.id]) == {item.id: item}
            uow.connections.touch_inbound(connection.id, at=T0 + MINUTE)
            stored = uow.connections.get(connection.id)
        assert stored is not None
        assert stored.last_inbound_at == T0 + MINUTE
