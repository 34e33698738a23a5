"""The columns that bookings, guests and availability share."""

from typing import Any

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    micros_from_instant,
    optional_micros,
    shared_instant,
)
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.guest import Guest
from domain.precedence import Channel, Provenance
from domain.values import SourceVersion

_CHANNELS = {str(channel): channel for channel in Channel}


def provenance_row(entity: Booking | Guest | AvailabilityCell) -> Row:
    """In the models' order: version_at, version_sequence, channel, observed_at, overridden_at,
    overridden_sequence, synced_at, revision."""
    provenance = entity.provenance
    version, overridden = provenance.version, provenance.overridden
    return (
        micros_from_instant(version.updated_at),
        version.sequence,
        str(provenance.channel),
        micros_from_instant(provenance.observed_at),
        optional_micros(overridden.updated_at if overridden else None),
        overridden.sequence if overridden else None,
        micros_from_instant(entity.synced_at),
        entity.revision,
    )


def provenance_of(record: Any) -> Provenance:
    """From a record with these columns."""
    overridden = None
    if record.overridden_at is not None:
        overridden_at = instant_from_micros(record.overridden_at)
        overridden = SourceVersion(overridden_at, record.overridden_sequence)
    version = SourceVersion(instant_from_micros(record.version_at), record.version_sequence)
    observed_at = shared_instant(record.observed_at)
    return Provenance(version, _CHANNELS[record.channel], observed_at, overridden)
