"""A hotel's account at a provider: added, tested, paused, resumed."""

from dataclasses import replace

import pytest

from application.add_connection import AddConnection, AddedConnection, NewConnection
from application.add_hotel import AddHotel
from application.check_connection import TestConnection
from application.errors import ConnectionNotFound, HotelNotFound, InvalidRequest
from application.pause_connection import PauseConnection
from application.resume_connection import ResumeConnection
from domain.errors import InvalidField
from domain.sync import Breaker, ConnectionState, Schedule
from ports.errors import (
    AlreadyExists,
    CredentialsRefused,
    ProviderError,
    ProviderUnavailable,
    UnknownProvider,
    UnreadableAnswer,
)
from ports.providers import SettingSpec
from tests.application.world import World

SPECS = (
    SettingSpec(name="base_url", help="where", default="https://api.example"),
    SettingSpec(name="token", help="the access token", secret=True),
    SettingSpec(name="note", help="anything", required=False),
)


@pytest.fixture(autouse=True)
def _declared(world: World) -> None:
    world.provider.capabilities = replace(world.provider.capabilities, settings=SPECS)


def add(world: World, **over: object) -> AddedConnection:
    wanted = NewConnection(
        hotel=world.hotel.slug,
        provider="scripted",
        name="front desk",
        values={"token": "s3cret"},
        schedule=Schedule(),
    )
    use = AddConnection(
        world.unit_of_work, world.providers, world.clock, world.ids, world.randomness
    )
    return use(replace(wanted, **over))  # type: ignore[arg-type]


def check(world: World) -> TestConnection:
    return TestConnection(world.unit_of_work, world.providers, world.clock)


class TestAddedConnection:
    def test_keeps_secrets_apart_from_settings(self, world: World) -> None:
        added = add(world)
        assert added.connection.settings == {"base_url": "https://api.example"}
        held = world.write(lambda uow: uow.connections.secrets(added.connection.id))
        assert held == {"token": "s3cret"}
        assert "s3cret" not in repr(added)

    def test_stores_only_the_hash_of_its_key(self, world: World) -> None:
        added = add(world)
        assert added.key not in repr(world.stored(added.connection))

    def test_is_new_until_it_passed_its_test(self, world: World) -> None:
        assert add(world).connection.state is ConnectionState.NEW
        world.tick()
        assert world.queue.jobs == []

    def test_is_active_at_once_where_there_is_nothing_to_test(self, world: World) -> None:
        added = add(world, provider="blind", values={})
        assert added.connection.state is ConnectionState.ACTIVE
        assert world.tick().queued_runs == 0

    @pytest.mark.parametrize(
        ("values", "field"),
        [({}, "token"), ({"token": ""}, "token"), ({"token": "x", "tokn": "y"}, "tokn")],
    )
    def test_names_what_is_missing_or_unknown_but_no_value(
        self, world: World, values: dict[str, str], field: str
    ) -> None:
        with pytest.raises(InvalidRequest) as caught:
            add(world, values=values)
        assert caught.value.details["field"] == field

    def test_needs_a_hotel_a_provider_and_a_free_name(self, world: World) -> None:
        with pytest.raises(HotelNotFound):
            add(world, hotel="nowhere")
        with pytest.raises(UnknownProvider):
            add(world, provider="nobody")
        add(world)
        with pytest.raises(AlreadyExists):
            add(world)


class TestTestedConnection:
    def test_becomes_active_and_its_first_sync_is_due(self, world: World) -> None:
        added = add(world)
        world.provider.report = replace(world.provider.report, time_zone="Asia/Tokyo")
        tested = check(world)(added.connection.id, correlation_id="c")
        assert tested.connection.state is ConnectionState.ACTIVE
        assert tested.connection.settings["property_id"] == "P1"
        assert tested.connection.settings["time_zone"] == "Asia/Tokyo"
        assert any("Asia/Tokyo" in advice for advice in tested.suggestions)
        assert world.tick().queued_runs == 1

    @pytest.mark.parametrize(
        "error", [CredentialsRefused(), ProviderUnavailable(), UnreadableAnswer()]
    )
    def test_stays_as_it_is_when_the_test_fails_and_is_told_what_to_try(
        self, world: World, error: ProviderError
    ) -> None:
        added = add(world)
        world.provider.refusal = error
        tested = check(world)(added.connection.id, correlation_id="c")
        assert (tested.report, tested.error) == (None, error.code)
        assert len(tested.suggestions) >= 2
        assert world.stored(added.connection).state is ConnectionState.NEW

    def test_that_was_stopped_is_taken_up_again(self, world: World) -> None:
        world.edit(state=ConnectionState.STOPPED, breaker=Breaker(failures=9))
        tested = check(world)(world.connection.id, correlation_id="c").connection
        assert (tested.state, tested.breaker) == (ConnectionState.ACTIVE, Breaker())

    def test_that_is_unknown_is_not_found(self, world: World) -> None:
        with pytest.raises(ConnectionNotFound):
            check(world)(world.ids.new(), correlation_id="c")


class TestPausedConnection:
    def test_is_never_due_and_resumed_is_due_at_once(self, world: World) -> None:
        world.edit(cursor="c", next_sync_at=world.clock.now())
        assert PauseConnection(world.unit_of_work)(world.connection.id).state == "paused"
        assert world.tick().queued_runs == 0
        ResumeConnection(world.unit_of_work, world.clock)(world.connection.id)
        assert world.tick().queued_runs == 1

    def test_that_was_never_tested_is_not_resumed(self, world: World) -> None:
        added = add(world)
        with pytest.raises(InvalidRequest):
            ResumeConnection(world.unit_of_work, world.clock)(added.connection.id)
        with pytest.raises(ConnectionNotFound):
            PauseConnection(world.unit_of_work)(world.ids.new())

    def test_that_was_never_tested_does_not_get_around_the_test_by_a_pause(
        self, world: World
    ) -> None:
        added = add(world)
        with pytest.raises(InvalidRequest):
            PauseConnection(world.unit_of_work)(added.connection.id)
        assert world.stored(added.connection).state is ConnectionState.NEW


class TestHotel:
    def use(self, world: World) -> AddHotel:
        return AddHotel(world.unit_of_work, world.clock, world.ids)

    def test_is_added_once(self, world: World) -> None:
        said = {"slug": "ritz", "name": "R", "time_zone": "Europe/Paris", "currency": "EUR"}
        assert self.use(world)(**said).created_at == world.clock.now()
        with pytest.raises(AlreadyExists):
            self.use(world)(**said)

    @pytest.mark.parametrize(
        "wrong", [{"slug": "Ritz!"}, {"time_zone": "Paris"}, {"currency": "euro"}]
    )
    def test_is_checked(self, world: World, wrong: dict[str, str]) -> None:
        said = {"slug": "ritz", "name": "R", "time_zone": "Europe/Paris", "currency": "EUR"}
        with pytest.raises(InvalidField):
            self.use(world)(**(said | wrong))
