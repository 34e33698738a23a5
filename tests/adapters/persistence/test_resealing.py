"""Rotation of sealing keys over SQLite and PostgreSQL, while others read and write."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from queue import Queue
from threading import Thread

import pytest

from adapters.outbound.persistence.engine.waits import StoreWaits
from adapters.outbound.persistence.schema.models import MODELS
from adapters.outbound.persistence.schema.tables import TABLES
from adapters.outbound.persistence.store import Store, open_store
from adapters.outbound.persistence.stores.sealed_values import SEALED_COLUMNS
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from application.access.rotate_secrets import RotateSecrets, RotationResult
from domain.connection import Connection
from domain.hotel import Hotel
from ports.errors import Unsealable
from tests import builders, raw_sql

OLD, NEW = new_key("old"), new_key("new")
ROWS = 250
"""Of the inbox: more than two batches."""


@contextmanager
def opened(url: str, *keys: str) -> Iterator[Store]:
    sealer = AesGcmSealer(Keyring.parse(",".join(keys)))
    with closing(
        open_store(url, sealer=sealer, waits=StoreWaits(free_connection_seconds=60))
    ) as store:
        yield store


class Installation:
    """A hotel with a value in every sealed column, sealed with the old key."""

    def __init__(self, url: str, hotel: Hotel, connection: Connection) -> None:
        self.url, self.hotel, self.connection = url, hotel, connection
        self.items = [builders.inbox_item(connection) for _ in range(ROWS)]
        self.guests = [builders.full_guest(connection, f"G{n}") for n in range(20)]
        self.vendor_text = builders.vendor_error_text(connection)
        with opened(url, OLD) as store, store.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.connections.add(connection, {"token": "secret"})
            uow.guests.save(self.guests)
            uow.inbox.add(self.items)
            uow.erasures.add_key(hotel.id, b"k" * 32)
            uow.vendor_error_texts.keep([self.vendor_text])
            uow.commit()

    def read_all(self, store: Store) -> None:
        """Raises Unsealable."""
        provider = self.connection.provider
        with store.unit_of_work() as uow:
            assert uow.connections.secrets(self.connection.id) == {"token": "secret"}
            assert uow.erasures.key(self.hotel.id) == b"k" * 32
            subject_id = self.vendor_text.subject_id
            assert uow.vendor_error_texts.get(self.hotel.id, subject_id) == self.vendor_text
            held = uow.guests.load(self.hotel.id, provider, [g.external_id for g in self.guests])
            assert held["G3"].details.id_document_number
            found = uow.inbox.page(self.hotel.id, provider, after=None, limit=ROWS)
            assert [item.body for item in found] == [item.body for item in self.items]

    def write_secrets(self, store: Store) -> None:
        with store.unit_of_work() as uow:
            uow.connections.replace_secrets(self.connection.id, {"token": "secret"})
            uow.commit()

    def old_values(self) -> int:
        prefix = bytes((1, 3)) + b"old"
        return sum(
            raw_sql.one(
                self.url,
                f"SELECT COUNT(*) FROM {each.table} WHERE substr({each.name}, 1, 5) = %s",
                prefix,
            )
            for each in SEALED_COLUMNS
        )


class Callers:
    """Makes each call in a thread of its own, once in each step.

    In a loop without steps, a caller may take the only connection again and again, and the others
    would wait for it without an end.
    """

    def __init__(self, *calls: Callable[[], None]) -> None:
        self.errors: list[Exception] = []
        self.steps = 0
        self._queues: list[Queue[bool]] = [Queue() for _ in calls]
        self._threads = [
            Thread(target=self._repeat, args=each) for each in zip(calls, self._queues, strict=True)
        ]

    def step(self) -> None:
        """Starts the next call of each thread, when each has made the one before."""
        for queue in self._queues:
            queue.join()
        for queue in self._queues:
            queue.put(True)
        self.steps += 1

    def _repeat(self, call: Callable[[], None], queue: "Queue[bool]") -> None:
        while queue.get():
            try:
                call()
            except Exception as error:  # noqa: BLE001  any failed call is the fault
                self.errors.append(error)
            queue.task_done()

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        for queue in self._queues:
            queue.put(False)
        for thread in self._threads:
            thread.join(60)


@pytest.fixture
def installation(upgraded_url: str, hotel: Hotel, connection: Connection) -> Installation:
    return Installation(upgraded_url, hotel, connection)


class TestSealedColumns:
    def test_are_all_of_the_schema(self) -> None:
        names = {(table.name, column) for table in TABLES for column in table.column_types} | {
            (model._meta.table_name, field) for model in MODELS for field in model._meta.columns
        }
        sealed = {each for each in names if re.match("sealed_", each[1])}
        assert {(each.table, each.name) for each in SEALED_COLUMNS} == sealed


class TestRotation:
    def test_makes_the_old_key_removable(self, installation: Installation) -> None:
        assert installation.old_values() == ROWS + 20 + 3
        with opened(installation.url, NEW, OLD) as store:
            result = RotateSecrets(store.unit_of_work, builders.audit_trail())()
            assert result == RotationResult(resealed=ROWS + 20 + 3, unreadable=0)
            assert RotateSecrets(store.unit_of_work, builders.audit_trail())().resealed == 0
        assert installation.old_values() == 0
        with opened(installation.url, NEW) as store:
            installation.read_all(store)

    def test_fails_no_reader_and_no_writer(self, installation: Installation) -> None:
        """Two readers, and a writer that still seals with the old key."""
        with ExitStack() as stack:
            running = stack.enter_context(opened(installation.url, OLD, NEW))
            rotating = stack.enter_context(opened(installation.url, NEW, OLD))
            callers = Callers(
                lambda: installation.read_all(running),
                lambda: installation.read_all(rotating),
                lambda: installation.write_secrets(running),
            )
            with callers:
                _rotate_once(rotating, before_batch=callers.step)
            assert callers.errors == []
            assert callers.steps > ROWS // 50
            RotateSecrets(rotating.unit_of_work, builders.audit_trail())()
        assert installation.old_values() == 0

    def test_continues_after_an_interruption(self, installation: Installation) -> None:
        with opened(installation.url, NEW, OLD) as store:
            with store.unit_of_work() as uow:
                batch = uow.sealed_values.reseal(None, limit=10)
                uow.commit()
            with store.unit_of_work() as uow:
                uow.sealed_values.reseal(batch.position, limit=10)
            assert installation.old_values() == ROWS + 20 + 3 - batch.resealed
            installation.read_all(store)
            RotateSecrets(store.unit_of_work, builders.audit_trail())()
        assert installation.old_values() == 0

    def test_skips_and_counts_what_no_key_opens(self, installation: Installation) -> None:
        foreign = AesGcmSealer(Keyring.parse(new_key("lost"))).seal(b"x", bound_to="x")
        broken = installation.items[7].id
        raw_sql.write(
            installation.url,
            "UPDATE inbox SET sealed_body = %s WHERE id = %s",
            foreign,
            broken.hex,
        )
        with opened(installation.url, NEW, OLD) as store:
            result = RotateSecrets(store.unit_of_work, builders.audit_trail())()
            assert result == RotationResult(resealed=ROWS + 20 + 2, unreadable=1)
            with store.unit_of_work() as uow, pytest.raises(Unsealable):
                uow.inbox.load(installation.hotel.id, [broken])

    def test_leaves_a_value_to_its_latest_writer(
        self, installation: Installation, hotel: Hotel
    ) -> None:
        number = "a later number"
        first = installation.guests[0]
        later = replace(
            first,
            details=replace(first.details, id_document_number=number),
            revision=first.revision + 1,
        )
        with opened(installation.url, NEW, OLD) as store:
            with store.unit_of_work() as uow:
                uow.guests.save([later])
                uow.commit()
            RotateSecrets(store.unit_of_work, builders.audit_trail())()
            with store.unit_of_work() as uow:
                held = uow.guests.load(hotel.id, first.provider, [first.external_id])
        assert held[first.external_id].details.id_document_number == number


def _rotate_once(store: Store, *, before_batch: Callable[[], None]) -> None:
    """One pass; a writer with the old key would keep a rotation from ending."""
    position = None
    while True:
        before_batch()
        with store.unit_of_work() as uow:
            batch = uow.sealed_values.reseal(position, limit=50)
            uow.commit()
        position = batch.position
        if position is None:
            return
