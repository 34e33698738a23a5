"""At least one row with every column set in each table."""

from adapters.outbound.persistence.store import Store
from domain.connection import Connection
from domain.hotel import Hotel
from domain.retention import Retention
from tests import builders
from tests.builders import T0


def fill(store: Store, hotel: Hotel) -> None:
    connection = builders.full_connection(hotel)
    booking = builders.full_booking(connection)
    message = builders.outbox_message(hotel)
    key = builders.provider_key()
    token = builders.access_token(key, hotel)
    with store.unit_of_work() as uow:
        uow.hotels.add(hotel)
        uow.retention.save(hotel.id, Retention(history=1), purge_at=T0)
        uow.connections.add(connection, {"token": "t"})
        uow.sync_runs.add(builders.full_sync_run(connection))
        uow.credentials.add_key(key)
        uow.credentials.add_token(token)
        uow.idempotency.begin(token.id, "k", fingerprint="f", now=T0, expires_at=T0)
        uow.bookings.save([booking])
        uow.tombstones.save([builders.full_tombstone(connection)])
        uow.bookings.record([builders.status_change(booking)])
        uow.guests.save([builders.full_guest(connection)])
        uow.availability.save([builders.full_cell(connection)])
        uow.records.save(hotel.id, "mews", builders.full_records(), now=T0)
        uow.inbox.add([builders.full_inbox_item(connection)])
        uow.outbox.add([message])
        uow.outbox.acquire_leader_lease("me", now=T0, until=T0)
        uow.outbox.postpone(message, "s", error_code="e", retry_at=T0)
        uow.commit()
    _add_erasure(store, hotel, connection)


def _add_erasure(store: Store, hotel: Hotel, connection: Connection) -> None:
    with store.unit_of_work() as uow:
        uow.erasures.add_key(hotel.id, b"key")
        uow.erasures.add(hotel.id, {"hash"}, at=T0)
        uow.erasures.record(builders.privacy_request(hotel))
        uow.vendor_error_texts.keep([builders.vendor_error_text(connection)])
        uow.audit_log.add([builders.audit_entry(hotel)])
        uow.commit()
