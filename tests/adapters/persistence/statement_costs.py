"""What the product's own statements read: PostgreSQL explains each one before it runs."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

import psycopg
from psycopg import sql
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

from adapters.outbound.persistence.engine.postgres import PostgresSession
from adapters.outbound.persistence.engine.waits import DEFAULT_WAITS

EXPLAIN: Final = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
READS: Final = ("SELECT", "WITH")
WRITES: Final = ("INSERT", "UPDATE", "DELETE")
BOUNDED_BY_A_CAP: Final = "SELECT COUNT(*) FROM (SELECT 1 FROM inbox WHERE state = 'quarantined'"
"""Not measured: it counts the entries of an index up to the cap of the quarantine."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Buffers of 8 KiB, and descents from the root of an index."""

    buffers: int = 0
    descents: int = 0

    def __add__(self, other: Self) -> "Cost":
        return Cost(self.buffers + other.buffers, self.descents + other.descents)

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> "Cost":
        buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        return cls(buffers, sum(each.get("Index Searches", 0) for each in nodes(plan)))


@dataclass(slots=True)
class Meter:
    """`custom`: of plans for the given parameters. `generic`: of plans for any parameters, which
    the server may use for prepared statements; equal to `custom` for the others."""

    custom: Cost = Cost()
    generic: Cost = Cost()
    receiver: "Meter | None" = None
    known: dict[str, tuple[Cost, Cost]] = field(default_factory=dict)
    """Of statements explained before, custom and generic."""
    statements: list[tuple[int, str]] = field(default_factory=list)

    def most_expensive(self) -> list[str]:
        return [shown for _, shown in sorted(self.statements)[-2:]]

    @contextmanager
    def measuring(self) -> Iterator["Meter"]:
        """A meter of what runs meanwhile."""
        measured = Meter()
        self.receiver = measured
        yield measured
        self.receiver = None

    def session(self, url: str) -> PostgresSession:
        session = PostgresSession(url, DEFAULT_WAITS)
        connection: Any = session._connection
        connection.cursor_factory = lambda of, **named: _MeteredCursor(of, self, **named)
        session._cursor = connection.cursor()
        session._deferred_cursor = connection.cursor()
        return session


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


class _MeteredCursor(psycopg.Cursor[Any]):
    def __init__(self, connection: Any, meter: Meter, **named: Any) -> None:
        super().__init__(connection, **named)
        self._meter = meter

    def execute(self, query: Any, params: Any = None, **named: Any) -> Self:
        if str(query).split(None, 1)[0] in (*READS, *WRITES) and "pg_advisory" not in query:
            self._explain(query, params or (), named.get("prepare"))
        return super().execute(query, params, **named)

    def executemany(self, query: Any, params_seq: Any, **named: Any) -> None:
        for parameters in params_seq:
            self._explain(query, parameters, None)
        super().executemany(query, params_seq, **named)

    def _explain(self, query: str, parameters: Sequence[Any], prepare: bool | None) -> None:
        measured = self._meter.receiver
        if measured is None or query.lstrip().startswith(BOUNDED_BY_A_CAP):
            return
        known, key = self._meter.known, f"{query} {parameters}"
        if key not in known:
            known[key] = self._costs(query, parameters, prepare)
        custom, generic = known[key]
        measured.custom += custom
        measured.generic += generic
        measured.statements.append((generic.buffers, f"  {custom} {generic} {key}"))

    def _costs(
        self, query: str, parameters: Sequence[Any], prepare: bool | None
    ) -> tuple[Cost, Cost]:
        with psycopg.Cursor(self.connection) as cursor:
            with self.connection.transaction(force_rollback=True):
                cursor.execute(f"{EXPLAIN} {query}".encode(), parameters)
                custom = _cost(cursor)
            if prepare is False:
                return custom, custom
            with self.connection.transaction(force_rollback=True):
                return custom, _generic_cost(cursor, query, parameters)


def _generic_cost(cursor: psycopg.Cursor[Any], query: str, parameters: Sequence[Any]) -> Cost:
    """Prepared with the types of the driver, as the product's statements are."""
    prepared = PostgresQuery(Transformer(cursor))
    prepared.convert(query, parameters)
    known = cursor.adapters.types
    names = [known[oid].regtype if oid else "unknown" for oid in prepared.types]
    types, values = _listed(map(sql.SQL, names)), _listed(map(sql.Literal, parameters))
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute(
        sql.SQL("PREPARE metered{} AS ").format(types) + sql.SQL(prepared.query.decode())
    )
    cursor.execute(sql.SQL(f"{EXPLAIN} EXECUTE metered{{}}").format(values))
    cost = _cost(cursor)
    cursor.execute("DEALLOCATE metered")
    return cost


def _listed(parts: Iterable[sql.Composable]) -> sql.Composable:
    joined = sql.SQL(", ").join(parts)
    return sql.SQL("({})").format(joined) if list(joined) else joined


def _cost(cursor: psycopg.Cursor[Any]) -> Cost:
    [(plans,)] = cursor.fetchall()
    [document] = json.loads(plans) if isinstance(plans, str) else plans
    return Cost.of(document["Plan"])
