"""The audit log: who did what to which hotel, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.values import HotelId

CLI_ACTOR: Final = "cli"
RETENTION_ACTOR: Final = "retention"


class AuditAction(StrEnum):
    QUARANTINE_DISCARDED = "quarantine.discarded"
    QUARANTINE_PURGED = "quarantine.purged"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One administrative act. `actor`: a token's id, CLI_ACTOR or RETENTION_ACTOR. `hotel_id`: None
    if the act concerns no single hotel. `subject`: what was acted on. `details`: no secrets, no
    payloads."""

    id: UUID
    at: datetime
    actor: str
    action: AuditAction
    hotel_id: HotelId | None
    subject: str
    details: Mapping[str, str | int] = field(default_factory=dict)
