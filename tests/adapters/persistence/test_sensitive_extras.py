"""The migration of extras that earlier versions stored with cards and identity documents."""

import json
from contextlib import closing
from dataclasses import replace

from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.store import open_store
from domain.connection import Connection, ConnectionState
from domain.hotel import Hotel
from domain.snapshots import Extras
from domain.tombstone import Tombstone
from ports.system import Sealer
from tests import builders, raw_sql
from tests.builders import T0

SECRET = "S3CR3T"
TABLES = ("bookings", "booking_tombstones", "guests")
BEFORE: Extras = (
    ("a.amount", "12.50"),
    ("card.holder", f'"{SECRET}"'),
    ("card.type", '"visa"'),
    ("documents", f'[{{"number":"{SECRET}"}}]'),
    ("guarantee", f'{{"card_number":"{SECRET}","expiration":"{SECRET}","fee":12.50,"x":"\u00e9"}}'),
    ("note", f'"a {SECRET.lower()} passport"'),
    ("open.cardNumber", f'"{SECRET}"'),
    ("open.expiry", f'"{SECRET}"'),
    ("open.kept", "null"),
    ("profile", f'{{"taxID":"{SECRET}","companyTaxID":"1","lone":"\\ud800"}}'),
    ("registeredCard", "true"),
)
AFTER: Extras = (
    ("a.amount", "12.50"),
    ("card.type", '"visa"'),
    ("guarantee", '{"fee":12.50,"x":"\u00e9"}'),
    ("note", f'"a {SECRET.lower()} passport"'),
    ("open.kept", "null"),
    ("profile", '{"companyTaxID":"1","lone":"\\ud800"}'),
    ("registeredCard", "true"),
)


class TestStoredExtras:
    def test_lose_sensitive_fields_alone(self, url: str, sealer: Sealer, hotel: Hotel) -> None:
        connection = builders.connection(hotel, provider="cloudbeds")
        migrations.upgrade(url)
        bookings = [
            builders.booking(connection, "B1", extras=BEFORE),
            builders.booking(connection, "B2", extras=AFTER),
            builders.booking(connection, "B3"),
        ]
        guest = builders.guest(connection, last_name="Card Passport", extras=BEFORE)
        with closing(open_store(url, sealer=sealer)) as store:
            with store.unit_of_work() as uow:
                uow.hotels.add(hotel)
                uow.connections.add(connection, {})
                uow.bookings.save(bookings)
                uow.guests.save([guest])
                uow.tombstones.save([_tombstone(connection)])
                uow.commit()
            migrations.downgrade(url, 8)
            migrations.upgrade(url)
            with store.unit_of_work() as uow:
                scope = (hotel.id, connection.provider)
                stored = uow.bookings.load(*scope, ["B1", "B2", "B3"])
                stored_guest = uow.guests.load(*scope, ["G1"])["G1"]
                tombstone = uow.tombstones.load(*scope, ["T1"], exclusive=False)["T1"]
        kept = {key: (each.details.extras, each.revision) for key, each in stored.items()}
        assert kept == {"B1": (AFTER, 2), "B2": (AFTER, 1), "B3": ((), 1)}
        assert stored_guest.details == replace(guest.details, extras=AFTER)
        assert tombstone.snapshot.extras == AFTER
        everything = json.dumps(
            [raw_sql.read(url, f"SELECT document FROM {table}") for table in TABLES]
        )
        assert SECRET not in everything

    def test_of_paused_connections_hide_an_earlier_stop(
        self, url: str, sealer: Sealer, hotel: Hotel
    ) -> None:
        states = (ConnectionState.PAUSED, ConnectionState.STOPPED)
        kept = [
            builders.connection(hotel, state=state, stopped_at=T0, name=state) for state in states
        ]
        migrations.upgrade(url)
        with closing(open_store(url, sealer=sealer)) as store:
            with store.unit_of_work() as uow:
                uow.hotels.add(hotel)
                for connection in kept:
                    uow.connections.add(connection, {})
                uow.commit()
            migrations.downgrade(url, 8)
            migrations.upgrade(url)
            with store.unit_of_work() as uow:
                found = [uow.connections.get(each.id) for each in kept]
        assert [each and each.stopped_at for each in found] == [None, T0]


def _tombstone(connection: Connection) -> Tombstone:
    full = builders.full_tombstone(connection, "T1")
    return replace(full, snapshot=replace(full.snapshot, extras=BEFORE))
