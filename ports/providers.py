"""What a PMS adapter is: a plug-in that reads its vendor's words and asks its vendor's API.

Everything speaks in bulk: pages in, batches out. A client belongs to one connection and is used by
one thread at a time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable
from uuid import UUID

from domain.messages import ItemKind
from domain.snapshots import HotelRecords, Snapshot
from domain.sync_run import SyncKind, TransportCounts
from domain.values import DateRange, Reason
from ports.renamed import accepts_old_fields
from ports.system import Clock, Randomness, Secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """One value that a connection needs; `secret` ones are sealed and never shown again."""

    name: str
    help: str
    secret: bool = False
    required: bool = True
    default: str | None = None


@accepts_old_fields(tells_deletion="reports_deletions")
@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this vendor can do, as declared by its adapter and shown by `pms provider list`.

    `delta_misses`: changes that its delta can't show, closed by the window reconcile.
    `retry_window`: how long the vendor re-sends an unacknowledged webhook; silence beyond it is a
    gap. `trust`: how a webhook proves that it comes from the vendor. `account_settings`: the
    settings that together name the vendor's account, where the webhooks of all its hotels come to
    one URL. `push_path`: where messages of the vendor's own protocol are taken; they sign in by
    HTTP basic auth with the connection's key as user name and its secret `password`.
    `pulled_by`: the setting without which a connection is pushed to and can't be asked.
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
    trust: str = ""
    retry_window: timedelta | None = None
    limits: str = ""
    settings: tuple[SettingSpec, ...] = ()
    account_settings: tuple[str, ...] = ()
    push_path: str | None = None
    pulled_by: str | None = None

    def pulls_with(self, settings: Mapping[str, str]) -> bool:
        """Whether a connection of these settings can be asked."""
        return self.pulls and (self.pulled_by is None or bool(settings.get(self.pulled_by)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HotelContext:
    """What a payload does not say of itself. `observed_at` is its arrival, or for a pull the
    instant before it was asked for; the version of things that have no clock of their own."""

    time_zone: str
    currency: str
    observed_at: datetime


@accepts_old_fields(homes="field_trace")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItem:
    """One item of a payload: its own text, and what it says or why it can't be understood.

    Exactly one of `snapshot` and `reason` is set. `homes` tells for each source path where it
    went, only when asked for (`explain`).
    """

    kind: ItemKind
    raw: bytes
    external_id: str | None = None
    snapshot: Snapshot | None = None
    reason: Reason | None = None
    field_trace: tuple[tuple[str, str], ...] = ()


class RefKind(StrEnum):
    BOOKING = "booking"
    GUEST = "guest"
    AVAILABILITY = "availability"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Ref:
    """Something to fetch. `external_id` is empty for AVAILABILITY and RECORDS as a whole."""

    kind: RefKind
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a vendor's webhook says: what to fetch, and which of its events mean nothing to us.

    `property_id`: the vendor's id of the hotel it speaks of, to be compared with the connection's.
    `new_secrets`: credentials that it carries, to be sealed in place of the old ones.
    `disabled`: the hotel switched the integration off at the vendor.
    `event_key`: names the event where the vendor's words tell it from every other of the hotel's:
    what was carried out is not asked for again when it is told again.
    """

    refs: tuple[Ref, ...] = ()
    ignored: tuple[str, ...] = ()
    property_id: str | None = None
    new_secrets: Secrets = field(default_factory=dict, repr=False)
    disabled: bool = False
    event_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """`cursor`: where the last delta ended (None: never synced). `checkpoint`: the last stored
    page of an interrupted run of the same kind. `window`: FULL and RECONCILE return the stays that
    overlap it, and availability of its days from today on."""

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
    """`observed_at`: our clock before the first request for this page was sent. `checkpoint`
    resumes after this page. `cursor` is set on the last page only: where the next delta starts.
    `expected`: how many items the run will see in all, where the provider tells; for progress.
    `notifications`: raw ones that the provider handed over with this page and will not hand over
    again: they are stored with the page, before the next is asked for, and read as webhooks are.
    Never in a RECONCILE, whose pages may be compared only."""

    items: Sequence[ReadItem]
    observed_at: datetime
    records: HotelRecords = field(default_factory=HotelRecords)
    checkpoint: str | None = None
    cursor: str | None = None
    expected: int | None = None
    notifications: Sequence[bytes] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """What the provider says of the account; `advice` are sentences for the person who connects."""

    property_id: str
    property_name: str
    time_zone: str | None
    currency: str | None
    advice: tuple[str, ...] = ()


class ProviderClient(Protocol):
    """Asks one connection's API. Every method may raise the ProviderError family."""

    def check(self) -> AccountReport:
        """Cheap, read-only proof that the credentials work."""
        ...

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """Lazily, page by page; the next page is asked for when the last was stored."""
        ...

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """What the API says now of these. What is not in the page is not at the provider."""
        ...

    def counts(self) -> TransportCounts:
        """Of all that this client asked so far."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a client needs to know of its connection."""

    connection_id: UUID
    time_zone: str
    currency: str
    settings: Mapping[str, str]
    secrets: Secrets = field(repr=False)
    correlation_id: str


class Provider(Protocol):
    """The plug-in. Stateless: one object serves every hotel."""

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
        """Reads pushed payloads (the further bodies give what the first one refers to).

        Raises UnreadableMessage where a body is no message of this vendor, TooManyItems beyond
        `limit`. An item that can't be understood is a ReadItem with its reason.
        """
        ...

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:
        """Raises UnreadableMessage. An event of unknown type is listed under `ignored`."""
        ...

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        """Whether a webhook proves its sender by the vendor's own means, beyond the unguessable
        URL. `headers` have lower-case names. Compares in constant time."""
        ...

    def open(self, account: Account) -> ProviderClient:
        """Raises Misconfigured where a setting is missing or a host is not allowed."""
        ...


@runtime_checkable
class BodySigned(Protocol):
    """A plug-in whose vendor may sign what it sends is one as well."""

    def authentic_body(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> bool:
        """Asked in place of `authentic`, with the message to the byte. In constant time."""
        ...


@accepts_old_fields(vault="credential_store")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTools:
    """What the composition root hands to every plug-in. An entry point of the group
    `pms_adapter.providers` is a callable that takes this and returns a Provider.

    `allowed_hosts`: hosts beyond the vendor's own that the operator lets connections call, also
    private ones; `plain_http`: http:// to those. `credential_store` is None where
    nothing is stored.
    """

    clock: Clock
    randomness: Randomness
    budget: "RateBudget"
    allowed_hosts: frozenset[str] = frozenset()
    plain_http: bool = False
    credential_store: "CredentialStore | None" = None


ProviderFactory: TypeAlias = Callable[[ProviderTools], Provider]


class Providers(Protocol):
    """The installed plug-ins."""

    def get(self, name: str) -> Provider:
        """Raises UnknownProvider."""
        ...

    def all(self) -> Sequence[Provider]: ...


class CredentialStore(Protocol):
    """A connection's sealed credentials, for vendors that replace them when they are used."""

    def read(self, connection_id: UUID) -> Secrets:
        """As they are stored now; empty where the connection is not stored."""
        ...

    def update(self, connection_id: UUID, new: Secrets) -> None:
        """In place of those of the same names; the others stay."""
        ...


class RateBudget(Protocol):
    """Requests that one connection may send, shared between all workers."""

    def reserve(self, connection_id: UUID, *, limit: int, window_seconds: float) -> float:
        """Seconds to wait before the request may go; 0.0 when it may go now. The place in the
        window is taken when 0.0 is returned, and only then."""
        ...
