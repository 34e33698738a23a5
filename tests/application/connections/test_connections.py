"""Connections: added, tested, changed, paused and resumed."""

from dataclasses import replace

import pytest

from application.access.authenticate import secret_hash
from application.connections.add_connection import AddConnection, AddedConnection, NewConnection
from application.connections.pause_connection import PauseConnection
from application.connections.resume_connection import ResumeConnection
from application.connections.rotate_webhook_key import RotateWebhookKey
from application.connections.update_connection import UpdateConnection
from application.connections.verify_connection import VerifyConnection
from application.errors import AlreadyConnected, ConnectionNotFound, HotelNotFound, InvalidRequest
from application.hotels.add_hotel import AddHotel
from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.errors import InvalidField
from domain.schedule import Schedule
from ports.errors import (
    AlreadyExists,
    CredentialsRefused,
    Misconfigured,
    ProviderError,
    ProviderUnavailable,
    UnknownProvider,
    UnreadableAnswer,
)
from ports.providers import SettingSpec
from ports.system import Secrets
from tests.application.use_case_harness import App

SPECS = (
    SettingSpec(name="base_url", help="where", default="https://api.example"),
    SettingSpec(name="token", help="the access token", secret=True),
    SettingSpec(name="note", help="anything", required=False),
)


@pytest.fixture(autouse=True)
def _declared(app: App) -> None:
    app.provider.capabilities = replace(app.provider.capabilities, settings=SPECS)


def add(app: App, **over: object) -> AddedConnection:
    """To a hotel of its own."""
    wanted = NewConnection(
        hotel=str(over.get("hotel") or app.add_hotel().slug),
        provider="scripted",
        name="front desk",
        values={"token": "s3cret"},
        schedule=Schedule(),
    )
    use = AddConnection(
        app.unit_of_work, app.providers, app.clock, app.ids, app.randomness, app.audit
    )
    return use(replace(wanted, **over))  # type: ignore[arg-type]


def check(app: App) -> VerifyConnection:
    return VerifyConnection(app.unit_of_work, app.providers, app.clock, app.audit)


class TestAddedConnection:
    def test_keeps_secrets_apart_from_settings(self, app: App) -> None:
        added = add(app)
        assert added.connection.settings == {"base_url": "https://api.example"}
        held = app.write(lambda uow: uow.connections.secrets(added.connection.id))
        assert held == {"token": "s3cret"}
        assert "s3cret" not in repr(added)

    def test_stores_only_the_hash_of_its_key(self, app: App) -> None:
        added = add(app)
        assert added.key not in repr(app.stored(added.connection))

    def test_is_new_until_it_passed_its_test(self, app: App) -> None:
        assert add(app).connection.state is ConnectionState.NEW
        app.tick()
        assert app.queue.jobs == []

    def test_is_active_at_once_if_push_only(self, app: App) -> None:
        added = add(app, provider="push_only", values={})
        assert added.connection.state is ConnectionState.ACTIVE
        assert app.tick().queued_runs == 0

    @pytest.mark.parametrize(
        ("values", "field"),
        [({}, "token"), ({"token": ""}, "token"), ({"token": "x", "tokn": "y"}, "tokn")],
    )
    def test_rejects_missing_and_unknown_names_without_values(
        self, app: App, values: dict[str, str], field: str
    ) -> None:
        with pytest.raises(InvalidRequest) as caught:
            add(app, values=values)
        assert caught.value.details["field"] == field

    def test_needs_a_hotel_a_provider_and_a_free_name(self, app: App) -> None:
        with pytest.raises(HotelNotFound):
            add(app, hotel="nowhere")
        with pytest.raises(UnknownProvider):
            add(app, provider="nobody")
        hotel = app.add_hotel().slug
        add(app, hotel=hotel)
        with pytest.raises(AlreadyExists):
            add(app, hotel=hotel, provider="push_only", values={})

    def test_is_the_only_one_of_its_provider_at_its_hotel(self, app: App) -> None:
        hotel = app.add_hotel().slug
        add(app, hotel=hotel)
        with pytest.raises(AlreadyConnected) as caught:
            add(app, hotel=hotel, name="another name")
        assert caught.value.details["connection"] == "front desk"
        add(app, hotel=hotel, name="another name", provider="push_only", values={})
        add(app)

    def test_is_not_stored_if_no_client_can_be_opened(self, app: App) -> None:
        app.provider.open_error = Misconfigured("not an allowed host")
        with pytest.raises(Misconfigured):
            add(app)
        app.provider.open_error = None
        added = add(app)
        [account] = app.provider.accounts
        assert (account.connection_id, account.secrets) == (
            added.connection.id,
            {"token": "s3cret"},
        )


class TestChangedConnection:
    def change(self, app: App, of: Connection, **values: str) -> Connection:
        return UpdateConnection(app.unit_of_work, app.providers, app.clock, app.audit)(
            of.id, values
        )

    def secrets(self, app: App, of: Connection) -> Secrets:
        return app.write(lambda uow: uow.connections.secrets(of.id))

    def test_keeps_other_values_and_those_from_the_provider(self, app: App) -> None:
        added = add(app, values={"token": "old", "note": "by the door"}).connection
        check(app)(added.id, correlation_id="c")
        before = app.stored(added)
        after = self.change(app, added, token="new")
        assert self.secrets(app, added) == {"token": "new"}
        assert after.settings == before.settings
        assert after.settings["property_id"] == "P1"
        assert (after.cursor, after.key_hash, after.state) == (
            before.cursor,
            before.key_hash,
            ConnectionState.ACTIVE,
        )
        moved = self.change(app, added, base_url="https://other.example", note="")
        assert moved.settings == {"base_url": "https://other.example", "property_id": "P1"}
        assert self.change(app, added, base_url="").settings["base_url"] == "https://api.example"

    def test_that_was_stopped_becomes_active_by_its_test(self, app: App) -> None:
        added = add(app).connection
        stopped = replace(added, state=ConnectionState.STOPPED, cursor="c7")
        app.write(lambda uow: uow.connections.save(stopped))
        changed = self.change(app, added, token="mended")
        assert (changed.state, changed.cursor) == (ConnectionState.NEW, "c7")
        tested = check(app)(added.id, correlation_id="c").connection
        assert (tested.state, tested.cursor) == (ConnectionState.ACTIVE, "c7")

    @pytest.mark.parametrize("values", [{"tokn": "x"}, {"token": ""}])
    def test_is_validated_like_a_new_one(self, app: App, values: dict[str, str]) -> None:
        added = add(app).connection
        with pytest.raises(InvalidRequest):
            self.change(app, added, **values)
        app.provider.open_error = Misconfigured("not an allowed host")
        with pytest.raises(Misconfigured):
            self.change(app, added, base_url="http://169.254.169.254/", token="x")
        assert app.stored(added) == added
        assert self.secrets(app, added) == {"token": "s3cret"}
        with pytest.raises(ConnectionNotFound):
            self.change(app, replace(added, id=app.ids.new()), token="x")

    def test_with_a_new_webhook_key_rejects_the_old_one(self, app: App) -> None:
        added = add(app)
        rotated = RotateWebhookKey(app.unit_of_work, app.randomness, app.audit)(added.connection.id)
        by_hash = app.store.directory.connection_by_key_hash
        assert by_hash(secret_hash(added.key)) is None
        found = by_hash(secret_hash(rotated.key))
        assert found is not None
        assert found.id == added.connection.id


class TestTestedConnection:
    def test_becomes_active_and_its_first_sync_is_due(self, app: App) -> None:
        added = add(app)
        app.provider.report = replace(app.provider.report, time_zone="Asia/Tokyo")
        tested = check(app)(added.connection.id, correlation_id="c")
        assert tested.connection.state is ConnectionState.ACTIVE
        assert tested.connection.settings["property_id"] == "P1"
        assert tested.connection.settings["time_zone"] == "Asia/Tokyo"
        assert any("Asia/Tokyo" in advice for advice in tested.suggestions)
        assert app.tick().queued_runs == 1

    @pytest.mark.parametrize(
        "error", [CredentialsRefused(), ProviderUnavailable(), UnreadableAnswer()]
    )
    def test_is_unchanged_by_a_failed_test_with_suggestions(
        self, app: App, error: ProviderError
    ) -> None:
        added = add(app)
        app.provider.refusal = error
        tested = check(app)(added.connection.id, correlation_id="c")
        assert (tested.report, tested.error) == (None, error.code)
        assert len(tested.suggestions) >= 2
        assert app.stored(added.connection).state is ConnectionState.NEW

    def test_that_was_stopped_is_resumed(self, app: App) -> None:
        app.edit(state=ConnectionState.STOPPED, breaker=Breaker(failures=9))
        tested = check(app)(app.connection.id, correlation_id="c").connection
        assert (tested.state, tested.breaker) == (ConnectionState.ACTIVE, Breaker())

    def test_that_is_unknown_is_not_found(self, app: App) -> None:
        with pytest.raises(ConnectionNotFound):
            check(app)(app.ids.new(), correlation_id="c")


class TestPausedConnection:
    def test_is_never_due_and_resumed_is_due_at_once(self, app: App) -> None:
        app.edit(cursor="c", next_sync_at=app.clock.now())
        assert PauseConnection(app.unit_of_work, app.audit)(app.connection.id).state == "paused"
        assert app.tick().queued_runs == 0
        ResumeConnection(app.unit_of_work, app.clock, app.audit)(app.connection.id)
        assert app.tick().queued_runs == 1

    def test_that_was_never_tested_is_not_resumed(self, app: App) -> None:
        added = add(app)
        with pytest.raises(InvalidRequest):
            ResumeConnection(app.unit_of_work, app.clock, app.audit)(added.connection.id)
        with pytest.raises(ConnectionNotFound):
            PauseConnection(app.unit_of_work, app.audit)(app.ids.new())

    def test_that_was_never_tested_can_not_be_paused(self, app: App) -> None:
        added = add(app)
        with pytest.raises(InvalidRequest):
            PauseConnection(app.unit_of_work, app.audit)(added.connection.id)
        assert app.stored(added.connection).state is ConnectionState.NEW


class TestHotel:
    def use(self, app: App) -> AddHotel:
        return AddHotel(app.unit_of_work, app.clock, app.ids, app.audit)

    def test_is_added_once(self, app: App) -> None:
        wanted = {"slug": "ritz", "name": "R", "time_zone": "Europe/Paris", "currency": "EUR"}
        assert self.use(app)(**wanted).created_at == app.clock.now()
        with pytest.raises(AlreadyExists):
            self.use(app)(**wanted)

    @pytest.mark.parametrize(
        "wrong", [{"slug": "Ritz!"}, {"time_zone": "Paris"}, {"currency": "euro"}]
    )
    def test_is_checked(self, app: App, wrong: dict[str, str]) -> None:
        wanted = {"slug": "ritz", "name": "R", "time_zone": "Europe/Paris", "currency": "EUR"}
        with pytest.raises(InvalidField):
            self.use(app)(**(wanted | wrong))
