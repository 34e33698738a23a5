"""Events published to the host application: immutable, past tense."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from domain.merge import Change
from domain.status import BookingStatus, TransitionKind
from domain.sync_run import SyncRun
from domain.values import ConnectionId, HotelId, Reason, SourceVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHeader:
    """`version` is None if no single source version applies."""

    hotel_id: HotelId
    provider: str
    connection_id: ConnectionId
    external_id: str
    version: SourceVersion | None
    correlation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBase:
    header: EventHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingSynced(EventBase):
    change: Change
    changed_fields: tuple[str, ...]
    status: BookingStatus
    from_status: BookingStatus | None = None
    transition: TransitionKind | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSynced(EventBase):
    change: Change
    changed_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestErased(EventBase):
    """The guest asked to be forgotten: erase every copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilitySynced(EventBase):
    """One per room type and page. `external_id`: of the room type. `days`: those that changed."""

    days: tuple[date, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCompleted(EventBase):
    """`external_id`: the run's id. Published for PARTIAL runs too; see the status."""

    run: SyncRun


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFailed(EventBase):
    run: SyncRun


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSuspended(EventBase):
    """Nothing is requested until a person resumes it. `external_id`: the connection's id."""

    error_code: str
    error_detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuarantined(EventBase):
    """`external_id`: the item's if it is readable, else the inbox row's id."""

    kind: str
    inbox_id: str
    reason: Reason


Event: TypeAlias = (
    BookingSynced
    | GuestSynced
    | GuestErased
    | AvailabilitySynced
    | SyncCompleted
    | SyncFailed
    | ConnectionSuspended
    | ItemQuarantined
)
