"""The columns that bookings, guests and availability share: version, origin, instants, revision."""

from datetime import datetime
from typing import Protocol

from adapters.outbound.persistence.rows import Row
from adapters.outbound.persistence.values import instant_of, micros_of, optional_micros
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
    """version_at, version_sequence, origin, observed_at, overridden_at, overridden_sequence,
    synced_at, revision."""
    provenance = held.provenance
    version, overridden = provenance.version, provenance.overridden
    return (
        micros_of(version.updated_at),
        version.sequence,
        str(provenance.origin),
        micros_of(provenance.observed_at),
        optional_micros(overridden.updated_at if overridden else None),
        overridden.sequence if overridden else None,
        micros_of(held.synced_at),
        held.revision,
    )


def provenance_of(row: Row) -> Provenance:
    """From the first six of them."""
    version_at, sequence, origin, observed_at, overridden_at, overridden_sequence = row
    overridden = None
    if overridden_at is not None:
        overridden = SourceVersion(instant_of(overridden_at), overridden_sequence)
    version = SourceVersion(instant_of(version_at), sequence)
    return Provenance(version, _ORIGINS[origin], instant_of(observed_at), overridden)
