from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from domain.breaker import Breaker
from domain.connection import ConnectionState
from domain.messages import (
    InboxItem,
    InboxOutcome,
    InboxState,
    ItemKind,
    ItemOutcome,
    OutboxMessage,
)
from domain.values import Reason
from tests import builders
from tests.builders import DAY, MINUTE, T0
from tests.contracts.conftest import HotelFixture

SECOND = MINUTE / 60
REASON = Reason("bad", None, builders.EDGE_TEXT)


def receive(place: HotelFixture, *items: InboxItem) -> None:
    with place.store.unit_of_work() as uow:
        uow.inbox.add(items)
        uow.commit()


def record_outcomes(place: HotelFixture, *inbox_outcomes: InboxOutcome) -> None:
    with place.store.unit_of_work() as uow:
        uow.inbox.record_outcomes(place.hotel.id, inbox_outcomes)
        uow.commit()


def load(place: HotelFixture, item: InboxItem) -> InboxItem | None:
    with place.store.unit_of_work() as uow:
        return uow.inbox.load(place.hotel.id, [item.id]).get(item.id)


def done(item: InboxItem) -> InboxOutcome:
    return InboxOutcome(item_id=item.id, state=InboxState.DONE, outcome=ItemOutcome.APPLIED)


class TestInbox:
    def test_gives_back_every_field(self, place: HotelFixture) -> None:
        full, minimal = (
            builders.full_inbox_item(place.connection),
            builders.inbox_item(place.connection),
        )
        assert builders.left_at_default(full) == []
        receive(place, full, minimal)
        with place.store.unit_of_work() as uow:
            ids = [full.id, minimal.id, builders.new_id()]
            assert uow.inbox.load(place.hotel.id, ids) == {full.id: full, minimal.id: minimal}
            assert uow.inbox.load(place.hotel.id, []) == {}

    @pytest.mark.parametrize("body", [b"", b"\0", bytes(300_000)])
    def test_gives_back_any_body(self, place: HotelFixture, body: bytes) -> None:
        item = builders.inbox_item(place.connection, body=body)
        receive(place, item)
        assert load(place, item) == item

    def test_opens_nothing_for_another_hotel(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        item = builders.inbox_item(place.connection)
        receive(place, item)
        assert load(elsewhere, item) is None
        record_outcomes(elsewhere, done(item))
        assert load(place, item) == item
        with place.store.unit_of_work() as uow:
            assert uow.inbox.batch(elsewhere.hotel.id, item.batch_id) == []

    def test_counts_attempts(self, place: HotelFixture, elsewhere: HotelFixture) -> None:
        item, other = (builders.inbox_item(place.connection, attempts=n) for n in (0, 3))
        receive(place, item, other)
        for of in (place, elsewhere):
            with of.store.unit_of_work() as uow:
                uow.inbox.count_attempts(of.hotel.id, [item.id, other.id])
                uow.inbox.count_attempts(of.hotel.id, [])
                uow.commit()
        assert load(place, item) == replace(item, attempts=1)
        assert load(place, other) == replace(other, attempts=4)

    def test_settles(self, place: HotelFixture) -> None:
        item, other = (builders.inbox_item(place.connection) for _ in range(2))
        receive(place, item, other)
        quarantined = InboxOutcome(
            item_id=item.id,
            state=InboxState.QUARANTINED,
            outcome=ItemOutcome.QUARANTINED,
            reason=REASON,
            external_id="B1",
        )
        record_outcomes(place, quarantined)
        held = load(place, item)
        assert held is not None
        assert (held.state, held.outcome, held.reason, held.external_id, held.attempts) == (
            InboxState.QUARANTINED,
            ItemOutcome.QUARANTINED,
            REASON,
            "B1",
            0,
        )
        record_outcomes(place, done(item))
        held = load(place, item)
        assert held is not None
        assert (held.state, held.outcome, held.reason, held.external_id, held.attempts) == (
            InboxState.DONE,
            ItemOutcome.APPLIED,
            None,
            "B1",
            0,
        )
        assert load(place, other) == other

    def test_keeps_the_order_of_a_batch(self, place: HotelFixture) -> None:
        batch = builders.new_id()
        items = [
            builders.inbox_item(place.connection, batch_id=batch, position=n) for n in (2, 0, 11, 1)
        ]
        receive(place, *items, builders.inbox_item(place.connection))
        with place.store.unit_of_work() as uow:
            positions = [item.position for item in uow.inbox.batch(place.hotel.id, batch)]
            assert uow.inbox.batch(place.hotel.id, builders.new_id()) == []
        assert positions == [0, 1, 2, 11]

    def test_knows_which_payloads_are_quarantined(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        def stored(of: HotelFixture, mark: str, state: InboxState = InboxState.QUARANTINED) -> None:
            receive(of, builders.inbox_item(of.connection, fingerprint=mark, state=state))

        stored(place, "a")
        stored(place, "a")
        stored(place, "waiting", InboxState.RECEIVED)
        stored(place, "done", InboxState.DONE)
        stored(elsewhere, "theirs")
        with place.store.unit_of_work() as uow:
            asked = ["a", "waiting", "done", "theirs", "never"]
            assert uow.inbox.quarantined_among(place.hotel.id, asked) == {"a"}
            assert uow.inbox.quarantined_among(place.hotel.id, []) == frozenset()

    def test_finds_the_dedup_keys_of_processed_notifications(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        def store(of: HotelFixture, key: str, state: InboxState = InboxState.DONE) -> None:
            notification = builders.inbox_item(
                of.connection, kind=ItemKind.NOTIFICATION, state=state, dedup_key=key
            )
            receive(of, notification)

        store(place, "done")
        store(place, "received", InboxState.RECEIVED)
        store(place, "quarantined", InboxState.QUARANTINED)
        store(elsewhere, "other hotel")
        receive(
            place,
            builders.inbox_item(
                place.connection,
                kind=ItemKind.NOTIFICATION,
                state=InboxState.DONE,
                external_id="external id",
            ),
        )
        with place.store.unit_of_work() as uow:
            keys = ["done", "received", "quarantined", "other hotel", "external id", "unknown"]
            assert uow.inbox.processed_dedup_keys(place.hotel.id, keys) == {"done"}
            assert uow.inbox.processed_dedup_keys(place.hotel.id, []) == frozenset()

    def test_stores_a_dedup_key_beside_the_external_id(self, place: HotelFixture) -> None:
        item = builders.inbox_item(place.connection, kind=ItemKind.NOTIFICATION, external_id="B1")
        receive(place, item)
        record_outcomes(place, replace(done(item), dedup_key="key"))
        stored = load(place, item)
        assert stored is not None
        assert (stored.external_id, stored.dedup_key) == ("B1", "key")
        record_outcomes(place, done(item))
        assert load(place, item) == stored

    def test_outdates_what_came_before_and_is_quarantined(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        def item(of: HotelFixture, **overrides: object) -> InboxItem:
            stored = {"state": InboxState.QUARANTINED, "external_id": "B1"}
            entity = builders.inbox_item(of.connection, **stored | overrides)
            receive(of, entity)
            return entity

        old, second = item(place), item(place, external_id="B2")
        others = [
            item(place, received_at=T0 + MINUTE),
            item(place, external_id="B3"),
            item(place, external_id=None),
            item(place, kind=ItemKind.GUEST),
            item(place, provider="other"),
            item(place, state=InboxState.RECEIVED),
        ]
        theirs = item(elsewhere)
        with place.store.unit_of_work() as uow:
            for ids in (["B1", "B2"], []):
                uow.inbox.mark_stale(
                    place.hotel.id, "scripted", ItemKind.BOOKING, ids, before=T0 + MINUTE
                )
            uow.commit()
        for each in (old, second):
            outdated = replace(each, state=InboxState.DONE, outcome=ItemOutcome.STALE)
            assert load(place, each) == outdated
        assert [load(place, each) for each in others] == others
        assert load(elsewhere, theirs) == theirs

    def test_gives_waiting_batches_oldest_first_with_doubling_pauses(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        batch = builders.new_id()

        def item(of: HotelFixture, seconds: float, **overrides: object) -> InboxItem:
            entity = builders.inbox_item(
                of.connection, received_at=T0 - seconds * SECOND, **overrides
            )
            receive(of, entity)
            return entity

        item(place, 60, batch_id=batch)
        item(place, 59, batch_id=batch, position=1)
        oldest = item(elsewhere, 200, attempts=2)
        at_once = item(place, 30)
        item(place, 29)
        item(place, 59, attempts=1)
        twice = item(place, 61, attempts=1)
        item(place, 500, state=InboxState.DONE)
        item(place, 500, state=InboxState.QUARANTINED)
        expected = [
            (elsewhere.hotel.id, oldest.batch_id),
            (place.hotel.id, twice.batch_id),
            (place.hotel.id, batch),
            (place.hotel.id, at_once.batch_id),
        ]
        with place.store.unit_of_work() as uow:
            assert list(uow.inbox.waiting(now=T0, limit=9)) == expected
            assert list(uow.inbox.waiting(now=T0, limit=1)) == expected[:1]

    @pytest.mark.parametrize(
        "suspended",
        [
            {"state": ConnectionState.PAUSED},
            {"state": ConnectionState.STOPPED},
            {"breaker": Breaker(failures=3, retry_at=T0 + SECOND)},
        ],
    )
    def test_skips_retried_batches_of_suspended_connections(
        self, place: HotelFixture, suspended: dict[str, object]
    ) -> None:
        of = place.add_connection(**suspended)
        tried, fresh = (
            builders.inbox_item(of, received_at=T0 - DAY, attempts=attempts) for attempts in (1, 0)
        )
        receive(place, tried, fresh)
        with place.store.unit_of_work() as uow:
            assert list(uow.inbox.waiting(now=T0, limit=9)) == [(place.hotel.id, fresh.batch_id)]
            not_suspended = replace(of, state=ConnectionState.ACTIVE)
            uow.connections.save(not_suspended)
            later = T0 + 2 * SECOND
            assert len(uow.inbox.waiting(now=later, limit=9)) == 2

    def test_purges_only_what_is_done(self, place: HotelFixture) -> None:
        items = {
            state: builders.inbox_item(place.connection, state=state, received_at=T0 - DAY)
            for state in InboxState
        }
        recent = builders.inbox_item(place.connection, state=InboxState.DONE)
        again = builders.inbox_item(place.connection, state=InboxState.DONE, received_at=T0 - DAY)
        receive(place, *items.values(), recent, again)

        def purge() -> int:
            with place.store.unit_of_work() as uow:
                purged = uow.inbox.purge(done_before=T0, limit=1)
                uow.commit()
                return purged

        assert [purge(), purge(), purge()] == [1, 1, 0]
        stored = (items[InboxState.RECEIVED], items[InboxState.QUARANTINED], recent)
        assert [load(place, item) for item in stored] == list(stored)

    def test_shows_the_quarantine_oldest_first_in_pages(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        bad = [builders.full_inbox_item(place.connection) for _ in range(3)]
        receive(place, *reversed(bad), builders.inbox_item(place.connection))
        receive(elsewhere, builders.full_inbox_item(elsewhere.connection))
        queries = place.store.queries
        assert list(queries.quarantine(place.hotel.id, limit=9)) == bad
        assert list(queries.quarantine(place.hotel.id, limit=1)) == bad[:1]
        assert list(queries.quarantine(place.hotel.id, limit=9, after=bad[0].id)) == bad[1:]
        assert list(queries.quarantine(place.hotel.id, limit=9, after=bad[2].id)) == []


class TestOutbox:
    def tell(self, place: HotelFixture, *messages: OutboxMessage) -> None:
        with place.store.unit_of_work() as uow:
            uow.outbox.add(messages)
            uow.commit()

    def waiting(self, place: HotelFixture, limit: int = 9) -> Sequence[OutboxMessage]:
        with place.store.unit_of_work() as uow:
            return uow.outbox.next_batch(limit=limit)

    def deliver(self, place: HotelFixture, *ids: UUID) -> None:
        with place.store.unit_of_work() as uow:
            uow.outbox.mark_delivered(ids, now=T0)
            uow.commit()

    def postpone(
        self, place: HotelFixture, message: OutboxMessage, to: str = "crm", minutes: int = 0
    ) -> None:
        with place.store.unit_of_work() as uow:
            retry_at = T0 + minutes * MINUTE
            uow.outbox.postpone(message, to, error_code="down", retry_at=retry_at)
            uow.commit()

    def due(self, place: HotelFixture, limit: int = 9) -> list[tuple[OutboxMessage, str, int]]:
        with place.store.unit_of_work() as uow:
            found = uow.outbox.due_postponed(now=T0, limit=limit)
        return [(each.message, each.subscriber, each.attempts) for each in found]

    def test_keeps_the_order_in_which_messages_were_added_whatever_their_ids(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        messages = [builders.outbox_message(of.hotel) for of in (place, elsewhere, place, place)]
        shuffled = [messages[n] for n in (2, 0, 3)]
        self.tell(place, *shuffled)
        self.tell(place, messages[1])
        assert self.waiting(place) == [*shuffled, messages[1]]
        assert self.waiting(place, 2) == shuffled[:2]

    def test_gives_each_message_until_it_is_delivered(self, place: HotelFixture) -> None:
        one, two = (builders.outbox_message(place.hotel) for _ in range(2))
        self.tell(place, one, two)
        self.deliver(place, one.id, builders.new_id())
        assert self.waiting(place) == [two]
        self.deliver(place, two.id, two.id)
        assert self.waiting(place) == []

    def test_gives_a_postponed_message_to_its_subscriber_when_due(
        self, place: HotelFixture
    ) -> None:
        message = builders.outbox_message(place.hotel)
        self.tell(place, message)
        self.postpone(place, message, minutes=1)
        self.deliver(place, message.id)
        assert self.due(place) == []
        self.postpone(place, message)
        assert self.due(place) == [(message, "crm", 2)]
        assert self.waiting(place) == []
        with place.store.unit_of_work() as uow:
            uow.outbox.mark_postponed_delivered(message.id, "other")
            uow.outbox.mark_postponed_delivered(message.id, "crm")
            uow.commit()
        assert self.due(place) == []

    def test_later_messages_of_a_key_wait_for_the_oldest(self, place: HotelFixture) -> None:
        first, second, free = (builders.outbox_message(place.hotel, key) for key in "aab")
        self.tell(place, first, second, free)
        self.postpone(place, second)
        self.postpone(place, free)
        self.postpone(place, first, minutes=1)
        assert self.due(place) == [(free, "crm", 1)]
        self.postpone(place, first)
        assert self.due(place) == [(first, "crm", 2), (free, "crm", 1)]
        assert self.due(place, limit=1) == [(first, "crm", 2)]

    def test_keeps_subscribers_apart(self, place: HotelFixture) -> None:
        first, second = (builders.outbox_message(place.hotel, "a") for _ in range(2))
        self.tell(place, first, second)
        self.postpone(place, first, to="crm", minutes=1)
        self.postpone(place, second, to="mail")
        assert self.due(place) == [(second, "mail", 1)]
        with place.store.unit_of_work() as uow:
            assert uow.outbox.postponed_keys("crm") == {"a"}
            assert uow.outbox.postponed_keys("mail") == {"a"}
            assert uow.outbox.postponed_keys("sms") == frozenset()

    def test_purges_fully_delivered_messages(self, place: HotelFixture) -> None:
        old, postponed, waiting = (builders.outbox_message(place.hotel, key) for key in "abc")
        self.tell(place, old, postponed, waiting)
        self.postpone(place, postponed)
        self.deliver(place, old.id, postponed.id)

        def purge(before_minutes: int) -> int:
            with place.store.unit_of_work() as uow:
                before = T0 + before_minutes * MINUTE
                purged = uow.outbox.purge(delivered_before=before, limit=9)
                uow.commit()
                return purged

        assert [purge(0), purge(1), purge(1)] == [0, 1, 0]
        assert self.due(place) == [(postponed, "crm", 1)]
        assert self.waiting(place) == [waiting]

    def test_is_relayed_by_one_holder_at_a_time(self, place: HotelFixture) -> None:
        def lead(holder: str, seconds: int) -> bool:
            now = T0 + seconds * SECOND
            with place.store.unit_of_work() as uow:
                is_leader = uow.outbox.acquire_leader_lease(holder, now=now, until=now + MINUTE)
                uow.commit()
                return is_leader

        assert [lead("one", 0), lead("two", 59), lead("one", 59)] == [True, False, True]
        assert [lead("two", 118), lead("two", 120), lead("one", 121)] == [False, True, False]

    def test_is_counted_in_the_backlog_with_the_inbox(self, place: HotelFixture) -> None:
        first, second = (builders.outbox_message(place.hotel, "a") for _ in range(2))
        self.tell(place, first, second)
        self.postpone(place, first)
        self.deliver(place, first.id)
        states = [*InboxState, InboxState.RECEIVED, InboxState.RECEIVED]
        receive(place, *(builders.inbox_item(place.connection, state=s) for s in states))
        assert place.store.queries.backlog() == {
            "outbox": 1,
            "inbox": 3,
            "quarantine": 1,
            "postponed": 1,
        }
        place.store.queries.ping()
        assert self.waiting(place, 1) == [second]
