"""The audit log: who did which administrative act, from where, and what it changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from domain.values import HotelId

AuditValue: TypeAlias = str | int | bool | Sequence[str] | None
"""As JSON has it."""


class AuditAction(StrEnum):
    HOTEL_ADDED = "hotel.added"
    HOTEL_ENABLED = "hotel.enabled"
    HOTEL_DISABLED = "hotel.disabled"
    RETENTION_CHANGED = "hotel.retention_changed"
    DATA_PURGED = "data.purged"
    CONNECTION_ADDED = "connection.added"
    CONNECTION_CHANGED = "connection.changed"
    CONNECTION_KEY_ROTATED = "connection.key_rotated"
    CONNECTION_TESTED = "connection.tested"
    CONNECTION_PAUSED = "connection.paused"
    CONNECTION_RESUMED = "connection.resumed"
    TOKEN_ISSUED = "token.issued"  # noqa: S105  # no secret
    TOKEN_ROTATED = "token.rotated"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    KEY_REVOKED = "key.revoked"
    SYNC_REQUESTED = "sync.requested"
    QUARANTINE_REPLAYED = "quarantine.replayed"
    QUARANTINE_DISCARDED = "quarantine.discarded"
    QUARANTINE_PURGED = "quarantine.purged"
    PAYLOAD_REVEALED = "payload.revealed"
    RESPONSE_REVEALED = "response.revealed"
    GUEST_EXPORTED = "guest.exported"
    GUEST_ERASED = "guest.erased"
    SECRETS_ROTATED = "secrets.rotated"
    SCHEMA_UPGRADED = "schema.upgraded"
    SCHEMA_DOWNGRADED = "schema.downgraded"


class AuditChannel(StrEnum):
    """UNKNOWN: recorded by a version that did not store it."""

    CLI = "cli"
    REST = "rest"
    SYSTEM = "system"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, and from where. `name`: CLI: the user of the operating system; REST: the token's
    id; SYSTEM: the part that acts by itself. `label`: CLI: the machine; REST: the partner.
    `address`: of the peer of a request."""

    channel: AuditChannel
    name: str
    label: str = ""
    address: str | None = None

    def __str__(self) -> str:
        match self.channel:
            case AuditChannel.CLI:
                return f"command line, {self.name} at {self.label}"
            case AuditChannel.REST:
                return f"token {self.name} of {self.label}"
        return self.name


SYSTEM: Final = Actor(channel=AuditChannel.SYSTEM, name="system")
RETENTION: Final = Actor(channel=AuditChannel.SYSTEM, name="retention")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A secret: of its value the log shows only that it was set or changed."""

    value: object = field(repr=False)


AuditState: TypeAlias = Mapping[str, AuditValue | Hidden]
"""What an act may change, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One administrative act. `hotel_id`: None if it concerns no single hotel. `subject`: what was
    acted on. `before`, `after`: what it changed; `details`: further facts, such as the conditions
    of a selection. Never secrets, payloads or a guest's data."""

    id: UUID
    at: datetime
    actor: Actor
    action: AuditAction
    hotel_id: HotelId | None
    subject: str
    before: Mapping[str, AuditValue] = field(default_factory=dict)
    after: Mapping[str, AuditValue] = field(default_factory=dict)
    details: Mapping[str, AuditValue] = field(default_factory=dict)


def shown_changes(
    before: AuditState, after: AuditState
) -> tuple[dict[str, AuditValue], dict[str, AuditValue]]:
    """The values that differ, before and after, without those of secrets."""
    names = [each for each in {**before, **after} if before.get(each) != after.get(each)]
    return (
        {name: _shown(before[name], "set") for name in names if name in before},
        {
            name: _shown(after[name], "changed" if name in before else "set")
            for name in names
            if name in after
        },
    )


def _shown(value: AuditValue | Hidden, of_secret: str) -> AuditValue:
    return of_secret if isinstance(value, Hidden) else value
