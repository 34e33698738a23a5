"""Values that no reason, log line, event or job may hold, and where to look for them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import redis

from adapters.outbound.events.in_process_bus import InProcessEventBus, log_event
from adapters.outbound.jobs.rq_queue import RqJobQueue
from adapters.outbound.persistence.schema.models import MODELS
from adapters.outbound.persistence.schema.tables import TABLES
from application.events.relay_outbox import RelayOutbox
from entrypoints.wiring.container import Container
from entrypoints.wiring.subscribers import file_subscriber
from ports.job_queue import Job

NAME: Final = "Quastenberg"
PASSPORT: Final = "P9Q4711081"
TEXT: Final = (
    f"Zoltana {NAME}, {PASSPORT}, zq@quastenberg.example, 4111 1111 1111 1111, "
    "+43 660 4711081, eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0"
)
PLANTED: Final = (TEXT, NAME, PASSPORT)
"""Two of them look like codes."""
_TRACES: Final = re.compile(
    rb"quastenberg|p9q47|4111 ?1111|660 ?4711081|eyJhbGci|zoltana", re.IGNORECASE
)

PERSONAL_COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "bookings": frozenset({"document", "guest_email", "guest_id", "confirmation_number"}),
    "guests": frozenset({"document", "email"}),
    "booking_tombstones": frozenset({"document"}),
    "room_types": frozenset({"name", "description", "amenities"}),
    "rooms": frozenset({"number", "floor", "status"}),
    "rate_plans": frozenset({"name"}),
    "availability": frozenset({"counted_rooms"}),
}
"""Where what is received lives, unsealed: SECURITY.md has the operator encrypt the disk."""

_ID: Final = re.compile(
    r"(?:^|[a-z_])(?:ids?|ID|Ids?|IDs?|number|Number|code|Code)$|^bookings$|^(?:primaryKey|newValue)$"
)
"""Names of fields with ids, which identify entities everywhere: in paths of requests too."""
_CODES: Final = frozenset(
    {
        *("status", "state", "roomStatus", "source", "origin", "role", "kind", "basis"),
        *("currency", "AccountType", "event", "Discriminator", "topic", "type", "eventName"),
    }
)
"""Names of fields of codes: a value that looks like a code is shown there."""


@dataclass
class Evidence:
    """All that was written while values were planted."""

    logs: list[str] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    redis: bytes = b""
    events: bytes = b""
    rows: list[tuple[str, bytes]] = field(default_factory=list)

    def leaks(self) -> list[str]:
        """Where a canary was found, with what is around it."""
        texts = [
            *(("log", line.encode()) for line in self.logs),
            *(("response", text.encode()) for text in self.responses),
            ("redis", self.redis),
            *(("events file", line) for line in self.events.splitlines()),
            *self.rows,
        ]
        return sorted(
            {
                f"{where}: {text[max(0, found.start() - 80) : found.end() + 40]!r}"
                for where, text in texts
                if (found := _TRACES.search(text))
            }
        )


def collect(evidence: Evidence, container: Container, file: Path, redis_url: str) -> None:
    """Delivers the events to a file, puts the jobs into a queue, and reads all tables."""
    subscribers = {"file": file_subscriber(file), "log": log_event}
    bus = InProcessEventBus(subscribers)
    relay = RelayOutbox(container.unit_of_work, bus, container.clock, "canaries")
    while relay():
        pass
    evidence.events = file.read_bytes()
    evidence.rows = list(_unsealed_values(container))
    with redis.Redis.from_url(redis_url) as client:
        RqJobQueue(client).enqueue(evidence.jobs)
        evidence.redis = b"\n".join(_redis_values(client))


def planted(value: Any, chosen: int) -> Any:
    """The JSON value with a canary in one place, by number: in place of a value, beside it under a
    name of its own, or as a name."""
    places = list(_places(value, ""))
    path, name = places[chosen // len(PLANTED) % len(places)]
    canary = PLANTED[chosen % len(PLANTED)]
    return _replaced(value, path, TEXT if name in _CODES else canary)


def count_places(value: Any) -> int:
    return len(list(_places(value, ""))) * len(PLANTED)


def _places(value: Any, name: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, dict):
        yield ("+",), ""
        for key, inner in value.items():
            yield from (((key, *path), below) for path, below in _places(inner, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:2]):
            yield from (((index, *path), below) for path, below in _places(inner, name))
    elif not _ID.search(name):
        yield (), name


def _replaced(value: Any, path: Sequence[Any], canary: str) -> Any:
    if not path:
        return canary
    first, *rest = path
    if first == "+":
        return {**value, f"new {canary}": canary, canary: {canary: [canary]}}
    copy = value.copy()
    copy[first] = _replaced(value[first], rest, canary)
    return copy


_XML_VALUE: Final = re.compile(rb'(?<=[ :])([A-Za-z]+)="([^"]*)"|(?<=>)([^<>\s][^<>]*)(?=<)')


def planted_xml(document: bytes, chosen: int) -> bytes:
    """With a canary in place of an attribute's value or a text, or as an attribute's name."""
    places = [
        each
        for each in _XML_VALUE.finditer(document)
        if not _ID.search((each[1] or b"").decode()) and each[1] != b"xmlns"
    ]
    place = places[chosen // len(PLANTED) % len(places)]
    canary = PLANTED[chosen % len(PLANTED)]
    if place[1] is not None and place[1].decode().endswith(("Status", "Type", "Version")):
        canary = TEXT
    new = canary.encode() if place[1] is None else b'%s="%s"' % (place[1], canary.encode())
    if chosen % 7 == 0 and place[1] is not None:
        new = b'%s="%s"' % (NAME.encode(), place[2])
    return document[: place.start()] + new + document[place.end() :]


def planted_json(body: bytes, chosen: int) -> bytes:
    return json.dumps(planted(json.loads(body), chosen)).encode()


ERROR_BODIES: Final[Sequence[Callable[[], bytes]]] = tuple(
    lambda body=body: json.dumps(body).encode()  # type: ignore[misc]
    for body in (
        {"message": f"No guest {TEXT}", "code": NAME, "RequestId": PASSPORT},
        {"Message": TEXT, "Details": NAME, TEXT: NAME},
        {"success": False, "message": f"{TEXT} does not exist"},
        {"messages": [NAME, TEXT], "errors": [{"code": TEXT, "title": PASSPORT}]},
        {"type": TEXT, "title": NAME, "detail": TEXT, "o:errorCode": PASSPORT},
        {"error": NAME, "error_description": TEXT},
        {"error": {"message": TEXT, "errors": {NAME: [TEXT]}}},
        NAME,
        [TEXT],
    )
)


def _unsealed_values(container: Container) -> Iterator[tuple[str, bytes]]:
    tables = {table.name: table.columns for table in TABLES}
    for model in MODELS:
        meta = model._meta  # type: ignore[attr-defined]  # Peewee's
        tables[meta.table_name] = tuple(each.column_name for each in meta.sorted_fields)
    with container.store.unit_of_work() as uow:
        for table, columns in tables.items():
            shown = [c for c in columns if c not in PERSONAL_COLUMNS.get(table, ())]
            for row in uow.open_session.rows(f"SELECT {', '.join(shown)} FROM {table}", ()):
                for column, value in zip(shown, row, strict=True):
                    yield f"{table}.{column}", _as_bytes(value)


def _as_bytes(value: object) -> bytes:
    is_binary = isinstance(value, bytes | bytearray | memoryview)
    return bytes(value) if is_binary else str(value).encode()  # type: ignore[call-overload]


def _redis_values(client: "redis.Redis") -> Iterator[bytes]:
    for key in client.scan_iter("*"):
        yield key
        match client.type(key):
            case b"hash":
                yield from (b"%s=%s" % pair for pair in client.hgetall(key).items())
            case b"string":
                yield client.get(key) or b""
            case _:
                yield client.dump(key) or b""
