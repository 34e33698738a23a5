"""One room type on one day to its snapshot."""

from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.canonical.mapping import parsing
from domain.snapshots import AvailabilitySnapshot
from domain.values import SourceVersion
from ports.providers import HotelContext


def read_availability(reader: Reader, context: HotelContext) -> AvailabilitySnapshot:
    """Fields that we have no home for stay in the inbox only: a cell has no extras."""
    r = reader
    version, is_ours = _version(r, context)
    return AvailabilitySnapshot(
        room_type_id=r.text("room_type_id"),
        day=r.local_date("date"),
        version=version,
        version_is_ours=is_ours,
        total=r.field_integer("total"),
        available=r.field_integer("available"),
        occupied=r.field_integer("occupied"),
        blocked=r.field_integer("blocked"),
        lowest_rate=parsing.field_money(r, "lowest_rate"),
        closed=r.field_boolean("closed"),
        closed_to_arrival=r.field_boolean("closed_to_arrival"),
        closed_to_departure=r.field_boolean("closed_to_departure"),
        min_stay=r.field_integer("min_stay"),
        max_stay=r.field_integer("max_stay"),
    )


def _version(reader: Reader, context: HotelContext) -> tuple[SourceVersion, bool]:
    """Left out by a sender without a clock for availability: then its arrival counts."""
    if "source_version" not in reader:
        return SourceVersion(context.observed_at), True
    version = parsing.source_version(reader)
    return version, reader.object("source_version").optional_boolean("observed") or False
