"""Which of two words about one thing holds: versions, ties and clocks that go back."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from domain.status import StatusTransition
from domain.values import ConnectionId, Reason, SourceVersion

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

E = TypeVar("E")
T = TypeVar("T", bound="DataclassInstance")

CLOCK_TOLERANCE: Final = timedelta(days=1)
"""How far a sender's clock may run ahead of ours: a time zone taken for UTC is less than that."""


class Channel(StrEnum):
    """PUSHED: the partner sent it. PULLED: the provider's API answered it. RECONCILED: the API
    answered it in a window reconcile, which compares our whole picture with the provider's."""

    PUSHED = "pushed"
    PULLED = "pulled"
    RECONCILED = "reconciled"


@dataclass(frozen=True, slots=True)
class Receipt:
    """How we learnt something.

    `observed_at`: arrival for a push; for a pull the instant before the request was sent.
    `reference`: the inbox row or sync run that brought it.
    """

    channel: Channel
    observed_at: datetime
    connection_id: ConnectionId
    reference: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What we remember of how the held content was learnt.

    `overridden`: the highest version ever held, where a reconcile went below it; None elsewhere.
    """

    version: SourceVersion
    channel: Channel
    observed_at: datetime
    overridden: SourceVersion | None = None

    def superseded_by(self, version: SourceVersion, receipt: Receipt) -> "Provenance":
        """What to remember once `version` is held in place of this one."""
        highest = max(self.version, self.overridden or self.version)
        return Provenance(
            version,
            receipt.channel,
            receipt.observed_at,
            highest if highest > version else None,
        )


class Resolution(StrEnum):
    APPLY = "apply"
    OVERRIDE = "override"  # a reconcile's word against a version of ours that is not older
    UNCHANGED = "unchanged"
    ADVANCE = "advance"  # same content under a newer version: remember the version, tell nobody
    STALE = "stale"
    CONFLICT = "tied"


def resolve(
    held: Provenance, version: SourceVersion, receipt: Receipt, *, same_content: bool
) -> Resolution:
    """Design section 2, "Ties and clocks that go back".

    A push up to a version that a reconcile went below may be an old letter sent again: the
    provider is asked. What was pulled before the held content reached us loses a tie, whoever
    brought that content: a push that tied has its own fetch, and the next delta reads the tied
    item again, since it starts an overlap earlier; what even that misses, the reconcile finds.
    """
    if version > held.version:
        return _resolve_newer(held, version, receipt, same_content=same_content)
    if version == held.version and same_content:
        return Resolution.UNCHANGED
    received_later = held.observed_at > receipt.observed_at
    if receipt.channel is Channel.RECONCILED and not received_later:
        return Resolution.ADVANCE if same_content else Resolution.OVERRIDE
    if version == held.version and receipt.channel is Channel.PUSHED:
        return Resolution.CONFLICT
    return Resolution.STALE if version < held.version or received_later else Resolution.APPLY


def _resolve_newer(
    held: Provenance, version: SourceVersion, receipt: Receipt, *, same_content: bool
) -> Resolution:
    overridden = held.overridden is not None and version <= held.overridden
    if overridden and receipt.channel is Channel.PUSHED:
        return Resolution.UNCHANGED if same_content else Resolution.CONFLICT
    return Resolution.ADVANCE if same_content else Resolution.APPLY


def clock_skew_reason(version: SourceVersion, receipt: Receipt) -> Reason | None:
    """Why a push is refused whose version lies more than CLOCK_TOLERANCE after its arrival: once
    held, it would make everything sent until then stale. What the API says is taken as it is: a
    reconcile outranks versions, so it can't freeze anything."""
    if receipt.channel is not Channel.PUSHED:
        return None
    # Subtracted rather than added to: an arrival near datetime.max can't overflow.
    if version.updated_at - receipt.observed_at <= CLOCK_TOLERANCE:
        return None
    path = "source_version.updated_at"
    detail = f"{path}: lies more than a day after its arrival; set the sender's clock, send again"
    return Reason("version_in_future", path, detail)


class Change(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    STATUS_CHANGED = "status_changed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied(Generic[E]):
    """The thing as it is now; to be saved together with its event and its status history row."""

    entity: E
    change: Change
    changed_fields: tuple[str, ...]
    transition: StatusTransition | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Advanced(Generic[E]):
    """Same content, newer version: to be saved, without an event; `unchanged` to the sender."""

    entity: E


@dataclass(frozen=True, slots=True)
class Unchanged:
    pass


@dataclass(frozen=True, slots=True)
class Stale:
    """Older than what we hold: recorded, acknowledged, not applied."""


@dataclass(frozen=True, slots=True)
class VersionConflict:
    """Two pushes say different things under one version: only the provider's API can tell."""


@dataclass(frozen=True, slots=True)
class SnapshotRefused:
    """To be quarantined with its reason."""

    reason: Reason


Decision: TypeAlias = (
    Applied[E] | Advanced[E] | Unchanged | Stale | VersionConflict | SnapshotRefused
)

_DECISIONS_WITHOUT_WRITE: dict[Resolution, Unchanged | Stale | VersionConflict] = {
    Resolution.UNCHANGED: Unchanged(),
    Resolution.STALE: Stale(),
    Resolution.CONFLICT: VersionConflict(),
}


def decision_without_write(resolution: Resolution) -> Unchanged | Stale | VersionConflict | None:
    """The decision where the verdict changes no row; None where it does."""
    return _DECISIONS_WITHOUT_WRITE.get(resolution)


def changed_names(before: T, after: T) -> tuple[str, ...]:
    """Names of the fields in which two values of one dataclass differ, in declaration order."""
    names = (f.name for f in fields(before))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
