"""SQL and records of a table, built once from its definition: Peewee builds SQL in each call, which
is slower than running it in the database."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any

from adapters.outbound.persistence.engine.column_values import Row


@dataclass(frozen=True)
class Table:
    """Parameters are marked `%s`, in the order of `columns`. `column_types`: `type` or `type null`
    by name, in PostgreSQL's names, with the columns that the database fills (`bigserial`)."""

    name: str
    key: tuple[str, ...]
    column_types: Mapping[str, str]

    @classmethod
    def define(cls, name: str, key: tuple[str, ...], columns: str) -> "Table":
        """`columns`: names and types, separated by commas, as in CREATE TABLE."""
        return cls(name, key, dict(column.split(None, 1) for column in columns.split(",")))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.column_types.items() if kind != "bigserial")

    @cached_property
    def record(self) -> Callable[[Row], Any]:
        """A row of all `columns` as a named tuple."""
        make: Callable[[Row], Any] = attrgetter("_make")(namedtuple(self.name, self.columns))
        return make

    @cached_property
    def column_list(self) -> str:
        return ", ".join(self.columns)

    @cached_property
    def insert(self) -> str:
        placeholders = ", ".join(["%s"] * len(self.columns))
        return f"INSERT INTO {self.name} ({self.column_list}) VALUES ({placeholders})"  # noqa: S608

    @cached_property
    def upsert(self) -> str:
        """Inserts a row, or overwrites that with its key."""
        assigned = ", ".join(f"{column} = excluded.{column}" for column in self._value_columns)
        return f"{self.insert} ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {assigned}"

    @cached_property
    def overwrite(self) -> str:
        """Overwrites a row that still has the previous revision; see `overwrite_parameters`."""
        assigned = ", ".join(f"{column} = %s" for column in self._value_columns)
        key_condition = " AND ".join(f"{column} = %s" for column in self.key)
        return f"UPDATE {self.name} SET {assigned} WHERE {key_condition} AND revision = %s - 1"  # noqa: S608

    @cached_property
    def overwrite_parameters(self) -> Callable[[Row], Row]:
        columns = (*self._value_columns, *self.key, "revision")
        return itemgetter(*map(self.columns.index, columns))

    @cached_property
    def sort_key(self) -> Callable[[Row], Row]:
        """All writers use this order, so that no two of them deadlock."""
        return itemgetter(*map(self.columns.index, self.key))

    @cached_property
    def revision_index(self) -> int:
        return self.columns.index("revision")

    @cached_property
    def copy(self) -> str:
        return f"COPY {self.name} ({self.column_list}) FROM STDIN"

    @cached_property
    def staging(self) -> "StagingTable":
        return StagingTable(self)

    @property
    def _value_columns(self) -> Sequence[str]:
        return [column for column in self.columns if column not in self.key]


class StagingTable:
    """PostgreSQL: rows are copied to a temporary table, then overwrite the stored ones at once."""

    def __init__(self, table: Table) -> None:
        name = f"staging_{table.name}"
        key_condition = " AND ".join(f"t.{column} = s.{column}" for column in table.key)
        join = f"{key_condition} AND t.revision = s.revision - 1"
        order = ", ".join(f"t.{column}" for column in table.key)
        assigned = ", ".join(
            f"{column} = s.{column}" for column in table.columns if column not in table.key
        )
        self.create = (
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} (LIKE {table.name}) ON COMMIT DELETE ROWS"
        )
        self.clear = f"DELETE FROM {name}"  # noqa: S608
        self.copy = f"COPY {name} ({table.column_list}) FROM STDIN"
        self.lock = (
            f"SELECT 1 FROM {name} s JOIN {table.name} t ON {join} "  # noqa: S608
            f"ORDER BY {order} FOR UPDATE OF t"
        )
        self.overwrite = f"UPDATE {table.name} t SET {assigned} FROM {name} s WHERE {join}"  # noqa: S608
