"""The sizes of bookings, guests and inbox bodies, in columns, so that lists need not read contents.

Earlier versions leave the columns of the rows that they write as they are: sizes count where
`size_revision` is the row's revision. The bodies of the inbox are sealed, so that those stored
before have no size.
"""

import json
from typing import Any

BATCH = 500
SIZES = ("size_revision bigint", "document_bytes integer", "extra_count integer")
LISTS = ("room_count", "price_count", "occupancy_count", "party_count")
COLUMNS = (
    *(("bookings", each) for each in SIZES),
    *(("bookings", f"{each} integer") for each in LISTS),
    *(("guests", each) for each in SIZES),
    ("inbox", "body_bytes integer"),
)
OCCUPANCY, PRICES = 8, 9
"""Positions in a stored room."""


def up(_migrator: Any, db: Any) -> None:
    for table, column in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    _count(db, "bookings", ("extra_count", *LISTS), _booking_counts)
    _count(db, "guests", ("extra_count",), _guest_counts)


def down(_migrator: Any, db: Any) -> None:
    for table, column in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column.partition(' ')[0]}")


def _count(db: Any, table: str, columns: tuple[str, ...], counts_of: Any) -> None:
    key, mark = "hotel_id, provider, external_id", db.param
    assigned = ", ".join(f"{column} = {mark}" for column in ("document_bytes", *columns))
    update = (
        f"UPDATE {table} SET size_revision = revision, {assigned}"  # noqa: S608  # constants
        f" WHERE hotel_id = {mark} AND provider = {mark} AND external_id = {mark}"
    )
    after: tuple[Any, ...] = ()
    while True:
        where = f"WHERE ({key}) > ({mark}, {mark}, {mark})" if after else ""
        rows = db.execute_sql(
            f"SELECT {key}, document FROM {table} {where} ORDER BY {key} LIMIT {BATCH}",  # noqa: S608
            after,
        ).fetchall()
        if not rows:
            return
        counted = [
            (len(document.encode()), *counts_of(json.loads(document)), *found)
            for *found, document in rows
        ]
        db.cursor().executemany(update, counted)
        after = tuple(rows[-1][:3])


def _booking_counts(document: dict[str, Any]) -> tuple[int, ...]:
    rooms = document["rooms"]
    return (
        len(document.get("extras", ())),
        len(rooms),
        sum(len(room[PRICES]) for room in rooms),
        sum(len(room[OCCUPANCY]) for room in rooms),
        len(document.get("further_guests", ())),
    )


def _guest_counts(document: dict[str, Any]) -> tuple[int, ...]:
    return (len(document.get("extras", ())),)
