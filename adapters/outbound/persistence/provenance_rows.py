"""The columns that bookings, guests and availability share: version, origin, instants, revision."""

from datetime import datetime
from typing import Protocol

from adapters.outbound.persistence.rows import Row
from adapters.outbound.persistence.values import instant_of, micros_of
from domain.precedence import Origin, Provenance
from domain.values import SourceVersion

_ORIGINS = {str(origin): origin for origin in Origin}


class Held(Protocol):
    @property
    def provenance(self) -> Provenance: ...
    @property
    def synced_at(self) -> datetime: ...
    @property
    def revision(self) -> int: ...


def provenance_row(held: Held) -> Row:
    """version_at, version_sequence, origin, observed_at, synced_at, revision."""
    provenance = held.provenance
    version = provenance.version
    return (
        micros_of(version.updated_at),
        version.sequence,
        str(provenance.origin),
        micros_of(provenance.observed_at),
        micros_of(held.synced_at),
        held.revision,
    )


def provenance_of(version_at: int, sequence: int, origin: str, observed_at: int) -> Provenance:
    version = SourceVersion(instant_of(version_at), sequence)
    return Provenance(version, _ORIGINS[origin], instant_of(observed_at))
