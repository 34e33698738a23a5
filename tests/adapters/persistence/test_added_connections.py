"""Connections added at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.providers import FixedProviders, ScriptedProvider
from adapters.outbound.persistence.store import Store
from adapters.outbound.system import SystemRandomness, Uuid7Generator
from application.audit.audit_trail import AuditTrail
from application.connections.add_connection import AddConnection, NewConnection
from application.errors import AlreadyConnected
from domain.hotel import Hotel
from domain.schedule import Schedule
from tests import builders

ROUNDS, ADDERS = 8, 3


class TestAddedAtOnce:
    def test_are_one_per_hotel_and_provider(self, store: Store) -> None:
        """Their names differ, so that no unique index rejects one."""
        hotels = [builders.hotel() for _ in range(ROUNDS)]
        with store.unit_of_work() as uow:
            for hotel in hotels:
                uow.hotels.add(hotel)
            uow.commit()
        barrier = Barrier(ADDERS)

        def add_all(number: int) -> int:
            add = _use_case(store)
            added = 0
            for hotel in hotels:
                barrier.wait(60)
                try:
                    add(_wanted(hotel, f"connection {number}"))
                    added += 1
                except AlreadyConnected:
                    pass
            return added

        with ThreadPoolExecutor(ADDERS) as pool:
            assert sum(pool.map(add_all, range(ADDERS))) == ROUNDS
        with store.unit_of_work() as uow:
            found = [uow.connections.of_hotel(hotel.id) for hotel in hotels]
        assert [len(connections) for connections in found] == [1] * ROUNDS


def _use_case(store: Store) -> AddConnection:
    clock = FrozenClock()
    providers = FixedProviders(ScriptedProvider(clock))
    ids = Uuid7Generator()
    audit = AuditTrail(clock, ids)
    return AddConnection(store.unit_of_work, providers, clock, ids, SystemRandomness(), audit)


def _wanted(hotel: Hotel, name: str) -> NewConnection:
    return NewConnection(
        hotel=hotel.slug, provider="scripted", name=name, values={}, schedule=Schedule()
    )
