from collections.abc import Sequence

from domain.sync_run import SyncKind, SyncStatus
from ports.providers import Provider
from tests.application.use_case_harness import App


class GuardedProviders:
    """Loads no plug-in while a unit of work is open."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._installed = app.providers

    def get(self, name: str) -> Provider:
        self._app.store.forbid_io()
        return self._installed.get(name)

    def all(self) -> Sequence[Provider]:
        return self._installed.all()


class TestRequestSync:
    def test_loads_the_provider_outside_the_transaction(self) -> None:
        app = App()
        app.providers = GuardedProviders(app)
        run = app.request(app.connection.id, SyncKind.DELTA, correlation_id="c")
        assert run.status is SyncStatus.QUEUED
