"""Domain events as CloudEvents 1.0 JSON (camelCase), ready for the outbox."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeAlias
from uuid import UUID

from domain.events import (
    AvailabilitySynced,
    BookingSynced,
    ConnectionSuspended,
    Event,
    EventHeader,
    GuestErased,
    GuestSynced,
    ItemQuarantined,
    SyncCompleted,
    SyncFailed,
)
from domain.messages import OutboxMessage
from domain.sync_run import SyncRun
from domain.values import SourceVersion

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

EVENT_TYPES: dict[type[Event], str] = {
    BookingSynced: "pms.booking.synced",
    GuestSynced: "pms.guest.synced",
    GuestErased: "pms.guest.erased",
    AvailabilitySynced: "pms.availability.synced",
    SyncCompleted: "pms.sync.completed",
    SyncFailed: "pms.sync.failed",
    ConnectionSuspended: "pms.connection.suspended",
    ItemQuarantined: "pms.item.quarantined",
}


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def outbox_message(event: Event, message_id: UUID) -> OutboxMessage:
    """The event's id is the message's: the same in every delivery."""
    header, event_type = event.header, EVENT_TYPES[type(event)]
    hotel_id = str(header.hotel_id)
    envelope: dict[str, Json] = {
        "specversion": "1.0",
        "id": str(message_id),
        "source": f"/hotels/{hotel_id}/pms/{header.provider}",
        "type": event_type,
        "subject": header.external_id,
        "time": instant_text(header.at),
        "datacontenttype": "application/json",
        "correlationid": header.correlation_id,
        "data": {**_common_data(header, hotel_id), **_data(event)},
    }
    return OutboxMessage(
        id=message_id,
        hotel_id=header.hotel_id,
        type=event_type,
        ordering_key=ordering_key(type(event), header),
        created_at=header.at,
        body=_ENCODER.encode(envelope),
    )


def ordering_key(kind: type[Event], header: EventHeader) -> str:
    """Messages of one kind about one entity are delivered in order. An erasure is ordered with the
    guest's other events: delivered after it, they would create the erased copy again."""
    if kind is GuestErased:
        kind = GuestSynced
    return f"{header.hotel_id}/{EVENT_TYPES[kind]}/{header.provider}/{header.external_id}"


def instant_text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _common_data(header: EventHeader, hotel_id: str) -> dict[str, Json]:
    return {
        "hotelId": hotel_id,
        "provider": header.provider,
        "connectionId": str(header.connection_id),
        "externalId": header.external_id,
        "sourceVersion": _version(header.version),
        "correlationId": header.correlation_id,
    }


def _version(version: SourceVersion | None) -> Json:
    if version is None:
        return None
    return {"updatedAt": instant_text(version.updated_at), "sequence": version.sequence}


def _data(event: Event) -> dict[str, Json]:
    match event:
        case BookingSynced():
            return {
                "change": event.change,
                "changedFields": _camel_names(event.changed_fields),
                "status": event.status,
                "fromStatus": event.from_status,
                "transition": event.transition,
                "reason": event.reason,
            }
        case GuestSynced() | GuestErased():
            return _guest(event)
        case AvailabilitySynced():
            return {"dates": [day.isoformat() for day in event.days]}
        case ItemQuarantined():
            return {"kind": event.kind, "inboxId": event.inbox_id, "reason": asdict(event.reason)}
        case SyncCompleted() | SyncFailed():
            return _run(event.run)
        case ConnectionSuspended():
            return {
                "errorCode": event.error_code,
                "errorDetail": event.error_detail,
                "suspendedAt": instant_text(event.header.at),
            }


def _guest(event: GuestSynced | GuestErased) -> dict[str, Json]:
    if isinstance(event, GuestErased):
        return {}
    return {"change": event.change, "changedFields": _camel_names(event.changed_fields)}


def _run(run: SyncRun) -> dict[str, Json]:
    return {
        "runId": str(run.id),
        "kind": run.kind,
        "status": run.status,
        "startedAt": _instant(run.started_at),
        "finishedAt": _instant(run.finished_at),
        "counts": asdict(run.counts),
        "errorCode": run.error_code,
        "errorDetail": run.error_detail,
        "errorPath": run.error_path,
        "vendorMessage": run.vendor_message,
    }


def _instant(instant: datetime | None) -> str | None:
    return instant_text(instant) if instant else None


@lru_cache(maxsize=4_096)
def _camel_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Cached: the events of a page have few distinct sets of fields."""
    return tuple(map(to_camel_case, names))


def to_camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
