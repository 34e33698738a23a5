"""Every sealed column, and sealing its values anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema import guest_rows
from adapters.outbound.persistence.stores import connections, erasures, inbox, vendor_errors
from ports.errors import Unsealable
from ports.sealing import ResealedBatch, ResealPosition
from ports.system import Sealer


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`key`: in the order in which all writers lock rows. `context` takes the columns `owner`."""

    table: str
    name: str
    key: tuple[str, ...]
    owner: tuple[str, ...]
    context: Callable[..., str]

    def select(self, prefix_length: int, *, is_first: bool) -> str:
        """Parameters: the newest prefix, the key to start after, the limit."""
        columns = ", ".join((*self.key, *self.owner, self.name))
        key = ", ".join(self.key)
        after = "" if is_first else f"AND ({key}) > ({', '.join(['%s'] * len(self.key))}) "
        return (
            f"SELECT {columns} FROM {self.table} WHERE {self.name} IS NOT NULL "  # noqa: S608
            f"AND substr({self.name}, 1, {prefix_length}) <> %s {after}ORDER BY {key} LIMIT %s"
        )

    @property
    def update(self) -> str:
        """Parameters: the new value, the key, the old value."""
        key = " AND ".join(f"{column} = %s" for column in self.key)
        return f"UPDATE {self.table} SET {self.name} = %s WHERE {key} AND {self.name} = %s"  # noqa: S608


_ID: Final = ("hotel_id", "id")
SEALED_COLUMNS: Final = (
    SealedColumn("connections", "sealed_secrets", _ID, _ID, connections.seal_context),
    SealedColumn(
        "guests",
        "sealed_document_number",
        ("hotel_id", "provider", "external_id"),
        _ID,
        guest_rows.seal_context,
    ),
    SealedColumn("inbox", "sealed_body", _ID, _ID, inbox.seal_context),
    SealedColumn(
        "vendor_error_texts",
        "sealed_text",
        ("hotel_id", "subject_id"),
        ("hotel_id", "connection_id", "subject_id"),
        vendor_errors.seal_context,
    ),
    SealedColumn("erasure_keys", "sealed_key", _ID[:1], _ID[:1], erasures.seal_context),
)


@dataclass(frozen=True, slots=True)
class StoredSealedValues:
    session: Session
    sealer: Sealer

    def reseal(self, after: ResealPosition | None, *, limit: int) -> ResealedBatch:
        tables = [column.table for column in SEALED_COLUMNS]
        first = tables.index(after[0]) if after else 0
        key = after[1] if after else ()
        for column in SEALED_COLUMNS[first:]:
            if rows := self._old_values(column, key, limit):
                return self._reseal(column, rows)
            key = ()
        return ResealedBatch()

    def _old_values(
        self, column: SealedColumn, after: tuple[str, ...], limit: int
    ) -> Sequence[tuple[Any, ...]]:
        prefix = self.sealer.newest_prefix
        select = column.select(len(prefix), is_first=not after)
        return self.session.rows(select, (prefix, *after, limit))

    def _reseal(self, column: SealedColumn, rows: Sequence[tuple[Any, ...]]) -> ResealedBatch:
        width = len(column.key)
        changes = []
        for row in rows:
            key, owner, sealed = row[:width], row[width:-1], bytes(row[-1])
            try:
                changes.append((self._sealed_anew(column, owner, sealed), *key, sealed))
            except Unsealable:
                continue
        self.session.run_many(column.update, changes)
        unreadable = len(rows) - len(changes)
        return ResealedBatch(len(changes), unreadable, (column.table, tuple(rows[-1][:width])))

    def _sealed_anew(self, column: SealedColumn, owner: Sequence[str], sealed: bytes) -> bytes:
        context = column.context(*map(UUID, owner))
        return self.sealer.seal(self.sealer.open(sealed, bound_to=context), bound_to=context)
