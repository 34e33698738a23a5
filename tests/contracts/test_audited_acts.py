"""Each administrative use case writes one entry in the audit log, in the transaction of the act."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from itertools import chain
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.memory.providers import SCRIPTED, FixedProviders, ScriptedProvider
from adapters.outbound.memory.store import InMemoryStore
from adapters.outbound.persistence.store import Store as SqlStore
from adapters.outbound.provider_kit.capabilities import required
from application.access.authenticate import secret_hash
from application.access.issue_token import IssuedToken, TokenRequest
from application.audit.audit_trail import acting_as
from application.connections.add_connection import AddedConnection, NewConnection
from application.ingest.ingest_items import Push
from application.privacy.stored_person import PersonRequest
from application.sync.schedule_syncs import QUARANTINE_RETENTION
from domain.access import FULL_READ, Scope
from domain.audit import RETENTION, Actor, AuditAction, AuditChannel, AuditEntry
from domain.hotel import Hotel
from domain.messages import ItemKind, VendorErrorText
from domain.retention import MAX_DAYS, DataKind
from domain.schedule import Schedule
from domain.sync_run import SyncKind
from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings
from ports.audit import AuditFilter
from ports.errors import StoreUnavailable
from ports.messages import QuarantineFilter
from tests.application.use_case_harness import MINUTE, booked, guest
from tests.contracts.conftest import Store

OPERATOR = Actor(channel=AuditChannel.CLI, name="alice", label="machine")
SETUP = Actor(channel=AuditChannel.SYSTEM, name="setup")
PASSWORDS = ("first password of the account", "second password of the account")
ACCOUNT = (required("account", "Its id."), required("password", "Its password.", secret=True))
NAME = "Lovelace"


class RefusingLog:
    """Stands in for a log that can't be written."""

    def add(self, entries: object) -> None:
        raise StoreUnavailable


class RefusingUnitOfWork:
    def __init__(self, real: Any) -> None:
        self._real = real
        self.audit_log = RefusingLog()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __enter__(self) -> "RefusingUnitOfWork":
        self._real.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._real.__exit__(*error)


class Installation:
    """All use cases on a store; what an act needs is set up by another actor."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.can_record = True
        self.clock = FrozenClock()
        self.provider = ScriptedProvider(
            self.clock, capabilities=replace(SCRIPTED, settings=ACCOUNT)
        )
        self.use = Container(
            Settings(),
            clock_override=self.clock,
            randomness=ScriptedRandomness(),
            queue_override=RecordingJobQueue(),
            providers_override=FixedProviders(self.provider),
        )
        is_sql = isinstance(store, SqlStore)
        self.use.__dict__.update(
            unit_of_work=self.unit_of_work,
            directory=store.directory(monotonic=lambda: 0.0) if is_sql else store.directory,
            queries=store.queries,
            shred_deleted=store.shred_deleted,
        )

    def unit_of_work(self) -> Any:
        real = self.store.unit_of_work()
        return real if self.can_record else RefusingUnitOfWork(real)

    @cached_property
    def hotel(self) -> Hotel:
        with acting_as(SETUP):
            return self.use.add_hotel(
                slug="vienna", name="Vienna", time_zone="Europe/Vienna", currency="EUR"
            )

    @cached_property
    def added(self) -> AddedConnection:
        with acting_as(SETUP):
            return self.add_connection()

    def add_connection(self) -> AddedConnection:
        values = {"account": "A1", "password": PASSWORDS[0]}
        return self.use.add_connection(
            NewConnection(
                hotel=self.hotel.slug,
                provider="scripted",
                name="main",
                values=values,
                schedule=Schedule(),
            )
        )

    @cached_property
    def connected(self) -> UUID:
        """A connection that was tested."""
        with acting_as(SETUP):
            self.use.verify_connection(self.added.connection.id, correlation_id="c")
        return self.added.connection.id

    def issue(self, *scopes: Scope) -> IssuedToken:
        return self.use.issue_token(
            TokenRequest(
                provider="scripted",
                partner="partner",
                hotels=(self.hotel.slug,),
                scopes=frozenset(scopes) or FULL_READ | {Scope.INGEST},
                lifetime=10 * MINUTE,
            )
        )

    @cached_property
    def issued(self) -> IssuedToken:
        with acting_as(SETUP):
            return self.issue()

    def push(self, *lines: bytes, kind: ItemKind = ItemKind.BOOKING) -> list[UUID]:
        """The ids of the items."""
        assert self.connected
        principal = self.use.authenticate(
            provider_key=self.issued.provider_key_text, token=self.issued.secret_text
        )
        body = b"\n".join(lines)
        result = self.use.ingest_items(
            principal, Push(provider="scripted", kind=kind, body=body, correlation_id="push")
        )
        return [each.inbox_id for each in result.items]

    def quarantined(self) -> UUID:
        [item_id] = self.push(b"no line of the script " + NAME.encode())
        return item_id

    def guest_request(self) -> PersonRequest:
        line = self.provider.line(guest("G1", last_name=NAME, email="ada@example.com"))
        self.push(line, kind=ItemKind.GUEST)
        self.push(self.provider.line(booked("B1")))
        return PersonRequest(hotel_id=self.hotel.id, provider="scripted", external_id="G1")

    def entries(self, **wanted: Any) -> list[AuditEntry]:
        with self.store.unit_of_work() as uow:
            return list(uow.audit_log.find(AuditFilter(**wanted), limit=999))


Act = Callable[[Installation], Callable[[], object]]
"""Sets up, and returns the act."""


def _purge(at: Installation) -> Callable[[], object]:
    at.quarantined()
    with acting_as(SETUP):
        at.use.pause_connection(at.connected)
    at.clock.advance(QUARANTINE_RETENTION + MINUTE)
    return at.use.schedule_syncs


def _apply_retention(at: Installation) -> Callable[[], object]:
    at.push(at.provider.line(booked("B1")))
    with acting_as(SETUP):
        at.use.pause_connection(at.connected)
    at.clock.advance(timedelta(days=MAX_DAYS))
    return at.use.schedule_syncs


def _resume(at: Installation) -> Callable[[], object]:
    with acting_as(SETUP):
        at.use.pause_connection(at.connected)
    return lambda: at.use.resume_connection(at.connected)


def _discard(at: Installation) -> Callable[[], object]:
    at.quarantined()
    return lambda: at.use.discard_quarantine(QuarantineFilter(hotel_id=at.hotel.id))


def _reveal(at: Installation) -> Callable[[], object]:
    item_id = at.quarantined()
    return lambda: at.use.reveal_item(at.hotel.id, item_id)


def _reveal_response(at: Installation) -> Callable[[], object]:
    run_id = UUID(int=1)
    text = VendorErrorText(
        hotel_id=at.hotel.id,
        connection_id=at.connected,
        subject_id=run_id,
        received_at=at.clock.now(),
        text=f"no guest {NAME}",
    )
    with at.store.unit_of_work() as uow:
        uow.vendor_error_texts.keep([text])
        uow.commit()
    return lambda: at.use.reveal_vendor_response(at.hotel.id, run_id)


def _replay(at: Installation) -> Callable[[], object]:
    item_id = at.quarantined()
    return lambda: at.use.replay_quarantine(at.hotel.id, item_id)


def _change(at: Installation) -> Callable[[], object]:
    values = {"account": "A2", "password": PASSWORDS[1]}
    connection_id = at.connected
    return lambda: at.use.update_connection(connection_id, values)


def _on_connection(use_case: str, *arguments: object, **options: object) -> Act:
    def prepare(at: Installation) -> Callable[[], object]:
        connection_id = at.connected
        act = getattr(at.use, use_case)
        return lambda: act(connection_id, *arguments, **options)

    return prepare


def _with(value: Callable[[Installation], object], use_case: str, **options: object) -> Act:
    def prepare(at: Installation) -> Callable[[], object]:
        given = value(at)
        act = getattr(at.use, use_case)
        return lambda: act(given, **options)

    return prepare


def _add_hotel(at: Installation) -> Callable[[], object]:
    names = {"slug": "paris", "name": "Paris", "time_zone": "Europe/Paris", "currency": "EUR"}
    return lambda: at.use.add_hotel(**names)


def _add_connection(at: Installation) -> Callable[[], object]:
    assert at.hotel
    return at.add_connection


def _issue(at: Installation) -> Callable[[], object]:
    assert at.hotel
    return at.issue


def _revoke_key(at: Installation) -> Callable[[], object]:
    assert at.issued
    return lambda: at.use.revoke_provider_key("scripted", "partner")


ACTS: Mapping[tuple[str, AuditAction], Act] = {
    ("add_hotel", AuditAction.HOTEL_ADDED): _add_hotel,
    ("switch_hotel", AuditAction.HOTEL_DISABLED): _with(
        lambda at: at.hotel.slug, "switch_hotel", enabled=False
    ),
    ("switch_hotel", AuditAction.HOTEL_ENABLED): _with(
        lambda at: at.hotel.slug, "switch_hotel", enabled=True
    ),
    ("add_connection", AuditAction.CONNECTION_ADDED): _add_connection,
    ("update_connection", AuditAction.CONNECTION_CHANGED): _change,
    ("rotate_webhook_key", AuditAction.CONNECTION_KEY_ROTATED): _on_connection(
        "rotate_webhook_key"
    ),
    ("verify_connection", AuditAction.CONNECTION_TESTED): _with(
        lambda at: at.added.connection.id, "verify_connection", correlation_id="c"
    ),
    ("pause_connection", AuditAction.CONNECTION_PAUSED): _on_connection("pause_connection"),
    ("resume_connection", AuditAction.CONNECTION_RESUMED): _resume,
    ("issue_token", AuditAction.TOKEN_ISSUED): _issue,
    ("rotate_token", AuditAction.TOKEN_ROTATED): _with(
        lambda at: at.issued.token.id, "rotate_token", overlap=MINUTE
    ),
    ("revoke_token", AuditAction.TOKEN_REVOKED): _with(
        lambda at: at.issued.token.id, "revoke_token"
    ),
    ("revoke_provider_key", AuditAction.KEY_REVOKED): _revoke_key,
    ("rotate_secrets", AuditAction.SECRETS_ROTATED): lambda at: at.use.rotate_secrets,
    ("request_sync", AuditAction.SYNC_REQUESTED): _on_connection(
        "request_sync", SyncKind.FULL, correlation_id="c"
    ),
    ("replay_quarantine", AuditAction.QUARANTINE_REPLAYED): _replay,
    ("discard_quarantine", AuditAction.QUARANTINE_DISCARDED): _discard,
    ("schedule_syncs", AuditAction.QUARANTINE_PURGED): _purge,
    ("schedule_syncs", AuditAction.DATA_PURGED): _apply_retention,
    ("set_retention", AuditAction.RETENTION_CHANGED): _with(
        lambda at: at.hotel.slug, "set_retention", days={DataKind.RUNS: 9}
    ),
    ("reveal_item", AuditAction.PAYLOAD_REVEALED): _reveal,
    ("reveal_vendor_response", AuditAction.RESPONSE_REVEALED): _reveal_response,
    ("export_guest", AuditAction.GUEST_EXPORTED): _with(Installation.guest_request, "export_guest"),
    ("erase_guest", AuditAction.GUEST_ERASED): _with(Installation.guest_request, "erase_guest"),
}
OF_RETENTION = {AuditAction.QUARANTINE_PURGED, AuditAction.DATA_PURGED}
OUTSIDE_USE_CASES = {AuditAction.SCHEMA_UPGRADED, AuditAction.SCHEMA_DOWNGRADED}
"""Written by the migrations: tests/entrypoints/test_audit_commands.py."""

NOT_ADMINISTRATIVE = {
    "audit": "the log itself",
    "correlation_ids": "makes and checks ids",
    "authenticate": "a sign-in; failed ones are in the application's log",
    "store_rotated_secrets": "the vendor's own rotation of tokens, with every refresh",
    "ingest_items": "a partner's data",
    "receive_webhook": "a vendor's data",
    "exchange_document": "a partner's data",
    "idempotent_requests": "a partner's data",
    "process_inbox": "a worker's job",
    "work_off_inbox": "a worker's job",
    "sync_connection": "a worker's job",
    "fail_sync": "a worker's job",
    "jobs": "a worker's jobs",
    "relay_outbox": "the relay's work",
    "verify_hotel": "compares and changes nothing",
    "check_health": "reads",
}
READS = {name for name in vars(Container) if name.startswith("find_")}


def use_cases() -> set[str]:
    """The container's attributes that `wired` made."""
    return {
        name
        for name, attribute in vars(Container).items()
        if isinstance(attribute, cached_property)
        and attribute.func.__qualname__.startswith("wired.")
    }


def hidden_texts(at: Installation, result: object) -> set[str]:
    """All secrets, their hashes, and the guest."""
    shown_once = [result, *(vars(at).get(name) for name in ("added", "issued"))]
    secrets = {*PASSWORDS, *chain.from_iterable(map(result_secrets, shown_once))}
    return {*secrets, *map(secret_hash, secrets), NAME, "ada@", "G1", "B1"}


def result_secrets(result: object) -> set[str]:
    match result:
        case AddedConnection():
            return {result.key}
        case IssuedToken():
            texts = [result.secret_text, result.provider_key_text or result.secret_text]
            return {text.rpartition("_")[2] for text in texts}
    return set()


each_act = pytest.mark.parametrize(
    ("action", "prepare"), [(key[1], act) for key, act in ACTS.items()], ids=[k[1] for k in ACTS]
)


class TestEveryUseCase:
    def test_is_an_act_or_stated_not_to_be_one(self) -> None:
        """A new use case belongs in one of the tables above."""
        acts = {name for name, _ in ACTS}
        assert acts | set(NOT_ADMINISTRATIVE) | READS == use_cases()
        assert not acts & set(NOT_ADMINISTRATIVE)

    def test_of_the_acts_covers_all_actions(self) -> None:
        assert {action for _, action in ACTS} | OUTSIDE_USE_CASES == set(AuditAction)

    @each_act
    def test_writes_one_entry(self, store: Store, action: AuditAction, prepare: Act) -> None:
        at = Installation(store)
        act = prepare(at)
        before = at.entries()
        with acting_as(OPERATOR):
            result = act()
        [entry] = [each for each in at.entries() if each not in before]
        assert entry.action is action
        assert entry.actor == (RETENTION if action in OF_RETENTION else OPERATOR)
        assert entry.at == at.clock.now()
        assert entry.subject
        assert entry.before != entry.after or not (entry.before or entry.after)
        assert [each for each in hidden_texts(at, result) if each in repr(at.entries())] == []

    @each_act
    def test_has_no_effect_if_the_entry_cannot_be_written(
        self, action: AuditAction, prepare: Act
    ) -> None:
        store = InMemoryStore()
        at = Installation(store)
        act = prepare(at)
        before = store._committed.copy()
        at.can_record = False
        with pytest.raises(StoreUnavailable):
            act()
        # The key of the hotel's hashes, which identifies nobody, is made before.
        assert replace(store._committed, erasure_keys={}) == replace(before, erasure_keys={})


class TestEntries:
    def test_show_what_changed(self) -> None:
        at = Installation(InMemoryStore())
        with acting_as(OPERATOR):
            _change(at)()
            at.use.pause_connection(at.connected)
        paused, changed = at.entries(actor="alice")
        assert (changed.hotel_id, changed.subject) == (at.hotel.id, "vienna/main")
        assert changed.before == {"settings.account": "A1", "secrets.password": "set"}
        assert changed.after == {"settings.account": "A2", "secrets.password": "changed"}
        assert (paused.before, paused.after) == ({"state": "active"}, {"state": "paused"})

    def test_show_where_to_look_for_what_was_issued(self) -> None:
        at = Installation(InMemoryStore())
        assert at.issued
        entry = at.entries()[0]
        assert entry.action is AuditAction.TOKEN_ISSUED
        assert entry.subject == str(at.issued.token.id)
        assert entry.after["scopes"] == sorted(FULL_READ | {Scope.INGEST})
        assert entry.details == {"hotels": ["vienna"], "partner": "partner", "key": "issued"}

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("https://api.example.com/v1", "https://api.example.com/v1"),
            ("https://user:password@api.example.com", "set"),
            ("https://api.example.com/?key=abc", "set"),
            ("https://[", "set"),
        ],
    )
    def test_hide_addresses_that_may_carry_credentials(self, value: str, shown: str) -> None:
        at = Installation(InMemoryStore())
        assert at.connected
        at.use.update_connection(at.connected, {"account": value})
        assert at.entries()[0].after["settings.account"] in (shown, "changed")
        assert (shown == value) == (value in repr(at.entries()))
