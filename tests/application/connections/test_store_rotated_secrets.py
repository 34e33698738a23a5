"""Credentials that a vendor rotates on use."""

from uuid import UUID

import pytest

from application.connections.store_rotated_secrets import StoreRotatedSecrets
from ports.system import Secrets
from tests.application.use_case_harness import App


def held(app: App) -> Secrets:
    with app.unit_of_work() as uow:
        return uow.connections.secrets(app.connection.id)


class TestStoreRotatedSecrets:
    def test_replaces_secrets_of_the_same_names_only(self, app: App) -> None:
        update = StoreRotatedSecrets(app.unit_of_work)
        update.update(app.connection.id, {"one": "1", "two": "2"})
        before = held(app)
        update.update(app.connection.id, {"two": "3"})
        assert held(app) == {**before, "two": "3"}
        assert update.read(app.connection.id) == held(app)

    def test_ignores_a_connection_that_is_not_stored(self, app: App) -> None:
        update, unknown = StoreRotatedSecrets(app.unit_of_work), UUID(int=1)
        before = held(app)
        update.update(unknown, {"one": "1"})
        assert update.read(unknown) == {}
        assert held(app) == before

    def test_by_the_name_of_version_0_1_warns(self, app: App) -> None:
        store = StoreRotatedSecrets(app.unit_of_work)
        with pytest.deprecated_call(match="update"):
            store.keep(app.connection.id, {"one": "1"})
        assert store.read(app.connection.id)["one"] == "1"
