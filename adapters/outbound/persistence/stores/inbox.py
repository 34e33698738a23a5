"""Received items, their bodies compressed and sealed."""

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    micros_from_instant,
    optional_text,
)
from adapters.outbound.persistence.engine.conditions import Conditions
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import INBOX
from adapters.outbound.persistence.stores.purges import purge_before
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome, ListedItem
from domain.precedence import Channel
from domain.values import ConnectionId, HotelId, Reason
from ports.errors import Unsealable
from ports.messages import DueItem, Entities, OutdatedItems, QuarantineFilter
from ports.system import Sealer

SELECT = f"SELECT {INBOX.column_list} FROM inbox"  # noqa: S608  # constant
LIST = SELECT.replace("sealed_body", "NULL")
"""Rows for `listed_item`: payloads are not read."""
CHECKED_BYTES = 64 * 1024
CHECKED_LIST = SELECT.replace(
    "sealed_body", f"CASE WHEN LENGTH(sealed_body) <= {CHECKED_BYTES} THEN sealed_body END"
)
"""Rows for `checked_item`: payloads of usual size are read, to see whether they can be opened."""

_RECORD_OUTCOME_SQL = (
    "UPDATE inbox SET state = %s, outcome = %s, reason_code = %s, reason_path = %s, "
    "reason_detail = %s, external_id = COALESCE(%s, external_id), "
    "dedup_key = COALESCE(%s, dedup_key) "
    "WHERE hotel_id = %s AND id = %s"
)

# New, or due 30 s * 2^attempts after the arrival.
_IS_DUE = """
    (attempts = 0 OR received_at <= %s - (CAST(30000000 AS bigint)
            << CASE WHEN attempts < 30 THEN attempts ELSE 30 END)
        AND NOT EXISTS (
            SELECT 1 FROM connections c
            WHERE c.hotel_id = inbox.hotel_id AND c.id = inbox.connection_id
            AND (c.state IN ('paused', 'stopped') OR c.breaker_retry_at > %s)))
"""

_WAITING_SQL = f"""
    SELECT hotel_id, connection_id FROM inbox
    WHERE state = 'received' AND received_at <= %s - 30000000 AND {_IS_DUE}
    GROUP BY hotel_id, connection_id
    ORDER BY MIN(received_at), MIN(CAST(id AS text))
"""  # noqa: S608  # constant

_DUE_SQL = f"""
    SELECT id, kind, attempts, COALESCE(body_bytes, LENGTH(sealed_body)) FROM inbox
    WHERE hotel_id = %s AND connection_id = %s AND state = 'received' AND {_IS_DUE}
    ORDER BY received_at, id LIMIT %s
"""  # noqa: S608  # constant

_OLD_QUARANTINED = (
    "FROM inbox WHERE state = 'quarantined' AND received_at < %s ORDER BY received_at LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class StoredInbox:
    session: Session
    sealer: Sealer

    def add(self, items: Sequence[InboxItem]) -> None:
        if items:
            self.session.defer_insert(INBOX, [_row(item, self.sealer) for item in items])

    def load(self, hotel_id: HotelId, ids: Collection[UUID]) -> Mapping[UUID, InboxItem]:
        if not ids:
            return {}
        found = self.session.rows(
            f"{SELECT} WHERE hotel_id = %s AND {self.session.in_condition('id', 'uuid')} "
            f"ORDER BY id {self.session.for_update}",
            (hotel_id.hex, self.session.in_parameter([each.hex for each in ids])),
        )
        items = (item_of(row, self.sealer) for row in found)
        return {item.id: item for item in items}

    def count_attempts(self, hotel_id: HotelId, ids: Collection[UUID]) -> None:
        self._add_attempts(hotel_id, ids, 1)

    def uncount_attempts(self, hotel_id: HotelId, ids: Collection[UUID]) -> None:
        self._add_attempts(hotel_id, ids, -1)

    def _add_attempts(self, hotel_id: HotelId, ids: Collection[UUID], number: int) -> None:
        if ids:
            self.session.run_many(
                "UPDATE inbox SET attempts = attempts + %s WHERE hotel_id = %s AND id = %s",
                [(number, hotel_id.hex, each.hex) for each in sorted(ids)],
            )

    def record_outcomes(self, hotel_id: HotelId, decided: Sequence[InboxItem]) -> None:
        if decided:
            ordered = sorted(decided, key=lambda each: each.id)
            self.session.run_many(
                _RECORD_OUTCOME_SQL, [_outcome_parameters(hotel_id, each) for each in ordered]
            )
        if erased := [each for each in decided if each.is_erased]:
            self.session.run_many(
                "UPDATE inbox SET sealed_body = %s, body_bytes = %s, "
                "external_id = CASE kind WHEN 'guest' THEN NULL ELSE external_id END "
                "WHERE hotel_id = %s AND id = %s",
                [
                    (_seal_body(each, self.sealer), len(each.body), hotel_id.hex, each.id.hex)
                    for each in erased
                ],
            )

    def batch(self, hotel_id: HotelId, batch_id: UUID) -> Sequence[InboxItem]:
        found = self.session.rows(
            f"{SELECT} WHERE hotel_id = %s AND batch_id = %s ORDER BY position, id",
            (hotel_id.hex, batch_id.hex),
        )
        return [item_of(row, self.sealer) for row in found]

    def quarantined_of(self, entities: Entities, *, limit: int) -> Sequence[InboxItem]:
        found = self.session.rows(
            f"{SELECT} WHERE hotel_id = %s AND provider = %s AND state = 'quarantined' "
            f"AND {self.session.in_condition('external_id', 'text')} AND kind = %s "
            f"ORDER BY received_at, id LIMIT %s {self.session.for_update}",
            (
                entities.hotel_id.hex,
                entities.provider,
                self.session.in_parameter(entities.external_ids),
                str(entities.kind),
                limit,
            ),
        )
        return list(_openable_items(found, self.sealer))

    def page(
        self, hotel_id: HotelId, provider: str, *, after: UUID | None, limit: int
    ) -> Sequence[InboxItem]:
        found = self.session.rows(
            f"{SELECT} WHERE hotel_id = %s AND provider = %s AND id > %s ORDER BY id LIMIT %s",
            (hotel_id.hex, provider, (after or UUID(int=0)).hex, limit),
        )
        return [item_of(row, self.sealer) for row in found]

    def quarantined_among(self, hotel_id: HotelId, fingerprints: Collection[str]) -> frozenset[str]:
        return self._matching_values(hotel_id, "fingerprint", fingerprints, "state = 'quarantined'")

    def processed_dedup_keys(self, hotel_id: HotelId, keys: Collection[str]) -> frozenset[str]:
        return self._matching_values(hotel_id, "dedup_key", keys, "state = 'done'")

    def _matching_values(
        self, hotel_id: HotelId, column: str, values: Collection[str], condition: str
    ) -> frozenset[str]:
        """The `values` found in rows that meet `condition`, which is that of an index."""
        if not values:
            return frozenset()
        found = self.session.rows(
            f"SELECT {column} FROM inbox WHERE hotel_id = %s AND {condition} "  # noqa: S608
            f"AND {self.session.in_condition(column, 'text')}",
            (hotel_id.hex, self.session.in_parameter(values)),
        )
        return frozenset(value for (value,) in found)

    def mark_stale(self, outdated: OutdatedItems) -> None:
        if outdated.external_ids:
            owner = (outdated.hotel_id.hex, outdated.provider, str(outdated.kind))
            external_ids = self.session.in_parameter(outdated.external_ids)
            self.session.defer(
                "UPDATE inbox SET state = 'done', outcome = 'stale' "  # noqa: S608
                "WHERE hotel_id = %s AND state = 'quarantined' AND provider = %s AND kind = %s "
                f"AND received_at < %s AND {self.session.in_condition('external_id', 'text')}",
                [(*owner, micros_from_instant(outdated.before), external_ids)],
            )

    def discard(self, wanted: QuarantineFilter, *, limit: int) -> int:
        where = quarantine_conditions(wanted)
        return self.session.run(
            "UPDATE inbox SET state = 'done' "  # noqa: S608  # columns are constants
            "WHERE hotel_id = %s AND state = 'quarantined' AND id IN "
            f"(SELECT id FROM inbox WHERE {where} ORDER BY id LIMIT %s)",
            (wanted.hotel_id.hex, *where.parameters, limit),
        )

    def count_quarantined(self, wanted: QuarantineFilter, *, limit: int) -> int:
        where = quarantine_conditions(wanted)
        # No column is selected, so that an index alone answers: every webhook asks.
        [(count,)] = self.session.rows(
            "SELECT COUNT(*) FROM "  # noqa: S608  # columns are constants
            f"(SELECT 1 FROM inbox WHERE {where} LIMIT %s) found",
            (*where.parameters, limit),
        )
        return int(count)

    def waiting(self, *, now: datetime) -> Sequence[tuple[HotelId, ConnectionId]]:
        found = self.session.rows(_WAITING_SQL, [micros_from_instant(now)] * 3)
        return [(UUID(hotel), UUID(connection)) for hotel, connection in found]

    def due(
        self, hotel_id: HotelId, connection_id: ConnectionId, *, now: datetime, limit: int
    ) -> Sequence[DueItem]:
        instant = micros_from_instant(now)
        found = self.session.rows(
            _DUE_SQL, (hotel_id.hex, connection_id.hex, instant, instant, limit)
        )
        return [
            DueItem(UUID(row_id), ItemKind(kind), attempts, size)
            for row_id, kind, attempts, size in found
        ]

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        return purge_before(
            self.session, "inbox", "received_at", limits, each=each, condition="m.state = 'done'"
        )

    def purge_quarantined(self, *, received_before: datetime, limit: int) -> Mapping[HotelId, int]:
        found = self.session.rows(
            "DELETE FROM inbox WHERE state = 'quarantined' "  # noqa: S608  # constant
            f"AND {self.session.among(_OLD_QUARANTINED)} RETURNING hotel_id",
            (micros_from_instant(received_before), limit),
        )
        return Counter(UUID(hotel_id) for (hotel_id,) in found)


def quarantine_conditions(wanted: QuarantineFilter) -> Conditions:
    before, where = wanted.received_before, Conditions()
    where.require("state = 'quarantined'")
    where.require("hotel_id = %s", wanted.hotel_id.hex)
    where.require_equal("provider", wanted.provider)
    where.require_equal("kind", wanted.kind and str(wanted.kind))
    where.require_equal("reason_code", wanted.code)
    where.require_equal("external_id", wanted.external_id)
    where.require_equal("id", wanted.item_id and wanted.item_id.hex)
    if before is not None:
        where.require("received_at < %s", micros_from_instant(before))
    if wanted.after is not None:
        where.require("id > %s", wanted.after.hex)
    return where


def item_of(row: Row, sealer: Sealer) -> InboxItem:
    """From all of INBOX' columns. Raises Unsealable."""
    record = INBOX.record(row)
    context = seal_context(UUID(record.hotel_id), UUID(record.id))
    body = zlib.decompress(sealer.open(record.sealed_body, bound_to=context))
    return InboxItem(**_entry_fields(record), body=body)


def listed_item(row: Row) -> ListedItem:
    """From a row of `LIST`."""
    record = INBOX.record(row)
    return ListedItem(**_entry_fields(record), body_bytes=record.body_bytes)


def checked_item(row: Row, sealer: Sealer) -> ListedItem:
    """From a row of `CHECKED_LIST`."""
    sealed = INBOX.record(row).sealed_body
    item = listed_item(row)
    if sealed is None:
        return replace(item, is_readable=None)
    try:
        sealer.open(sealed, bound_to=seal_context(item.hotel_id, item.id))
    except Unsealable:
        return replace(item, is_readable=False)
    return item


def _openable_items(rows: Iterable[Row], sealer: Sealer) -> Iterator[InboxItem]:
    for row in rows:
        with suppress(Unsealable):
            yield item_of(row, sealer)


def _entry_fields(record: Any) -> dict[str, Any]:
    return {
        "id": UUID(record.id),
        "hotel_id": UUID(record.hotel_id),
        "connection_id": UUID(record.connection_id),
        "provider": record.provider,
        "kind": ItemKind(record.kind),
        "channel": Channel(record.channel),
        "received_at": instant_from_micros(record.received_at),
        "correlation_id": record.correlation_id,
        "batch_id": UUID(record.batch_id),
        "position": record.position,
        "fingerprint": record.fingerprint,
        "state": InboxState(record.state),
        "outcome": None if record.outcome is None else ItemOutcome(record.outcome),
        "reason": _reason_of(record),
        "external_id": record.external_id,
        "dedup_key": record.dedup_key,
        "attempts": record.attempts,
    }


def _reason_of(record: Any) -> Reason | None:
    if record.reason_code is None:
        return None
    return Reason(record.reason_code, record.reason_path, record.reason_detail)


def _seal_body(item: InboxItem, sealer: Sealer) -> bytes:
    context = seal_context(item.hotel_id, item.id)
    return sealer.seal(zlib.compress(item.body, 1), bound_to=context)


def _row(item: InboxItem, sealer: Sealer) -> Row:
    """In the order of INBOX' columns."""
    return (
        item.hotel_id.hex,
        item.id.hex,
        item.connection_id.hex,
        item.provider,
        str(item.kind),
        str(item.channel),
        micros_from_instant(item.received_at),
        item.correlation_id,
        _seal_body(item, sealer),
        item.batch_id.hex,
        item.position,
        item.fingerprint,
        str(item.state),
        None if item.outcome is None else str(item.outcome),
        *_reason_columns(item.reason),
        optional_text(item.external_id),
        item.dedup_key,
        item.attempts,
        len(item.body),
    )


def seal_context(hotel_id: HotelId, item_id: UUID) -> str:
    return f"inbox/{hotel_id}/{item_id}"


def _reason_columns(reason: Reason | None) -> Row:
    if reason is None:
        return None, None, None
    return reason.code, optional_text(reason.path), optional_text(reason.detail)


def _outcome_parameters(hotel_id: HotelId, item: InboxItem) -> Row:
    return (
        str(item.state),
        None if item.outcome is None else str(item.outcome),
        *_reason_columns(item.reason),
        optional_text(item.external_id),
        item.dedup_key,
        hotel_id.hex,
        item.id.hex,
    )
