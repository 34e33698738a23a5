"""How version conflicts are resolved, also if the provider's clock went back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.values import ConnectionId, Reason, SourceVersion

CLOCK_TOLERANCE: Final = timedelta(days=1)
"""How far a sender's clock may run ahead: more than a local time mistaken for UTC."""


class Channel(StrEnum):
    """PUSHED: sent by the partner. PULLED: returned by the provider's API. RECONCILED: returned by
    the API in a full sync or a window reconcile, which correct our copy whatever its version."""

    PUSHED = "pushed"
    PULLED = "pulled"
    RECONCILED = "reconciled"


@dataclass(frozen=True, slots=True)
class Receipt:
    """How and when a snapshot was received.

    `observed_at`: for a push its arrival, for a pull the instant before the request was sent.
    `reference`: the inbox batch or sync run that it came with.
    """

    channel: Channel
    observed_at: datetime
    connection_id: ConnectionId
    reference: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where our copy's content came from.

    `overridden`: the highest version ever stored, if a reconcile replaced it by a lower one.
    """

    version: SourceVersion
    channel: Channel
    observed_at: datetime
    overridden: SourceVersion | None = None

    @classmethod
    def of(cls, version: SourceVersion, receipt: Receipt) -> "Provenance":
        return cls(version, receipt.channel, receipt.observed_at)

    def superseded_by(self, version: SourceVersion, receipt: Receipt) -> "Provenance":
        """The provenance once `version` replaced this one."""
        highest = max(self.version, self.overridden or self.version)
        return Provenance(
            version,
            receipt.channel,
            receipt.observed_at,
            highest if highest > version else None,
        )


class Resolution(StrEnum):
    APPLY = "apply"
    OVERRIDE = "override"  # a reconcile replaces a version of ours that is not older
    UNCHANGED = "unchanged"
    ADVANCE = "advance"  # same content, newer version: store the version, publish nothing
    STALE = "stale"
    CONFLICT = "conflict"


def resolve(
    held: Provenance, version: SourceVersion, receipt: Receipt, *, same_content: bool
) -> Resolution:
    """Whether a snapshot of `version` replaces the content with provenance `held`.

    A push not newer than an overridden version may be an outdated message, redelivered: a
    conflict, which a fetch decides. Data pulled before the held content was received loses at an
    equal version, whatever channel that content came by: a conflicting push has its own fetch, the
    next delta starts an overlap earlier, and a reconcile corrects the rest.
    """
    if version > held.version:
        return _resolve_newer(held, version, receipt, same_content=same_content)
    if version == held.version and same_content:
        return Resolution.UNCHANGED
    received_later = held.observed_at > receipt.observed_at
    if receipt.channel is Channel.RECONCILED and not received_later:
        return Resolution.ADVANCE if same_content else Resolution.OVERRIDE
    if version < held.version:
        return Resolution.STALE
    if receipt.channel is Channel.PUSHED:
        return Resolution.CONFLICT
    return Resolution.STALE if received_later else Resolution.APPLY


def _resolve_newer(
    held: Provenance, version: SourceVersion, receipt: Receipt, *, same_content: bool
) -> Resolution:
    overridden = held.overridden is not None and version <= held.overridden
    if overridden and receipt.channel is Channel.PUSHED:
        return Resolution.UNCHANGED if same_content else Resolution.CONFLICT
    return Resolution.ADVANCE if same_content else Resolution.APPLY


def clock_skew_reason(version: SourceVersion, receipt: Receipt) -> Reason | None:
    """Why a push is refused if its version is more than CLOCK_TOLERANCE after its arrival.

    Once stored, such a version would make all data sent until then stale. Pulled data is exempt: a
    reconcile outranks versions."""
    if receipt.channel is not Channel.PUSHED:
        return None
    # Subtraction, because adding to an arrival near datetime.max would overflow.
    if version.updated_at - receipt.observed_at <= CLOCK_TOLERANCE:
        return None
    path = "source_version.updated_at"
    detail = f"{path}: is more than a day after its arrival; set the sender's clock, send again"
    return Reason("version_in_future", path, detail)
