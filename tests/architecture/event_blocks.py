"""The table of published events, with the names that stand in their JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence

from application.events.cloud_events import outbox_message
from domain import events
from domain.merge import Change
from domain.status import BookingStatus
from domain.values import Reason
from tests import builders


def examples() -> Sequence[events.Event]:
    hotel = builders.hotel()
    connection = builders.connection(hotel)
    run = builders.sync_run(connection)
    header = events.EventHeader(
        hotel_id=hotel.id,
        provider=connection.provider,
        connection_id=connection.id,
        external_id="1",
        version=None,
        correlation_id="",
        at=builders.T0,
    )
    change, status = Change.CREATED, BookingStatus.CONFIRMED
    reason = Reason("bad_date", "stay.arrival", "no date")
    return (
        events.BookingSynced(header=header, change=change, changed_fields=(), status=status),
        events.GuestSynced(header=header, change=change, changed_fields=()),
        events.GuestErased(header=header),
        events.AvailabilitySynced(header=header),
        events.SyncCompleted(header=header, run=run),
        events.SyncFailed(header=header, run=run),
        events.ConnectionSuspended(header=header, error_code="", error_detail=""),
        events.ItemQuarantined(header=header, kind="booking", inbox_id="", reason=reason),
    )


def event_rows() -> Iterator[tuple[str, str, str]]:
    """(type, class, names in `data` beyond those of every event)."""
    sent = [
        (event, json.loads(outbox_message(event, builders.new_id()).body)) for event in examples()
    ]
    common = set.intersection(*(set(envelope["data"]) for _, envelope in sent))
    for event, envelope in sent:
        own = {name: value for name, value in envelope["data"].items() if name not in common}
        yield f"`{envelope['type']}`", f"`{type(event).__name__}`", ", ".join(_names(own))


def _names(data: Mapping[str, object]) -> Iterator[str]:
    for name, value in data.items():
        inner = f" ({', '.join(value)})" if isinstance(value, dict) else ""
        yield f"`{name}`{inner}"
