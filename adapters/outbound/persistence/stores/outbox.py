"""Events to deliver, in the order in which they were added."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import OUTBOX
from adapters.outbound.persistence.stores.purges import purge_before
from domain.messages import OutboxMessage
from domain.values import HotelId
from ports.messages import PostponedDelivery

_MESSAGE = "m.hotel_id, m.id, m.type, m.ordering_key, m.created_at, m.body"

_POSTPONE_SQL = """
    INSERT INTO postponed_deliveries AS p (hotel_id, message_id, subscriber, ordering_key, attempts,
        error_code, retry_at, position)
    VALUES (%s, %s, %s, %s, 1, %s, %s,
        (SELECT m.position FROM outbox m WHERE m.hotel_id = %s AND m.id = %s))
    ON CONFLICT (hotel_id, message_id, subscriber) DO UPDATE
    SET attempts = p.attempts + 1, error_code = excluded.error_code, retry_at = excluded.retry_at
"""

MOVED_AT_ONCE: Final = 5_000
_BEHIND_PAUSE: Final = timedelta(seconds=5)

_DUE = "FROM postponed_deliveries WHERE retry_at <= %s ORDER BY retry_at LIMIT %s"

# A message behind another one of its key becomes due with that one. Else each round would look at
# all that wait for a subscriber.
_MOVE_SQL = """
    UPDATE postponed_deliveries AS d SET retry_at = (
        SELECT CASE WHEN q.retry_at > %s THEN q.retry_at ELSE %s END
        FROM postponed_deliveries q
        WHERE q.subscriber = d.subscriber AND q.ordering_key = d.ordering_key
        ORDER BY q.position LIMIT 1)
    WHERE {due} AND EXISTS (
        SELECT 1 FROM postponed_deliveries q
        WHERE q.subscriber = d.subscriber AND q.ordering_key = d.ordering_key
        AND q.position < d.position)
"""

_WAKE_NEXT_SQL = """
    UPDATE postponed_deliveries SET retry_at = 0
    WHERE subscriber = %s AND position = (
        SELECT MIN(n.position) FROM postponed_deliveries d
        JOIN postponed_deliveries n ON n.subscriber = d.subscriber
            AND n.ordering_key = d.ordering_key AND n.position > d.position
        WHERE d.message_id = %s AND d.subscriber = %s)
"""

# Only the oldest message of a key, and only when it is due: later ones wait for it. Their number is
# that of all messages while a subscriber is down, so each is decided by indexes alone.
_DUE_POSTPONED_SQL = f"""
    SELECT {_MESSAGE}, p.subscriber, p.attempts
    FROM (
        SELECT * FROM postponed_deliveries d
        WHERE d.retry_at <= %s AND NOT EXISTS (
            SELECT 1 FROM postponed_deliveries q
            WHERE q.subscriber = d.subscriber AND q.ordering_key = d.ordering_key
            AND q.position < d.position)
        ORDER BY d.position LIMIT %s) p
    JOIN outbox m ON m.hotel_id = p.hotel_id AND m.id = p.message_id
    ORDER BY p.position
"""  # noqa: S608  # constant

_IS_DELIVERED = """m.delivered_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM postponed_deliveries p
    WHERE p.hotel_id = m.hotel_id AND p.message_id = m.id)
"""

_ACQUIRE_RELAY_LEASE_SQL = """
    INSERT INTO relay_leases AS l (name, holder, expires_at) VALUES ('relay', %s, %s)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE l.holder = excluded.holder OR l.expires_at <= %s
"""


@dataclass(frozen=True, slots=True)
class StoredOutbox:
    session: Session

    def add(self, messages: Sequence[OutboxMessage]) -> None:
        if messages:
            self.session.defer_insert(OUTBOX, [_row(message) for message in messages])

    def acquire_leader_lease(self, holder: str, *, now: datetime, until: datetime) -> bool:
        acquired = self.session.run(
            _ACQUIRE_RELAY_LEASE_SQL, (holder, micros_from_instant(until), micros_from_instant(now))
        )
        return acquired == 1

    def next_batch(self, *, limit: int) -> Sequence[OutboxMessage]:
        found = self.session.rows(
            f"SELECT {_MESSAGE} FROM outbox m WHERE m.delivered_at IS NULL "  # noqa: S608
            "ORDER BY m.position LIMIT %s",
            (limit,),
        )
        return [_message_from_row(row) for row in found]

    def mark_delivered(self, ids: Sequence[UUID], *, now: datetime) -> None:
        if ids:
            self.session.run(
                "UPDATE outbox SET delivered_at = %s WHERE delivered_at IS NULL "  # noqa: S608
                f"AND {self.session.in_condition('id', 'uuid')}",
                (micros_from_instant(now), self.session.in_parameter([each.hex for each in ids])),
            )

    def postpone(
        self, message: OutboxMessage, subscriber: str, *, error_code: str, retry_at: datetime
    ) -> None:
        key_columns = (message.hotel_id.hex, message.id.hex, subscriber)
        self.session.run(
            _POSTPONE_SQL,
            (
                *key_columns,
                message.ordering_key,
                error_code,
                micros_from_instant(retry_at),
                *key_columns[:2],
            ),
        )

    def postponed_keys(self, subscriber: str) -> frozenset[str]:
        found = self.session.rows(
            "SELECT DISTINCT ordering_key FROM postponed_deliveries WHERE subscriber = %s",
            (subscriber,),
        )
        return frozenset(key for (key,) in found)

    def due_postponed(self, *, now: datetime, limit: int) -> Sequence[PostponedDelivery]:
        instant = micros_from_instant(now)
        if not self.session.rows(f"SELECT 1 {_DUE}", (instant, 1)):  # constant
            return []
        later = micros_from_instant(now + _BEHIND_PAUSE)
        move = _MOVE_SQL.format(due=self.session.among(_DUE))
        self.session.run(move, (later, later, instant, MOVED_AT_ONCE))
        found = self.session.rows(_DUE_POSTPONED_SQL, (instant, limit))
        return [
            PostponedDelivery(_message_from_row(message), subscriber, attempts)
            for *message, subscriber, attempts in found
        ]

    def mark_postponed_delivered(self, message_id: UUID, subscriber: str) -> None:
        self.session.run(_WAKE_NEXT_SQL, (subscriber, message_id.hex, subscriber))
        self.session.run(
            "DELETE FROM postponed_deliveries WHERE message_id = %s AND subscriber = %s",
            (message_id.hex, subscriber),
        )

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        return purge_before(
            self.session, "outbox", "delivered_at", limits, each=each, condition=_IS_DELIVERED
        )

    def delete_delivered(self, hotel_id: HotelId, ordering_keys: Collection[str]) -> int:
        if not ordering_keys:
            return 0
        return self.session.run(
            "DELETE FROM outbox WHERE hotel_id = %s AND delivered_at IS NOT NULL "  # noqa: S608
            f"AND {self.session.in_condition('ordering_key', 'text')} "
            "AND id NOT IN (SELECT message_id FROM postponed_deliveries WHERE hotel_id = %s)",
            (hotel_id.hex, self.session.in_parameter(ordering_keys), hotel_id.hex),
        )


def _row(message: OutboxMessage) -> Row:
    """In the order of OUTBOX' columns."""
    return (
        message.hotel_id.hex,
        message.id.hex,
        message.type,
        message.ordering_key,
        micros_from_instant(message.created_at),
        message.body,
        None,
    )


def _message_from_row(row: Sequence[Any]) -> OutboxMessage:
    """`row`: the columns of `_MESSAGE`, in their order."""
    hotel_id, message_id, event_type, ordering_key, created_at, body = row
    return OutboxMessage(
        id=UUID(message_id),
        hotel_id=UUID(hotel_id),
        type=event_type,
        ordering_key=ordering_key,
        created_at=instant_from_micros(created_at),
        body=body,
    )
