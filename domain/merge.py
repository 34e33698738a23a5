"""How a snapshot changes our copy of an entity, and the decisions that result.

One rule for bookings, guests and availability; `Replica` is their base class.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Generic, Self, TypeAlias, TypeVar

from domain.precedence import Provenance, Receipt, Resolution, resolve
from domain.snapshots import Snapshot
from domain.status import StatusTransition
from domain.values import ABSENT, HotelId, Reason, SourceVersion

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

E = TypeVar("E")


class Change(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    STATUS_CHANGED = "status_changed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied(Generic[E]):
    """The changed entity, to be saved together with its event and its status history."""

    entity: E
    change: Change
    changed_fields: tuple[str, ...]
    transition: StatusTransition | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Advanced(Generic[E]):
    """Same content, newer version: to be saved without an event; `unchanged` to the sender."""

    entity: E


@dataclass(frozen=True, slots=True)
class Unchanged:
    pass


@dataclass(frozen=True, slots=True)
class Stale:
    """Older than our copy: recorded and acknowledged, not applied."""


@dataclass(frozen=True, slots=True)
class VersionConflict:
    """Same version as our copy, other content: only the provider's API can decide."""


@dataclass(frozen=True, slots=True)
class SnapshotRefused:
    """To be quarantined with its reason."""

    reason: Reason


Decision: TypeAlias = (
    Applied[E] | Advanced[E] | Unchanged | Stale | VersionConflict | SnapshotRefused
)

WITHOUT_WRITE: Final[dict[Resolution, Unchanged | Stale | VersionConflict]] = {
    Resolution.UNCHANGED: Unchanged(),
    Resolution.STALE: Stale(),
    Resolution.CONFLICT: VersionConflict(),
}


D = TypeVar("D", bound="DataclassInstance")
S = TypeVar("S", bound=Snapshot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica(ABC, Generic[D, S]):
    """Our copy of one entity at a provider.

    `details` are its content, `provenance` is where it came from. `revision` counts our writes,
    from 1, so that stores detect lost updates.
    """

    hotel_id: HotelId
    provider: str
    details: D
    provenance: Provenance
    synced_at: datetime
    revision: int = 1

    @property
    def version(self) -> SourceVersion:
        return self.provenance.version

    def merge(self, snapshot: S, receipt: Receipt, *, now: datetime) -> "Decision[Self]":
        """What the snapshot changes. Writes nothing."""
        details = self._merge_details(snapshot, now)
        resolution = resolve(
            self.provenance, snapshot.version, receipt, same_content=details == self.details
        )
        if (decision := WITHOUT_WRITE.get(resolution)) is not None:
            return decision
        merged = self.revise(details, snapshot.version, receipt, now)
        if resolution is Resolution.ADVANCE:
            return Advanced(merged)
        return self._apply(merged, is_override=resolution is Resolution.OVERRIDE)

    def created_from(
        self, snapshot: S, transition: StatusTransition | None = None
    ) -> "Applied[Self]":
        return Applied(
            entity=self,
            change=Change.CREATED,
            changed_fields=tuple(present_fields(snapshot, type(self.details))),
            transition=transition,
        )

    @abstractmethod
    def _merge_details(self, snapshot: S, now: datetime, /) -> D:
        """Our details with the snapshot's present fields."""

    def revise(self, details: D, version: SourceVersion, receipt: Receipt, now: datetime) -> Self:
        return replace(
            self,
            details=details,
            provenance=self.provenance.superseded_by(version, receipt),
            synced_at=now,
            revision=self.revision + 1,
        )

    def _apply(self, merged: Self, *, is_override: bool) -> "Applied[Self] | SnapshotRefused":
        return Applied(
            entity=merged,
            change=Change.CORRECTED if is_override else Change.UPDATED,
            changed_fields=changed_names(self.details, merged.details),
        )


def merge_fields(details: D, snapshot: Snapshot, **overrides: object) -> D:
    """The details with the snapshot's values that are not ABSENT, and with the overrides."""
    return replace(details, **(present_fields(snapshot, type(details)) | overrides))


def replace_fields(details: D, **values: object) -> D:
    return replace(details, **values)


def present_fields(
    snapshot: "DataclassInstance", details: type["DataclassInstance"]
) -> dict[str, object]:
    names, read = _shared_fields(type(snapshot), details)
    values = zip(names, read(snapshot), strict=True)
    return {name: value for name, value in values if value is not ABSENT}


@cache
def _shared_fields(
    snapshot: type["DataclassInstance"], details: type["DataclassInstance"]
) -> tuple[tuple[str, ...], "attrgetter[tuple[object, ...]]"]:
    """The names that both have, and one call that reads them all; this runs for each snapshot."""
    stored = {f.name for f in fields(details)}
    names = tuple(f.name for f in fields(snapshot) if f.name in stored)
    return names, attrgetter(*names)


def changed_names(before: D, after: D) -> tuple[str, ...]:
    """Names of the fields in which two values of one dataclass differ, in declaration order."""
    names = (f.name for f in fields(before))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
