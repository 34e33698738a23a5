from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.messages import (
    InboxItem,
    InboxState,
    ItemKind,
    ItemOutcome,
    OutboxMessage,
)
from domain.values import Reason
from ports.messages import Entities, OutdatedItems
from ports.queries import QuarantineFilter
from tests import builders
from tests.builders import DAY, HOUR, MINUTE, T0
from tests.contracts.conftest import HotelFixture

SECOND = MINUTE / 60
REASON = Reason("bad", None, builders.EDGE_TEXT)


def receive(site: HotelFixture, *items: InboxItem) -> None:
    with site.store.unit_of_work() as uow:
        uow.inbox.add(items)
        uow.commit()


def record_outcomes(site: HotelFixture, *decided: InboxItem) -> None:
    with site.store.unit_of_work() as uow:
        uow.inbox.record_outcomes(site.hotel.id, decided)
        uow.commit()


def load(site: HotelFixture, item: InboxItem) -> InboxItem | None:
    with site.store.unit_of_work() as uow:
        return uow.inbox.load(site.hotel.id, [item.id]).get(item.id)


def outcome_of(site: HotelFixture, item: InboxItem) -> tuple[object, ...]:
    """State, outcome, reason, external id and attempts."""
    held = load(site, item)
    assert held is not None
    return held.state, held.outcome, held.reason, held.external_id, held.attempts


def done(item: InboxItem) -> InboxItem:
    return replace(item, state=InboxState.DONE, outcome=ItemOutcome.APPLIED)


class TestInbox:
    def test_stores_every_field(self, site: HotelFixture) -> None:
        full, minimal = (
            builders.full_inbox_item(site.connection),
            builders.inbox_item(site.connection),
        )
        assert builders.left_at_default(full) == []
        receive(site, full, minimal)
        with site.store.unit_of_work() as uow:
            ids = [full.id, minimal.id, builders.new_id()]
            assert uow.inbox.load(site.hotel.id, ids) == {full.id: full, minimal.id: minimal}
            assert uow.inbox.load(site.hotel.id, []) == {}

    def test_finds_what_is_quarantined_of_an_entity(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def item(of: HotelFixture = site, minutes: int = 0, **overrides: Any) -> InboxItem:
            waiting = {"external_id": "B1", "state": InboxState.QUARANTINED}
            at = T0 + timedelta(minutes=minutes)
            return builders.inbox_item(of.connection, received_at=at, **(waiting | overrides))

        second, first, of_b2 = item(minutes=2), item(minutes=1), item(external_id="B2", minutes=3)
        others = [item(state=InboxState.DONE), item(external_id=None), item(external_id="B3")]
        others += [item(kind=ItemKind.GUEST), item(provider="other")]
        receive(site, second, first, of_b2, *others)
        receive(other_site, item(other_site))
        with site.store.unit_of_work() as uow:
            bookings = partial(Entities, site.hotel.id, site.connection.provider, ItemKind.BOOKING)
            find = uow.inbox.quarantined_of
            assert find(bookings({"B1", "B2"}), limit=9) == [first, second, of_b2]
            assert find(bookings({"B1"}), limit=1) == [first]
            assert find(bookings(set()), limit=9) == []

    @pytest.mark.parametrize("body", [b"", b"\0", bytes(300_000)])
    def test_stores_any_body(self, site: HotelFixture, body: bytes) -> None:
        item = builders.inbox_item(site.connection, body=body)
        receive(site, item)
        assert load(site, item) == item

    def test_separates_hotels(self, site: HotelFixture, other_site: HotelFixture) -> None:
        item = builders.inbox_item(site.connection)
        receive(site, item)
        assert load(other_site, item) is None
        record_outcomes(other_site, done(item))
        assert load(site, item) == item
        with site.store.unit_of_work() as uow:
            assert uow.inbox.batch(other_site.hotel.id, item.batch_id) == []

    def test_counts_attempts(self, site: HotelFixture, other_site: HotelFixture) -> None:
        item, other = (builders.inbox_item(site.connection, attempts=n) for n in (0, 3))
        receive(site, item, other)
        for of in (site, other_site):
            with of.store.unit_of_work() as uow:
                uow.inbox.count_attempts(of.hotel.id, [item.id, other.id])
                uow.inbox.count_attempts(of.hotel.id, [])
                uow.commit()
        assert load(site, item) == replace(item, attempts=1)
        assert load(site, other) == replace(other, attempts=4)

    def test_records_outcomes(self, site: HotelFixture) -> None:
        item, other = (builders.inbox_item(site.connection) for _ in range(2))
        receive(site, item, other)
        quarantined = replace(
            item,
            state=InboxState.QUARANTINED,
            outcome=ItemOutcome.QUARANTINED,
            reason=REASON,
            external_id="B1",
        )
        record_outcomes(site, quarantined)
        assert outcome_of(site, item) == (
            InboxState.QUARANTINED,
            ItemOutcome.QUARANTINED,
            REASON,
            "B1",
            0,
        )
        record_outcomes(site, done(item))
        assert outcome_of(site, item) == (InboxState.DONE, ItemOutcome.APPLIED, None, "B1", 0)
        assert load(site, other) == other

    def test_keeps_the_order_of_a_batch(self, site: HotelFixture) -> None:
        batch = builders.new_id()
        items = [
            builders.inbox_item(site.connection, batch_id=batch, position=n) for n in (2, 0, 11, 1)
        ]
        receive(site, *items, builders.inbox_item(site.connection))
        with site.store.unit_of_work() as uow:
            positions = [item.position for item in uow.inbox.batch(site.hotel.id, batch)]
            assert uow.inbox.batch(site.hotel.id, builders.new_id()) == []
        assert positions == [0, 1, 2, 11]

    def test_finds_fingerprints_of_quarantined_payloads(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def stored(of: HotelFixture, mark: str, state: InboxState = InboxState.QUARANTINED) -> None:
            receive(of, builders.inbox_item(of.connection, fingerprint=mark, state=state))

        stored(site, "a")
        stored(site, "a")
        stored(site, "waiting", InboxState.RECEIVED)
        stored(site, "done", InboxState.DONE)
        stored(other_site, "theirs")
        with site.store.unit_of_work() as uow:
            asked = ["a", "waiting", "done", "theirs", "never"]
            assert uow.inbox.quarantined_among(site.hotel.id, asked) == {"a"}
            assert uow.inbox.quarantined_among(site.hotel.id, []) == frozenset()

    def test_finds_the_dedup_keys_of_processed_notifications(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def store(of: HotelFixture, key: str, state: InboxState = InboxState.DONE) -> None:
            notification = builders.inbox_item(
                of.connection, kind=ItemKind.NOTIFICATION, state=state, dedup_key=key
            )
            receive(of, notification)

        store(site, "done")
        store(site, "received", InboxState.RECEIVED)
        store(site, "quarantined", InboxState.QUARANTINED)
        store(other_site, "other hotel")
        receive(
            site,
            builders.inbox_item(
                site.connection,
                kind=ItemKind.NOTIFICATION,
                state=InboxState.DONE,
                external_id="external id",
            ),
        )
        with site.store.unit_of_work() as uow:
            keys = ["done", "received", "quarantined", "other hotel", "external id", "unknown"]
            assert uow.inbox.processed_dedup_keys(site.hotel.id, keys) == {"done"}
            assert uow.inbox.processed_dedup_keys(site.hotel.id, []) == frozenset()

    def test_stores_a_dedup_key_beside_the_external_id(self, site: HotelFixture) -> None:
        item = builders.inbox_item(site.connection, kind=ItemKind.NOTIFICATION, external_id="B1")
        receive(site, item)
        record_outcomes(site, replace(done(item), dedup_key="key"))
        stored = load(site, item)
        assert stored is not None
        assert (stored.external_id, stored.dedup_key) == ("B1", "key")
        record_outcomes(site, done(item))
        assert load(site, item) == stored

    def test_marks_older_quarantined_items_as_stale(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def item(of: HotelFixture, **overrides: object) -> InboxItem:
            stored = {"state": InboxState.QUARANTINED, "external_id": "B1"}
            entity = builders.inbox_item(of.connection, **stored | overrides)
            receive(of, entity)
            return entity

        old, second = item(site), item(site, external_id="B2")
        others = [
            item(site, received_at=T0 + MINUTE),
            item(site, external_id="B3"),
            item(site, external_id=None),
            item(site, kind=ItemKind.GUEST),
            item(site, provider="other"),
            item(site, state=InboxState.RECEIVED),
        ]
        theirs = item(other_site)
        with site.store.unit_of_work() as uow:
            for ids in (["B1", "B2"], []):
                outdated_items = OutdatedItems(
                    hotel_id=site.hotel.id,
                    provider="scripted",
                    kind=ItemKind.BOOKING,
                    external_ids=ids,
                    before=T0 + MINUTE,
                )
                uow.inbox.mark_stale(outdated_items)
            uow.commit()
        for each in (old, second):
            outdated = replace(each, state=InboxState.DONE, outcome=ItemOutcome.STALE)
            assert load(site, each) == outdated
        assert [load(site, each) for each in others] == others
        assert load(other_site, theirs) == theirs

    def test_lists_waiting_connections_oldest_first_with_doubling_pauses(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        batch = builders.new_id()

        def item(of: HotelFixture, seconds: float, **overrides: object) -> InboxItem:
            entity = builders.inbox_item(
                of.connection, received_at=T0 - seconds * SECOND, **overrides
            )
            receive(of, entity)
            return entity

        item(site, 60, batch_id=batch)
        item(site, 59, batch_id=batch, position=1)
        oldest = item(other_site, 200, attempts=2)
        item(site, 30)
        item(site, 29)
        item(site, 59, attempts=1)
        twice = item(site, 61, attempts=1)
        item(site, 500, state=InboxState.DONE)
        item(site, 500, state=InboxState.QUARANTINED)
        expected = [
            (other_site.hotel.id, oldest.connection_id),
            (site.hotel.id, twice.connection_id),
        ]
        with site.store.unit_of_work() as uow:
            assert list(uow.inbox.waiting(now=T0)) == expected

    def test_lists_due_items_of_a_connection_oldest_first(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def item(of: Connection, seconds: float, **overrides: Any) -> InboxItem:
            at = T0 - seconds * SECOND
            return builders.inbox_item(of, received_at=at, **overrides)

        of = site.connection
        new, second = item(of, 0), item(of, 1, kind=ItemKind.NOTIFICATION, body=bytes(5_000))
        tried = item(of, 120, attempts=2)
        others = [
            item(of, 59, attempts=1),
            item(of, 500, state=InboxState.DONE),
            item(of, 500, state=InboxState.QUARANTINED),
            item(site.add_connection(), 9),
        ]
        receive(site, new, second, tried, *others)
        receive(other_site, item(other_site.connection, 9))
        with site.store.unit_of_work() as uow:
            found = uow.inbox.due(site.hotel.id, of.id, now=T0, limit=9)
            expected = [(tried.id, 2), (second.id, 0), (new.id, 0)]
            assert [(each.id, each.attempts) for each in found] == expected
            assert [each.kind for each in found] == [tried.kind, second.kind, new.kind]
            assert all(0 < each.size <= 5_000 for each in found)
            assert len(uow.inbox.due(site.hotel.id, of.id, now=T0, limit=1)) == 1
            assert not uow.inbox.due(other_site.hotel.id, of.id, now=T0, limit=9)

    def test_takes_attempts_back(self, site: HotelFixture) -> None:
        first, second = (builders.inbox_item(site.connection, attempts=n) for n in (1, 2))
        receive(site, first, second)
        with site.store.unit_of_work() as uow:
            uow.inbox.uncount_attempts(site.hotel.id, [second.id])
            uow.inbox.uncount_attempts(site.hotel.id, [])
            uow.commit()
        assert [load(site, each).attempts for each in (first, second)] == [1, 1]

    @pytest.mark.parametrize(
        "suspended",
        [
            {"state": ConnectionState.PAUSED},
            {"state": ConnectionState.STOPPED},
            {"breaker": Breaker(failures=3, retry_at=T0 + SECOND)},
        ],
    )
    def test_skips_retried_batches_of_suspended_connections(
        self, site: HotelFixture, suspended: dict[str, object]
    ) -> None:
        of = site.add_connection(**suspended)
        tried = builders.inbox_item(of, received_at=T0 - DAY, attempts=1)
        fresh = builders.inbox_item(of, received_at=T0)
        receive(site, tried, fresh)
        with site.store.unit_of_work() as uow:
            assert list(uow.inbox.waiting(now=T0)) == []
            due = uow.inbox.due(site.hotel.id, of.id, now=T0, limit=9)
            assert [each.id for each in due] == [fresh.id]
            not_suspended = replace(of, state=ConnectionState.ACTIVE)
            uow.connections.save(not_suspended)
            later = T0 + 2 * SECOND
            assert list(uow.inbox.waiting(now=later)) == [(site.hotel.id, of.id)]
            assert len(uow.inbox.due(site.hotel.id, of.id, now=later, limit=9)) == 2

    def test_purges_only_done_items(self, site: HotelFixture) -> None:
        items = {
            state: builders.inbox_item(site.connection, state=state, received_at=T0 - DAY)
            for state in InboxState
        }
        recent = builders.inbox_item(site.connection, state=InboxState.DONE)
        again = builders.inbox_item(site.connection, state=InboxState.DONE, received_at=T0 - DAY)
        receive(site, *items.values(), recent, again)

        def purge() -> int:
            with site.store.unit_of_work() as uow:
                purged = uow.inbox.purge({site.hotel.id: T0}, each=1)
                uow.commit()
                return sum(purged.values())

        assert [purge(), purge(), purge()] == [1, 1, 0]
        stored = (items[InboxState.RECEIVED], items[InboxState.QUARANTINED], recent)
        assert [load(site, item) for item in stored] == list(stored)

    def test_lists_the_quarantine_oldest_first_in_pages(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        bad = [builders.full_inbox_item(site.connection) for _ in range(3)]
        receive(site, *reversed(bad), builders.inbox_item(site.connection))
        receive(other_site, builders.full_inbox_item(other_site.connection))
        wanted, find = QuarantineFilter(hotel_id=site.hotel.id), site.store.queries.quarantine
        listed = [item.listed() for item in bad]
        assert list(find(wanted, limit=9)) == listed
        assert {item.body_bytes for item in listed} == {len(bad[0].body)}
        assert list(find(wanted, limit=1)) == listed[:1]
        assert list(find(replace(wanted, after=bad[0].id), limit=9)) == listed[1:]
        assert list(find(replace(wanted, after=bad[2].id), limit=9)) == []

    def test_lists_the_quarantine_by_the_code_of_its_reasons(self, site: HotelFixture) -> None:
        codes = ("bad_id", "contradiction", "bad_id", "bad_id_2")
        bad = [
            replace(builders.full_inbox_item(site.connection), reason=Reason(code, None, "wrong"))
            for code in codes
        ]
        without = replace(builders.full_inbox_item(site.connection), reason=None)
        receive(site, *bad, without)
        wanted, find = QuarantineFilter(hotel_id=site.hotel.id), site.store.queries.quarantine
        of_id = replace(wanted, code="bad_id")
        assert list(find(of_id, limit=9)) == [bad[0].listed(), bad[2].listed()]
        assert list(find(replace(of_id, after=bad[0].id), limit=9)) == [bad[2].listed()]
        assert list(find(replace(wanted, code="unknown"), limit=9)) == []

    @pytest.mark.parametrize(
        ("conditions", "expected"),
        [
            ({}, {"B1", "B2", "G1", "old"}),
            ({"kind": ItemKind.GUEST}, {"G1"}),
            ({"provider": "other"}, {"B2"}),
            ({"code": "bad"}, {"B1"}),
            ({"external_id": "old"}, {"old"}),
            ({"received_before": T0}, {"old"}),
            ({"code": "bad", "kind": ItemKind.GUEST}, set()),
        ],
    )
    def test_discards_what_matches(
        self,
        site: HotelFixture,
        other_site: HotelFixture,
        conditions: dict[str, Any],
        expected: set[str],
    ) -> None:
        other = site.add_connection(provider="other")
        kept = {"state": InboxState.QUARANTINED, "outcome": ItemOutcome.QUARANTINED}
        reason = Reason("bad", None, "d")
        items = [
            builders.inbox_item(site.connection, external_id="B1", reason=reason, **kept),
            builders.inbox_item(other, external_id="B2", **kept),
            builders.inbox_item(site.connection, external_id="G1", kind=ItemKind.GUEST, **kept),
            builders.inbox_item(site.connection, external_id="old", received_at=T0 - HOUR, **kept),
            builders.inbox_item(site.connection, external_id="waiting"),
            builders.inbox_item(other_site.connection, external_id="B1", reason=reason, **kept),
        ]
        receive(site, *items)
        wanted = QuarantineFilter(hotel_id=site.hotel.id, **conditions)
        every = QuarantineFilter(hotel_id=site.hotel.id)
        with site.store.unit_of_work() as uow:
            assert uow.inbox.count_quarantined(wanted, limit=9) == len(expected)
            assert uow.inbox.count_quarantined(wanted, limit=1) == min(1, len(expected))
            assert uow.inbox.discard(wanted, limit=1) == min(1, len(expected))
            assert uow.inbox.discard(wanted, limit=9) == max(0, len(expected) - 1)
            uow.commit()
        left = {each.external_id for each in site.store.queries.quarantine(every, limit=9)}
        assert left == {"B1", "B2", "G1", "old"} - expected
        of_other = QuarantineFilter(hotel_id=other_site.hotel.id)
        assert len(site.store.queries.quarantine(of_other, limit=9)) == 1
        with site.store.unit_of_work() as uow:
            held = uow.inbox.load(site.hotel.id, [item.id for item in items])
        states = {each.external_id: (each.state, each.outcome) for each in held.values()}
        assert states["waiting"] == (InboxState.RECEIVED, None)
        for name in expected:
            assert states[name] == (InboxState.DONE, ItemOutcome.QUARANTINED)

    def test_discards_an_item_by_its_id(self, site: HotelFixture) -> None:
        items = [builders.inbox_item(site.connection, state=InboxState.QUARANTINED) for _ in "ab"]
        receive(site, *items)
        wanted = QuarantineFilter(hotel_id=site.hotel.id, item_id=items[0].id)
        for expected in (1, 0):
            with site.store.unit_of_work() as uow:
                assert uow.inbox.discard(wanted, limit=9) == expected
                uow.commit()

    def test_purges_the_quarantine_by_age(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        for of, ages in ((site, (3, 2, 0)), (other_site, (2,))):
            quarantined = (
                builders.inbox_item(
                    of.connection, state=InboxState.QUARANTINED, received_at=T0 - age * HOUR
                )
                for age in ages
            )
            waiting = builders.inbox_item(of.connection, received_at=T0 - 9 * HOUR)
            receive(of, *quarantined, waiting)
        expected = {site.hotel.id: 2, other_site.hotel.id: 1}
        with site.store.unit_of_work() as uow:
            assert uow.inbox.purge_quarantined(received_before=T0, limit=9) == expected
            assert uow.inbox.purge_quarantined(received_before=T0, limit=9) == {}
            uow.commit()
        every = QuarantineFilter(hotel_id=site.hotel.id)
        assert len(site.store.queries.quarantine(every, limit=9)) == 1

    def test_lists_the_quarantine_by_external_id(self, site: HotelFixture) -> None:
        bad = [
            replace(builders.full_inbox_item(site.connection), external_id=external_id)
            for external_id in ("B1", "B2", None, "B1")
        ]
        receive(site, *bad)
        wanted = QuarantineFilter(hotel_id=site.hotel.id, external_id="B1")
        listed = site.store.queries.quarantine(wanted, limit=9)
        assert list(listed) == [bad[0].listed(), bad[3].listed()]


class TestOutbox:
    def add(self, site: HotelFixture, *messages: OutboxMessage) -> None:
        with site.store.unit_of_work() as uow:
            uow.outbox.add(messages)
            uow.commit()

    def waiting(self, site: HotelFixture, limit: int = 9) -> Sequence[OutboxMessage]:
        with site.store.unit_of_work() as uow:
            return uow.outbox.next_batch(limit=limit)

    def deliver(self, site: HotelFixture, *ids: UUID) -> None:
        with site.store.unit_of_work() as uow:
            uow.outbox.mark_delivered(ids, now=T0)
            uow.commit()

    def postpone(
        self, site: HotelFixture, message: OutboxMessage, to: str = "crm", minutes: int = 0
    ) -> None:
        with site.store.unit_of_work() as uow:
            retry_at = T0 + minutes * MINUTE
            uow.outbox.postpone(message, to, error_code="down", retry_at=retry_at)
            uow.commit()

    def due(self, site: HotelFixture, limit: int = 9) -> list[tuple[OutboxMessage, str, int]]:
        with site.store.unit_of_work() as uow:
            found = uow.outbox.due_postponed(now=T0, limit=limit)
        return [(each.message, each.subscriber, each.attempts) for each in found]

    def test_keeps_the_order_of_insertion_whatever_the_ids(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        messages = [builders.outbox_message(of.hotel) for of in (site, other_site, site, site)]
        shuffled = [messages[n] for n in (2, 0, 3)]
        self.add(site, *shuffled)
        self.add(site, messages[1])
        assert self.waiting(site) == [*shuffled, messages[1]]
        assert self.waiting(site, 2) == shuffled[:2]

    def test_lists_each_message_until_it_is_delivered(self, site: HotelFixture) -> None:
        one, two = (builders.outbox_message(site.hotel) for _ in range(2))
        self.add(site, one, two)
        self.deliver(site, one.id, builders.new_id())
        assert self.waiting(site) == [two]
        self.deliver(site, two.id, two.id)
        assert self.waiting(site) == []

    def test_makes_the_next_message_of_a_key_due_with_the_delivery(
        self, site: HotelFixture
    ) -> None:
        first, other, second, third = (builders.outbox_message(site.hotel, key) for key in "abaa")
        self.add(site, first, other, second, third)
        for message, minutes in ((first, 0), (other, 9), (second, 9), (third, 0)):
            self.postpone(site, message, minutes=minutes)
        assert self.due(site) == [(first, "crm", 1)]
        with site.store.unit_of_work() as uow:
            uow.outbox.mark_postponed_delivered(first.id, "crm")
            uow.commit()
        assert self.due(site) == [(second, "crm", 1)]

    def test_lists_a_postponed_message_for_its_subscriber_when_due(
        self, site: HotelFixture
    ) -> None:
        message = builders.outbox_message(site.hotel)
        self.add(site, message)
        self.postpone(site, message, minutes=1)
        self.deliver(site, message.id)
        assert self.due(site) == []
        self.postpone(site, message)
        assert self.due(site) == [(message, "crm", 2)]
        assert self.waiting(site) == []
        with site.store.unit_of_work() as uow:
            uow.outbox.mark_postponed_delivered(message.id, "other")
            uow.outbox.mark_postponed_delivered(message.id, "crm")
            uow.commit()
        assert self.due(site) == []

    def test_later_messages_of_a_key_wait_for_the_oldest(self, site: HotelFixture) -> None:
        first, second, free = (builders.outbox_message(site.hotel, key) for key in "aab")
        self.add(site, first, second, free)
        self.postpone(site, second)
        self.postpone(site, free)
        self.postpone(site, first, minutes=1)
        assert self.due(site) == [(free, "crm", 1)]
        self.postpone(site, first)
        assert self.due(site) == [(first, "crm", 2), (free, "crm", 1)]
        assert self.due(site, limit=1) == [(first, "crm", 2)]

    def test_postpones_per_subscriber(self, site: HotelFixture) -> None:
        first, second = (builders.outbox_message(site.hotel, "a") for _ in range(2))
        self.add(site, first, second)
        self.postpone(site, first, to="crm", minutes=1)
        self.postpone(site, second, to="mail")
        assert self.due(site) == [(second, "mail", 1)]
        with site.store.unit_of_work() as uow:
            assert uow.outbox.postponed_keys("crm") == {"a"}
            assert uow.outbox.postponed_keys("mail") == {"a"}
            assert uow.outbox.postponed_keys("sms") == frozenset()

    def test_purges_fully_delivered_messages(self, site: HotelFixture) -> None:
        old, postponed, waiting = (builders.outbox_message(site.hotel, key) for key in "abc")
        self.add(site, old, postponed, waiting)
        self.postpone(site, postponed)
        self.deliver(site, old.id, postponed.id)

        def purge(before_minutes: int) -> int:
            with site.store.unit_of_work() as uow:
                before = T0 + before_minutes * MINUTE
                purged = uow.outbox.purge({site.hotel.id: before}, each=9)
                uow.commit()
                return sum(purged.values())

        assert [purge(0), purge(1), purge(1)] == [0, 1, 0]
        assert self.due(site) == [(postponed, "crm", 1)]
        assert self.waiting(site) == [waiting]

    def test_is_relayed_by_one_holder_at_a_time(self, site: HotelFixture) -> None:
        def lead(holder: str, seconds: int) -> bool:
            now = T0 + seconds * SECOND
            with site.store.unit_of_work() as uow:
                is_leader = uow.outbox.acquire_leader_lease(holder, now=now, until=now + MINUTE)
                uow.commit()
                return is_leader

        assert [lead("one", 0), lead("two", 59), lead("one", 59)] == [True, False, True]
        assert [lead("two", 118), lead("two", 120), lead("one", 121)] == [False, True, False]

    def test_is_counted_in_the_backlog_with_the_inbox(self, site: HotelFixture) -> None:
        first, second = (builders.outbox_message(site.hotel, "a") for _ in range(2))
        self.add(site, first, second)
        self.postpone(site, first)
        self.deliver(site, first.id)
        states = [*InboxState, InboxState.RECEIVED, InboxState.RECEIVED]
        receive(site, *(builders.inbox_item(site.connection, state=s) for s in states))
        assert site.store.queries.backlog() == {
            "outbox": 1,
            "inbox": 3,
            "quarantine": 1,
            "postponed": 1,
        }
        site.store.queries.ping()
        assert self.waiting(site, 1) == [second]
