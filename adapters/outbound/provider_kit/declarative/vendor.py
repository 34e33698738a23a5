"""The declaration of a vendor with an ordinary JSON API: what the adapter's author writes.

Paths are below the base URL; `{name}` stands for a setting of the connection, `{id}` for the id of
the requested object. A dot in a key leads into an object: `meta.updated_at`.

The vendor's API must have: bookings with a timestamp that every change makes newer, a list of them
that can be filtered by it, and single bookings by id, with 404 or 410 for deleted ones. No order is
required: a list in the order of its timestamps is read once, any other until a pass brings nothing
new (pull/changes.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from adapters.outbound.provider_kit.declarative.credentials import Credentials
from adapters.outbound.provider_kit.declarative.paging import Paging
from adapters.outbound.provider_kit.declarative.webhooks import Webhooks
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.messages import ItemKind
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    RatePlanRecord,
    RoomRecord,
    RoomTypeRecord,
)
from ports.providers import AccountReport, Capabilities, HotelContext, SettingSpec

HotelRecord: TypeAlias = RoomTypeRecord | RoomRecord | RatePlanRecord


def utc_seconds(instant: datetime) -> str:
    """`2026-06-01T04:00:00Z`, rounded down."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCall:
    """The hotel itself: verifies the credentials and gives id, name, time zone and currency."""

    path: str
    read: Callable[[Reader], AccountReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeclaration:
    """`items`: the key of the list in a response, empty if the response is the list. `count`: where
    the response counts its items or those of all pages, e.g. `meta.total`; an empty list with a
    higher count is an error."""

    path: str
    paging: Paging
    items: str = ""
    count: str = ""


def field_paths(path: str) -> tuple[tuple[str, ...], ...]:
    """Of a declared path like `property.id`; none of an empty one."""
    return (tuple(path.split(".")),) if path else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookings(ListDeclaration):
    """`one`: the path of a single booking; `item`: its key in the response. `query`: always sent
    with the list, e.g. its order. `stay_from` and `stay_to`: parameters that limit the list to
    stays overlapping these days; without them every full sync and reconcile reads all bookings.
    `overlap`: how far a delta looks back, for changes committed late under an earlier timestamp.
    `blank_is_null`: the vendor sends an empty text instead of null. `property`: where a booking
    names its property, e.g. `property.id`; bookings of another one are refused. Leave it empty only
    if the vendor's bookings do not name it. `max_records`: where the vendor's lists end without a
    sign; a full list is then read again by halves of its days, which needs `stay_from` and
    `stay_to`."""

    one: str
    read: Callable[[Reader, HotelContext], BookingSnapshot]
    item: str = ""
    id: str = "id"
    modified: str = "updated_at"
    modified_since: str = "updated_since"
    instant: Callable[[datetime], str] = utc_seconds
    query: Mapping[str, str] = field(default_factory=dict)
    stay_from: str | None = None
    stay_to: str | None = None
    overlap: timedelta = timedelta(minutes=10)
    blank_is_null: bool = False
    property: str = ""
    max_records: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability(ListDeclaration):
    """A list with an item per room type and day, requested for `days` at a time. `first` and
    `last`: the parameters for the first and the last day, both included. `property`: as of
    `Bookings`."""

    read: Callable[[Reader, HotelContext], AvailabilitySnapshot]
    first: str = "from"
    last: str = "to"
    days: int = 60
    property: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records(ListDeclaration):
    """A list of room types, rooms or rate plans."""

    read: Callable[[Reader], HotelRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorDeclaration:
    """`hosts`: the vendor's own; no others are called. `requests`: how many are allowed in any
    `seconds`; None for no limit. `delta_misses`, `retry_window`, `limits`, `id_fields`
    (besides the bookings' `id`), `sensitive_fields`: see ports.providers.Capabilities."""

    name: str
    title: str
    base_url: str
    hosts: frozenset[str]
    credentials: Credentials
    account: AccountCall
    bookings: Bookings
    availability: Availability | None = None
    records: tuple[Records, ...] = ()
    webhooks: Webhooks | None = None
    settings: tuple[SettingSpec, ...] = ()
    requests: int | None = None
    seconds: float = 60.0
    limits: str = ""
    day_use: bool = True
    delta_misses: tuple[str, ...] = ()
    retry_window: timedelta | None = None
    id_fields: frozenset[str] = frozenset()
    sensitive_fields: frozenset[str] = frozenset()

    @property
    def specs(self) -> tuple[SettingSpec, ...]:
        base = SettingSpec(
            name="base_url",
            help="address of the API",
            required=not self.base_url,
            default=self.base_url or None,
        )
        proof = self.webhooks.proof.specs if self.webhooks else ()
        return (*self.credentials.specs, *self.settings, *proof, base)

    @property
    def capabilities(self) -> Capabilities:
        kinds = {ItemKind.BOOKING} | ({ItemKind.AVAILABILITY} if self.availability else set())
        return Capabilities(
            name=self.name,
            title=self.title,
            kinds=frozenset(kinds),
            pulls=True,
            fetches_by_id=True,
            reports_deletions=True,
            webhooks=self.webhooks is not None,
            day_use=self.day_use,
            delta_misses=("deleted bookings: detected by the reconcile", *self.delta_misses),
            trust=self.webhooks.proof.description if self.webhooks else "",
            retry_window=self.retry_window,
            limits=self.limits,
            settings=self.specs,
            id_fields=self.id_fields | {".".join(self.bookings.id.split(".")[-2:])},
            list_cap=self.bookings.max_records,
            sensitive_fields=self.sensitive_fields,
        )


def window_query(bookings: Bookings, first: date, end: date) -> dict[str, str]:
    limits_by_query = {bookings.stay_from: first.isoformat(), bookings.stay_to: end.isoformat()}
    return {name: text for name, text in limits_by_query.items() if name is not None}
