"""Credentials that a vendor replaces while it is asked."""

from uuid import UUID

from application.keep_secrets import KeepSecrets
from ports.system import Secrets
from tests.application.world import World


def held(world: World) -> Secrets:
    with world.unit_of_work() as uow:
        return uow.connections.secrets(world.connection.id)


class TestKeepingSecrets:
    def test_replaces_those_of_the_same_names_and_leaves_the_others(self, world: World) -> None:
        keep = KeepSecrets(world.unit_of_work)
        keep.keep(world.connection.id, {"one": "1", "two": "2"})
        before = held(world)
        keep.keep(world.connection.id, {"two": "3"})
        assert held(world) == {**before, "two": "3"}
        assert keep.read(world.connection.id) == held(world)

    def test_of_a_connection_that_is_not_stored_keeps_nothing(self, world: World) -> None:
        keep, unknown = KeepSecrets(world.unit_of_work), UUID(int=1)
        before = held(world)
        keep.keep(unknown, {"one": "1"})
        assert keep.read(unknown) == {}
        assert held(world) == before
