"""The second phase: the store and the delivered events against what was acknowledged."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from tests import raw_sql
from tests.kills.ledger import BookingWrites, Write, read_ledger

CANONICAL = "canonical"
_BOOKINGS = """
SELECT hotel_id, external_id, confirmation_number, version_sequence, total_minor, revision, status
FROM bookings WHERE provider = 'canonical'
"""
_OUTBOX = "SELECT hotel_id, type, ordering_key, body FROM outbox ORDER BY position"
_TRANSITIONS = """
SELECT b.hotel_id, b.provider, b.external_id, h.from_status, h.to_status
FROM status_history h JOIN bookings b ON b.hotel_id = h.hotel_id AND b.id = h.booking_id
"""


class StoredEvent(NamedTuple):
    """`hotel`: the slug of the row's hotel."""

    hotel: str
    type: str
    ordering_key: str
    event: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.event["id"])

    @property
    def version(self) -> int:
        return int(self.event["data"]["sourceVersion"]["sequence"])


@dataclass(slots=True)
class Verdict:
    """Each is a count of what must not be. `lost`: acknowledged, and not stored in this version or
    a newer one. `never_sent`: stored or published, but not sent. `doubled`: committed twice.
    `crossed`: content of one hotel at another."""

    lost: int = 0
    never_sent: int = 0
    doubled: int = 0
    crossed: int = 0
    without_event: int = 0
    undelivered: int = 0
    never_published: int = 0
    out_of_order: int = 0
    quarantined: int = 0
    unlike_the_vendor: int = 0

    @property
    def passed(self) -> bool:
        return not any(asdict(self).values())

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(**dict(Counter(asdict(self)) + Counter(asdict(other))))


class Verification:
    """Of one database at rest. `hotels`: slugs by id."""

    def __init__(self, url: str, hotels: Mapping[UUID, str]) -> None:
        self.url = url
        self.hotels = {hotel_id.hex: slug for hotel_id, slug in hotels.items()}

    def slug(self, hotel_id: Any) -> str:
        """SQLite has the id as a text."""
        return self.hotels[UUID(str(hotel_id)).hex]

    @cached_property
    def events(self) -> Sequence[StoredEvent]:
        return [
            StoredEvent(self.slug(hotel), kind, key, json.loads(body))
            for hotel, kind, key, body in raw_sql.read(self.url, _OUTBOX)
        ]

    def events_of(self, provider: str) -> Mapping[tuple[str, str], list[StoredEvent]]:
        """Of bookings, by hotel and external id, in order."""
        found: defaultdict[tuple[str, str], list[StoredEvent]] = defaultdict(list)
        for each in self.events:
            if each.type == "pms.booking.synced" and each.event["data"]["provider"] == provider:
                found[each.hotel, each.event["subject"]].append(each)
        return found

    # what partners pushed

    def check_pushed(self, ledger: Path) -> Verdict:
        """Stored, and nothing refused by the inbox or waiting in it."""
        writes = read_ledger(ledger)
        events = self.events_of(CANONICAL)
        rows = {(self.slug(row[0]), row[1]): row[2:] for row in self._stored_bookings()}
        return sum(
            (
                _check_booking(key, writes.get(key), rows.get(key), events.get(key, ()))
                for key in writes.keys() | rows.keys() | events.keys()
            ),
            self._check_inbox(),
        )

    def _stored_bookings(self) -> list[tuple[Any, ...]]:
        return raw_sql.read(self.url, _BOOKINGS)

    def _check_inbox(self) -> Verdict:
        statement = "SELECT COUNT(*) FROM inbox WHERE state <> 'done'"
        return Verdict(quarantined=int(raw_sql.one(self.url, statement)))

    # what was delivered

    def check_delivered(self, file: Path) -> Verdict:
        """At least once, in order per key and subscriber, nothing but what is in the outbox."""
        delivered = _delivered_events(file)
        first = {each["id"]: number for number, each in reversed(list(enumerate(delivered)))}
        stored = {each.id: each for each in self.events}
        by_key: defaultdict[str, list[int]] = defaultdict(list)
        for each in self.events:
            if each.id in first:
                by_key[each.ordering_key].append(first[each.id])
        return Verdict(
            doubled=len(self.events) - len(stored),
            undelivered=len(stored.keys() - first.keys()),
            never_published=len(first.keys() - stored.keys()),
            out_of_order=sum(a > b for places in by_key.values() for a, b in pairwise(places)),
            crossed=sum(self._is_crossed(each) for each in self.events),
        )

    def _is_crossed(self, stored: StoredEvent) -> bool:
        hotel_id = stored.event["data"]["hotelId"]
        prefix = f"/hotels/{hotel_id}/"
        return self.slug(hotel_id) != stored.hotel or prefix not in stored.event["source"]

    # what was synced

    def check_synced(
        self, hotel: str, provider: str, *, expected: Mapping[str, object], stored: object
    ) -> Verdict:
        """Bookings as the vendor has them; their events, without a gap, are their history."""
        events = {
            external_id: found
            for (slug, external_id), found in self.events_of(provider).items()
            if slug == hotel
        }
        history = self._transitions(hotel, provider)
        verdict = Verdict(unlike_the_vendor=int(stored != expected))
        for external_id in events.keys() | history.keys():
            verdict += _check_history(events.get(external_id, []), history.get(external_id, []))
        return verdict

    def _transitions(self, hotel: str, provider: str) -> Mapping[str, list[tuple[Any, Any]]]:
        found: defaultdict[str, list[tuple[Any, Any]]] = defaultdict(list)
        for hotel_id, of, external_id, before, after in self._history:
            if (self.slug(hotel_id), of) == (hotel, provider):
                found[external_id].append((before, after))
        return found

    @cached_property
    def _history(self) -> list[tuple[Any, ...]]:
        return raw_sql.read(self.url, _TRANSITIONS)


def _check_booking(
    key: tuple[str, str],
    writes: BookingWrites | None,
    row: tuple[Any, ...] | None,
    events: Iterable[StoredEvent],
) -> Verdict:
    """Each version has its own content, so each stored write has one event and one revision."""
    published = Counter(each.version for each in events)
    sent = writes.sent if writes else set()
    verdict = Verdict(
        doubled=sum(count - 1 for count in published.values()),
        never_sent=len(published.keys() - sent),
    )
    acknowledged = writes.acknowledged if writes else 0
    if row is None:
        verdict.lost = int(acknowledged > 0)
        verdict.without_event = len(published)
        return verdict
    mark, version, total, revision, _ = row
    verdict.lost = int(version < acknowledged)
    verdict.never_sent += int(version not in sent)
    verdict.crossed = int(mark != Write(*key, version).mark or total != (100 + version) * 100)
    verdict.without_event = abs(revision - published.total()) + int(version not in published)
    return verdict


def _check_history(events: Sequence[StoredEvent], history: Sequence[tuple[Any, Any]]) -> Verdict:
    """`created` once, then each change of status once, each from where the last one led."""
    changes = [each.event["data"] for each in events]
    moves = [(c["fromStatus"], c["status"]) for c in changes if c["transition"] is not None]
    created = sum(each["change"] == "created" for each in changes)
    is_gapless = all((b["fromStatus"] or b["status"]) == a["status"] for a, b in pairwise(changes))
    return Verdict(
        doubled=max(0, created - 1),
        without_event=int(Counter(moves) != Counter(history) or not is_gapless or not created),
    )


def _delivered_events(file: Path) -> list[dict[str, Any]]:
    """A line that its relay's death cut is no delivery; the event comes again."""
    events = []
    for line in file.read_bytes().split(b"\n"):
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events
