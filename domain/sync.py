"""The name that `sync_run`, `connection`, `schedule` and `breaker` had in version 0.1."""

from domain.breaker import (
    BREAKER_BASE,
    BREAKER_CAP,
    BREAKER_THRESHOLD,
    Breaker,
    BreakerState,
)
from domain.connection import WAIT_CAP, Connection, ConnectionState
from domain.messages import ItemOutcome
from domain.renamed import warn_renamed
from domain.schedule import Schedule
from domain.sync_run import (
    LEASE_TTL,
    Lease,
    SyncCounts,
    SyncKind,
    SyncRun,
    SyncStatus,
    SyncTrigger,
    TransportCounts,
)

__all__ = [
    "BREAKER_BASE",
    "BREAKER_CAP",
    "BREAKER_THRESHOLD",
    "LEASE_TTL",
    "WAIT_CAP",
    "Breaker",
    "BreakerState",
    "Connection",
    "ConnectionState",
    "ItemOutcome",
    "Lease",
    "Schedule",
    "SyncCounts",
    "SyncKind",
    "SyncRun",
    "SyncStatus",
    "SyncTrigger",
    "TransportCounts",
]

warn_renamed(__name__, "domain.sync_run", stacklevel=2)
