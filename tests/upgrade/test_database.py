import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import pytest

from adapters.outbound.events.in_process_bus import InProcessEventBus
from adapters.outbound.persistence import migrations
from application.errors import Unauthenticated
from application.events.relay_outbox import RelayOutbox
from application.inbox.receive_webhook import Webhook
from domain.access import FULL_READ, READ_EXTENSIONS, Scope
from domain.hotel import Hotel
from domain.messages import InboxState, ItemOutcome, OutboxMessage
from domain.sync_run import SyncStatus
from entrypoints.processes.wsgi import build_web_app
from ports.queries import (
    AvailabilityFilter,
    BookingFilter,
    BookingOrder,
    GuestFilter,
    QuarantineFilter,
)
from tests import raw_sql
from tests.upgrade.conftest import STOPPED_AT, UpgradedInstallation
from tests.upgrade.old_installation import Engine

ALL = 1_000
T = TypeVar("T")
MIGRATED_TO_DEDUP_KEY = {"apaleo", "cloudbeds", "ohip"}


def stored_bookings(upgraded: UpgradedInstallation, hotel: Hotel) -> list[Any]:
    everything = BookingFilter(hotel_id=hotel.id, include_deleted=True)
    found = upgraded.container.store.queries.bookings(
        everything, order=BookingOrder.ARRIVAL_ASC, limit=ALL
    )
    return list(found.rows)


def of_every_hotel(upgraded: UpgradedInstallation, read: Callable[[Hotel], Iterable[T]]) -> list[T]:
    return [found for hotel in upgraded.hotels() for found in read(hotel)]


class TestUpgradedSchema:
    def test_equals_that_of_a_new_database(self, engine: Engine, upgraded_url: str) -> None:
        upgraded_schema = raw_sql.schema_of(upgraded_url)
        migrations.downgrade(upgraded_url, 0)
        migrations.upgrade(upgraded_url)
        assert upgraded_schema == raw_sql.schema_of(upgraded_url)

    def test_keeps_every_row(self, upgraded: UpgradedInstallation) -> None:
        counts = {
            table: raw_sql.one(upgraded.url, f"SELECT COUNT(*) FROM {table}")
            for table in upgraded.facts["counts"]
        }
        assert counts == upgraded.facts["counts"]


class TestStoredData:
    """Every row of version 0.1 is read by today's code."""

    def test_hotels(self, upgraded: UpgradedInstallation) -> None:
        found = {hotel.slug: str(hotel.id) for hotel in upgraded.hotels()}
        assert found == upgraded.facts["hotels"]

    def test_connections(self, upgraded: UpgradedInstallation) -> None:
        expected = upgraded.facts["connections"]
        found = {
            name: {
                "id": str(connection.id),
                "provider": connection.provider,
                "state": connection.state,
                "cursor": connection.cursor,
                "settings": dict(connection.settings),
            }
            for name, connection in upgraded.connections().items()
        }
        assert found == {
            name: {key: fields[key] for key in fields if key != "webhook_path"}
            for name, fields in expected.items()
        }

    def test_secrets(self, upgraded: UpgradedInstallation) -> None:
        with upgraded.container.store.unit_of_work() as uow:
            names = {
                connection.provider: set(uow.connections.secrets(connection.id))
                for connection in upgraded.connections().values()
            }
        assert names["mews"] >= {"client_token", "access_token"}
        assert names["apaleo"] >= {"client_id", "client_secret"}

    def test_bookings_with_their_history(self, upgraded: UpgradedInstallation) -> None:
        bookings, transitions = 0, 0
        for hotel in upgraded.hotels():
            stored = stored_bookings(upgraded, hotel)
            history = upgraded.container.store.queries.status_history(
                hotel.id, [booking.id for booking in stored]
            )
            assert set(history) == {booking.id for booking in stored}
            for booking in stored:
                assert history[booking.id][-1].transition.target is booking.details.status
            bookings += len(stored)
            transitions += sum(map(len, history.values()))
        assert bookings == upgraded.facts["counts"]["bookings"]
        assert transitions == upgraded.facts["counts"]["status_history"]

    def test_guests(self, upgraded: UpgradedInstallation) -> None:
        queries = upgraded.container.store.queries
        found = of_every_hotel(
            upgraded, lambda hotel: queries.guests(GuestFilter(hotel_id=hotel.id), limit=ALL).rows
        )
        assert len(found) == upgraded.facts["counts"]["guests"]
        assert "ada@guest.example" in {guest.details.email for guest in found}

    def test_availability(self, upgraded: UpgradedInstallation) -> None:
        two_years = partial(AvailabilityFilter, start=date(2026, 1, 1), end=date(2028, 1, 1))
        queries = upgraded.container.store.queries
        found = of_every_hotel(
            upgraded, lambda hotel: queries.availability(two_years(hotel_id=hotel.id), limit=ALL)
        )
        assert len(found) == upgraded.facts["counts"]["availability"]

    def test_records(self, upgraded: UpgradedInstallation) -> None:
        found: Counter[str] = Counter()
        for hotel in upgraded.hotels():
            for records in upgraded.container.store.queries.records(hotel.id).values():
                found["room_types"] += len(records.room_types)
                found["rooms"] += len(records.rooms)
                found["rate_plans"] += len(records.rate_plans)
        expected = upgraded.facts["counts"]
        assert found == {name: expected[name] for name in ("room_types", "rooms", "rate_plans")}

    def test_sync_runs_with_their_checkpoints(self, upgraded: UpgradedInstallation) -> None:
        runs = {
            str(run.id): run
            for hotel in upgraded.hotels()
            for run in upgraded.container.store.queries.sync_runs(hotel.id, limit=ALL).rows
        }
        assert len(runs) == upgraded.facts["counts"]["sync_runs"]
        for interrupted in upgraded.facts["interrupted"].values():
            run = runs[interrupted["run"]]
            assert (run.status, run.checkpoint) == (SyncStatus.RUNNING, interrupted["checkpoint"])

    def test_quarantined_items(self, upgraded: UpgradedInstallation) -> None:
        queries = upgraded.container.store.queries
        found = of_every_hotel(
            upgraded,
            lambda hotel: queries.quarantine(QuarantineFilter(hotel_id=hotel.id), limit=ALL),
        )
        expected = sum(row[-1] for row in upgraded.facts["inbox"] if row[0] == "quarantined")
        assert len(found) == expected
        assert all(item.reason is not None for item in found)


class TestCredentials:
    def test_are_accepted(self, upgraded: UpgradedInstallation) -> None:
        for name, credentials in upgraded.facts["credentials"].items():
            if name.startswith("revoked/"):
                with pytest.raises(Unauthenticated):
                    upgraded.container.authenticate(**credentials)
            else:
                principal = upgraded.container.authenticate(**credentials)
                assert principal.provider == name.partition("/")[2]

    def test_replay_a_response_under_its_idempotency_key(
        self, upgraded: UpgradedInstallation
    ) -> None:
        request = upgraded.facts["idempotent"]
        credentials = upgraded.facts["credentials"][request["who"]]
        response = (
            build_web_app(upgraded.container)
            .test_client()
            .post(
                request["path"],
                data=request["body"],
                headers={
                    "Content-Type": "application/json",
                    "X-PMS-Provider-Key": credentials["provider_key"],
                    "Authorization": f"Bearer {credentials['token']}",
                    "Idempotency-Key": request["key"],
                },
            )
        )
        assert json.loads(response.data) == request["answer"]


class TestOutbox:
    def test_delivers_every_undelivered_event(self, upgraded: UpgradedInstallation) -> None:
        container = upgraded.container
        undelivered = raw_sql.read(
            upgraded.url, "SELECT id FROM outbox WHERE delivered_at IS NULL ORDER BY position"
        )
        postponed = raw_sql.read(upgraded.url, "SELECT message_id FROM postponed_deliveries")
        received: list[OutboxMessage] = []
        relay = RelayOutbox(
            container.store.unit_of_work,
            InProcessEventBus({"file": received.append}),
            container.clock,
            "relay",
        )
        while relay():
            pass
        found = [message.id.hex for message in received]
        assert sorted(found) == sorted(
            str(row[0]).replace("-", "") for row in (*undelivered, *postponed)
        )
        assert container.store.queries.backlog()["outbox"] == 0
        assert container.store.queries.backlog()["postponed"] == 0
        for message in received:
            assert json.loads(message.body)["type"] == message.type


class TestInbox:
    def test_replays_quarantined_items(self, upgraded: UpgradedInstallation) -> None:
        """Pushed items are read again from their stored text, and are as invalid as before."""
        replayed = 0
        for hotel in upgraded.hotels():
            wanted = QuarantineFilter(hotel_id=hotel.id)
            for item in upgraded.container.store.queries.quarantine(wanted, limit=ALL):
                if item.provider != "canonical":
                    continue
                outcome = upgraded.container.replay_quarantine(hotel.id, item.id)
                assert outcome.reason is not None
                assert item.reason is not None
                assert outcome.reason.code == item.reason.code
                replayed += 1
        assert replayed == 3

    def test_processes_deferred_pushes(self, upgraded: UpgradedInstallation) -> None:
        for deferred in upgraded.facts["deferred"]:
            slug = deferred["who"].partition("/")[0]
            hotel = upgraded.container.directory.hotel_by_slug(slug)
            assert hotel is not None
            outcomes = upgraded.container.process_inbox(hotel.id, UUID(deferred["batch"]))
            assert [outcome.outcome for outcome in outcomes] == [
                ItemOutcome.APPLIED,
                ItemOutcome.QUARANTINED,
            ]

    def test_skips_redelivered_notifications(self, upgraded: UpgradedInstallation) -> None:
        """Their provider is unreachable: an attempt to fetch would leave them RECEIVED."""
        processed = upgraded.facts["carried_out"]
        assert {each["provider"] for each in processed} == MIGRATED_TO_DEDUP_KEY
        connections = upgraded.connections()
        for each in processed:
            batch = upgraded.container.receive_webhook(
                Webhook(
                    provider=each["provider"],
                    connection_key=each["path"].rpartition("/")[2],
                    headers={},
                    read_body=partial(base64.b64decode, each["body"]),
                    correlation_id="redelivery",
                )
            )
            hotel_id = connections[each["connection"]].hotel_id
            with upgraded.container.store.unit_of_work() as uow:
                keys = uow.inbox.processed_dedup_keys(hotel_id, [each["event_key"]])
            assert keys == {each["event_key"]}
            (outcome,) = upgraded.container.process_inbox(hotel_id, batch)
            assert (outcome.state, outcome.outcome) == (InboxState.DONE, ItemOutcome.UNCHANGED)


class TestSchedule:
    def test_finds_the_interrupted_runs(self, upgraded: UpgradedInstallation) -> None:
        with upgraded.container.store.unit_of_work() as uow:
            stuck = uow.sync_runs.stuck(queued_before=STOPPED_AT + timedelta(hours=1))
        interrupted = {each["run"] for each in upgraded.facts["interrupted"].values()}
        queued = set(upgraded.facts["queued"].values())
        assert {str(run.id) for run in stuck} == interrupted | queued


class TestStoredTokens:
    def test_keep_reading_what_they_read_before(self, upgraded: UpgradedInstallation) -> None:
        tokens = [
            token
            for hotel in upgraded.hotels()
            for token in upgraded.container.directory.tokens_of_hotel(hotel.id)
        ]
        assert any(Scope.READ in token.scopes for token in tokens)
        for token in tokens:
            extensions = token.scopes & READ_EXTENSIONS
            assert extensions == (READ_EXTENSIONS if Scope.READ in token.scopes else frozenset())

    def test_are_written_by_version_0_1_with_all_that_it_lets_them_read(
        self, upgraded: UpgradedInstallation
    ) -> None:
        """Its statements, while both versions run."""
        columns = "provider_key_id, provider, secret_hash, created_at, expires_at"
        for scopes, expected in (("ingest read", FULL_READ), ("ingest", frozenset())):
            new_id = UUID(int=len(scopes)).hex
            raw_sql.write(
                upgraded.url,
                f"INSERT INTO access_tokens (id, scopes, {columns}) "
                f"SELECT '{new_id}', '{scopes}', {columns} FROM access_tokens LIMIT 1",
            )
            raw_sql.write(
                upgraded.url,
                "INSERT INTO token_hotels (hotel_id, token_id, position) "
                f"SELECT hotel_id, '{new_id}', 0 FROM token_hotels LIMIT 1",
            )
            token = upgraded.container.directory.token(UUID(new_id))
            assert token
            assert token.scopes == expected | {Scope.INGEST}
