"""Credentials that a vendor replaces while it is asked."""

from uuid import UUID

import pytest

from application.connections.store_rotated_secrets import StoreRotatedSecrets
from ports.system import Secrets
from tests.application.use_case_harness import World


def held(world: World) -> Secrets:
    with world.unit_of_work() as uow:
        return uow.connections.secrets(world.connection.id)


class TestKeepingSecrets:
    def test_replaces_those_of_the_same_names_and_leaves_the_others(self, world: World) -> None:
        update = StoreRotatedSecrets(world.unit_of_work)
        update.update(world.connection.id, {"one": "1", "two": "2"})
        before = held(world)
        update.update(world.connection.id, {"two": "3"})
        assert held(world) == {**before, "two": "3"}
        assert update.read(world.connection.id) == held(world)

    def test_of_a_connection_that_is_not_stored_keeps_nothing(self, world: World) -> None:
        update, unknown = StoreRotatedSecrets(world.unit_of_work), UUID(int=1)
        before = held(world)
        update.update(unknown, {"one": "1"})
        assert update.read(unknown) == {}
        assert held(world) == before

    def test_by_the_name_of_version_0_1_warns(self, world: World) -> None:
        store = StoreRotatedSecrets(world.unit_of_work)
        with pytest.deprecated_call(match="update"):
            store.keep(world.connection.id, {"one": "1"})
        assert store.read(world.connection.id)["one"] == "1"
