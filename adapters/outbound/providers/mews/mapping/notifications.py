"""Webhooks: references only, unsigned, duplicated.

Source: events/wh-general.md, wh-integration.md, websockets.md. A creation sends Added and Updated
of the same id; each reference is reported once, in order.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.event_lists import read_events
from adapters.outbound.provider_kit.parsing.json_messages import (
    mark_problem,
    numbered_entries,
    parse_body,
)
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.tracked_object import as_list
from adapters.outbound.providers.mews.mapping.parsing import MewsReader
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind

ACCESS_TOKEN: Final = "access_token"  # noqa: S105 the name of a secret, not one

_KIND_BY_GENERAL_EVENT: Final = {
    "ServiceOrderUpdated": RefKind.BOOKING,
    "CustomerAdded": RefKind.GUEST,
    "CustomerUpdated": RefKind.GUEST,
    "ResourceUpdated": RefKind.RECORDS,
    "ResourceBlockUpdated": RefKind.AVAILABILITY,
    "PaymentUpdated": RefKind.PAYMENT,
}
"""Others, e.g. MessageAdded, change nothing that is stored here."""

_KIND_BY_WEBSOCKET_EVENT: Final = {"Reservation": RefKind.BOOKING, "Resource": RefKind.RECORDS}
_DISABLING_ACTIONS: Final = frozenset(
    {"IntegrationDisabled", "IntegrationCanceled", "IntegrationDeleted"}
)
_KINDS_WITH_ID: Final = frozenset({RefKind.BOOKING, RefKind.GUEST, RefKind.PAYMENT})


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage, also if none of the events is valid."""
    return parse_body(body, _parse_message)


def _parse_message(value: Json) -> Notification:
    message = MewsReader(value)
    if "Action" in message:
        return _parse_integration(message)
    if "Events" in message:
        return _parse_events(message, value)
    raise UnreadableMessage("neither Events nor Action is present")


def _parse_events(message: MewsReader, value: Json) -> Notification:
    entries = numbered_entries("Events", message.required("Events", as_list))
    events, unreadable = read_events(
        list(map(mark_problem, entries)), _parse_event, as_message=partial(_with_event, value)
    )
    return Notification(
        refs=tuple(dict.fromkeys(ref for _, ref in events if ref is not None)),
        ignored=tuple(dict.fromkeys(name for name, ref in events if ref is None)),
        property_id=message.optional_text("EnterpriseId"),
        unreadable=unreadable,
    )


def _with_event(message: Json, event: Json) -> Json:
    return {**message, "Events": [event]} if isinstance(message, dict) else event


def _parse_event(entry: JsonEntry) -> tuple[str, Ref | None]:
    """A general event has the changed object in `Value`, a websocket's is the object."""
    event = MewsReader(entry.value, entry.path)
    is_general = "Discriminator" in event
    name = event.text("Discriminator" if is_general else "Type")
    kind = (_KIND_BY_GENERAL_EVENT if is_general else _KIND_BY_WEBSOCKET_EVENT).get(name)
    if kind is None:
        return name, None
    external_id = (event.object("Value") if is_general else event).text("Id")
    return name, Ref(kind, external_id if kind in _KINDS_WITH_ID else "")


def _parse_integration(message: MewsReader) -> Notification:
    action = message.text("Action")
    data = message.object("Data")
    enterprise = data.optional_object("Enterprise")
    return Notification(
        ignored=(action,),
        property_id=enterprise.optional_text("Id") if enterprise else None,
        new_secrets=_new_secrets(action, data),
        disabled=action in _DISABLING_ACTIONS,
    )


def _new_secrets(action: str, data: MewsReader) -> Mapping[str, str]:
    """The documented field is AccessToken in one event and ApiKey in the other."""
    if action not in {"IntegrationCreated", "IntegrationApiKeyCreated"}:
        return {}
    token = data.optional_text("AccessToken") or data.text("ApiKey")
    return {ACCESS_TOKEN: token}
