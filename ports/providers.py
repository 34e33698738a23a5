"""The provider port: a plug-in that maps its vendor's payloads and calls its vendor's API.

In bulk: pages and batches. A client belongs to one connection and is used by one thread at a time.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

from domain.messages import ItemKind
from domain.snapshots import HotelRecords, Snapshot
from domain.sync_run import SyncKind, TransportCounts
from domain.values import DateRange, Reason
from ports.renamed import accepts_former_fields, accepts_old_fields, renamed_attributes
from ports.system import Clock, Randomness, Secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """One setting of a connection; `secret` ones are sealed and never shown again."""

    name: str
    help: str
    secret: bool = False
    required: bool = True
    default: str | None = None


@accepts_old_fields(tells_deletion="reports_deletions")
@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this vendor supports, shown by `pms provider list`.

    `delta_misses`: changes that its delta does not return; the window reconcile finds them.
    `delta_reports_payments`: whether the delta returns a booking after a payment; otherwise its
    balance is right after the webhook of the payment, at the latest after the next reconcile.
    `delta_filters_by_modification`: whether the delta returns a booking of which only the time
    stamp of its modification changed; otherwise that is no drift.
    `retry_window`: how long the vendor redelivers an unacknowledged webhook; longer silence is a
    gap. `trust`: how webhooks are authenticated. `account_settings`: the settings that identify
    the vendor's account, if the webhooks of all its hotels come to one URL. `push_path`: where
    messages of the vendor's own protocol are received; they authenticate by HTTP basic auth with
    the connection's key as user name and its secret `password`. `pulled_by`: the setting without
    which a connection is push-only. `id_fields`: the payloads' fields that hold ids, as `name` or
    `parent.name`, besides those that their names show (`id`, `…Id`, `confirmationNumber`, …): what
    looks like a card number is an id there, and is not masked. `list_cap`: after how many records
    the vendor's lists of bookings end without a sign. `sensitive_fields`: the payloads' fields of
    payment cards, bank accounts and identity documents that their names do not show, as `name` or,
    in JSON, as `parent.name`: nothing of them is kept.
    """

    name: str
    title: str
    kinds: frozenset[ItemKind]
    pulls: bool
    fetches_by_id: bool
    reports_deletions: bool
    webhooks: bool
    day_use: bool
    delta_misses: tuple[str, ...] = ()
    delta_reports_payments: bool = True
    delta_filters_by_modification: bool = True
    trust: str = ""
    retry_window: timedelta | None = None
    limits: str = ""
    settings: tuple[SettingSpec, ...] = ()
    account_settings: tuple[str, ...] = ()
    push_path: str | None = None
    pulled_by: str | None = None
    id_fields: frozenset[str] = frozenset()
    list_cap: int | None = None
    sensitive_fields: frozenset[str] = frozenset()

    def pulls_with(self, settings: Mapping[str, str]) -> bool:
        """Whether a connection with these settings can be pulled."""
        return self.pulls and (self.pulled_by is None or bool(settings.get(self.pulled_by)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HotelContext:
    """Context of a payload. `observed_at`: its arrival, or for a pull the instant before the
    request; the version of entities whose provider sends none. `property_id`: the vendor's id of
    the connection's property, None if it is unknown; data of another property is refused."""

    time_zone: str
    currency: str
    observed_at: datetime
    property_id: str | None = None


FOREIGN_PROPERTY: Final = "foreign_property"


class SourceProperty(NamedTuple):
    """The vendor's id of the property that an item belongs to, and the path where it is named."""

    id: str
    path: str


@accepts_old_fields(homes="field_trace")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItem:
    """One item of a payload: its raw text, and its snapshot or the reason why it has none.

    Exactly one of `snapshot` and `reason` is set. `field_trace`: (source path, target field)
    pairs, only with `explain`. `source_property`: set it wherever the vendor's format names the
    property; items of another property than the connection's are refused.
    """

    kind: ItemKind
    raw: bytes
    external_id: str | None = None
    snapshot: Snapshot | None = None
    reason: Reason | None = None
    field_trace: tuple[tuple[str, str], ...] = ()
    source_property: SourceProperty | None = None

    def is_foreign(self, property_id: str | None) -> bool:
        """Whether it belongs to another property than this one. False if either is unknown."""
        named = self.source_property
        return named is not None and property_id is not None and named.id != property_id

    def refused_if_foreign(self, property_id: str | None) -> "ReadItem":
        """Without its snapshot, and with the reason, if it belongs to another property."""
        named = self.source_property
        if named is None or not self.is_foreign(property_id):
            return self
        detail = f"{named.path}: expected the property of this connection"
        return replace(self, snapshot=None, reason=Reason(FOREIGN_PROPERTY, named.path, detail))


class RefKind(StrEnum):
    BOOKING = auto()
    GUEST = auto()
    AVAILABILITY = auto()
    RECORDS = auto()
    PAYMENT = auto()


@dataclass(frozen=True, slots=True)
class Ref:
    """Something to fetch. `external_id` is empty for all AVAILABILITY or all RECORDS. PAYMENT: a
    payment or an account (folio) of the vendor's; the bookings whose balance it changes are
    fetched."""

    kind: RefKind
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """One event of a webhook that cannot be read, or of another property (`property_id`) than the
    webhook's other events. `raw`: a message that holds it alone."""

    raw: bytes = field(repr=False)
    reason: Reason
    property_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A parsed webhook: what to fetch, and the types of its events that are ignored.

    `property_id`: the vendor's id of the property, compared with the connection's.
    `new_secrets`: credentials that replace the stored ones.
    `disabled`: the hotel disabled the integration at the vendor.
    `event_key`: unique per event of the hotel, if the vendor provides that; events already
    processed are skipped on redelivery.
    `unreadable`: quarantined one by one, or forwarded to the connection of their property; the
    other events are processed.
    """

    refs: tuple[Ref, ...] = ()
    ignored: tuple[str, ...] = ()
    property_id: str | None = None
    new_secrets: Secrets = field(default_factory=dict, repr=False)
    disabled: bool = False
    event_key: str | None = None
    unreadable: tuple[UnreadableEvent, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it names no event at all."""
        return not (
            self.refs or self.ignored or self.new_secrets or self.disabled or self.unreadable
        )


@accepts_former_fields("window", DateRange, "stay_from", "stay_to")
@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """`cursor`: where the last delta ended (None: never synced). `checkpoint`: the last stored
    page of an interrupted run of the same kind, or of the failed first one. `window`: FULL and
    RECONCILE return the stays that overlap it, and availability of its days from today on."""

    kind: SyncKind
    cursor: str | None
    checkpoint: str | None
    window: DateRange

    @property
    def stay_from(self) -> date:
        return self.window.start

    @property
    def stay_to(self) -> date:
        return self.window.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`observed_at`: our clock before the first request for this page. `checkpoint` resumes after
    this page. `cursor`: where the next delta starts, on the last page only. `expected`: the total
    number of items of the run, if the provider reports it. `notifications`: raw notifications that
    the provider delivers only once: stored with the page, before the next request, and processed
    like webhooks. Never in a RECONCILE, whose pages may only be compared."""

    items: Sequence[ReadItem]
    observed_at: datetime
    records: HotelRecords = field(default_factory=HotelRecords)
    checkpoint: str | None = None
    cursor: str | None = None
    expected: int | None = None
    notifications: Sequence[bytes] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """The account at the provider. `advice`: sentences for the person who connects it."""

    property_id: str
    property_name: str
    time_zone: str | None
    currency: str | None
    advice: tuple[str, ...] = ()


class ProviderClient(Protocol):
    """Calls one connection's API. Every method may raise ProviderError."""

    def check(self) -> AccountReport:
        """Cheap, read-only proof that the credentials work."""
        ...

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """Lazily: the next page is requested after the last one was stored."""
        ...

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """The current state of these. What the page does not contain does not exist there."""
        ...

    def counts(self) -> TransportCounts:
        """Of all requests of this client so far."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The connection's data that a client needs."""

    connection_id: UUID
    time_zone: str
    currency: str
    settings: Mapping[str, str]
    secrets: Secrets = field(repr=False)
    correlation_id: str


class Provider(Protocol):
    """A plug-in. Stateless: one object serves all hotels."""

    @property
    def capabilities(self) -> Capabilities: ...

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        """Maps pushed payloads (further bodies contain what the first one refers to).

        Raises UnreadableMessage if a body is not in this vendor's format, TooManyItems beyond
        `limit`. An item that cannot be mapped is a ReadItem with its reason.
        """
        ...

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:
        """Raises UnreadableMessage. Events of unknown type are listed under `ignored`."""
        ...

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        """Whether a webhook passes the vendor's own authentication, beyond the unguessable URL.
        `headers` have lower-case names. Compares in constant time."""
        ...

    def open(self, account: Account) -> ProviderClient:
        """Raises Misconfigured if a setting is missing or a host is not allowed."""
        ...


@runtime_checkable
class BodySigned(Protocol):
    """Implemented as well by a plug-in whose vendor signs request bodies."""

    def authentic_body(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> bool:
        """Called in place of `authentic`, with the unmodified body. In constant time."""
        ...


@dataclass(slots=True)
class Patience:
    """How long a request of this process waits for a rate limit, ours or the vendor's. A worker
    lowers it while it can use its time better and go on later."""

    seconds: float = math.inf


@accepts_old_fields(vault="credential_store")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTools:
    """Dependencies of every plug-in. An entry point of the group `pms_adapter.providers` is a
    callable that takes this and returns a Provider.

    `allowed_hosts`: further hosts, private ones included, that the operator allows connections to
    call; `plain_http`: also by http://. `credential_store` is None if nothing is stored.
    """

    clock: Clock
    randomness: Randomness
    budget: "RateBudget"
    allowed_hosts: frozenset[str] = frozenset()
    plain_http: bool = False
    credential_store: "CredentialStore | None" = None
    patience: Patience = field(default_factory=Patience)


ProviderFactory: TypeAlias = Callable[[ProviderTools], Provider]


class Providers(Protocol):
    """The installed plug-ins."""

    def get(self, name: str) -> Provider:
        """Raises UnknownProvider."""
        ...

    def all(self) -> Sequence[Provider]: ...


class CredentialStore(Protocol):
    """A connection's sealed credentials, for vendors that rotate them on use."""

    def read(self, connection_id: UUID) -> Secrets:
        """The stored ones; empty if the connection is not stored."""
        ...

    def update(self, connection_id: UUID, new: Secrets) -> None:
        """Replaces those of the same names; the others stay."""
        ...


class RateBudget(Protocol):
    """A connection's request budget, shared between all workers."""

    def reserve(self, connection_id: UUID, *, limit: int, window_seconds: float) -> float:
        """Seconds to wait before the next request; 0.0 if it may be sent now. Only 0.0 takes a
        place in the window."""
        ...


if not TYPE_CHECKING:
    __getattr__ = renamed_attributes(globals(), {"SecretVault": "CredentialStore"})
