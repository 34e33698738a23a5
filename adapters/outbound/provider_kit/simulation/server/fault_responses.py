"""Responses of calls that a fault hits: none, an error, or a corrupted one."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import TypeAlias

from adapters.outbound.provider_kit.simulation.server.fault_plan import (
    HOTEL_FAULT_KINDS,
    RETRY_AFTER_DATE,
    RETRY_AFTER_MISSING,
    STATUS_KINDS,
    Fault,
    FaultKind,
)
from adapters.outbound.provider_kit.simulation.server.loopback_http import Reply

JsonObject: TypeAlias = dict[str, object]
ErrorRenderer: TypeAlias = Callable[[int, str | None], Reply]
"""Renders an error in the vendor's format; the second argument is the Retry-After header or None.
"""

HTML = b"<!DOCTYPE html><html><body><h1>Service maintenance</h1></body></html>"
UNKNOWN_STATE = "Teleported"
NEW_FIELD = "SimulatedNewField"
SENSITIVE_VALUES = ("Simulated Holder", "2031-07", "X7654321")
"""That a sensitive-field fault adds: none of them may be in a snapshot."""

_ADDED_FIELDS: Mapping[FaultKind, JsonObject] = {
    FaultKind.NEW_FIELD: {NEW_FIELD: {"Nested": [True, None]}},
    FaultKind.SENSITIVE_FIELD: {
        "registeredCard": {"holder": SENSITIVE_VALUES[0], "expiry": SENSITIVE_VALUES[1]},
        "SimulatedNested": [{"passportNumber": SENSITIVE_VALUES[2]}],
    },
}


@dataclass(frozen=True, slots=True)
class CorruptibleFields:
    """The vendor's names. `state`: of a booking's state. `needed`: fields that the mapping needs; a
    fault corrupts the first that an item has. `required`: used instead of `needed` to leave a field
    out, where the mapping falls back to an older field."""

    state: str
    needed: tuple[str, ...]
    required: tuple[str, ...] = ()


def fault_reply(
    injected: Sequence[Fault],
    render_error: ErrorRenderer,
    stopping: threading.Event,
    headers: Mapping[str, str],
) -> Reply | None:
    """The response instead of the vendor's; None where the call passes."""
    for fault in injected:
        if fault.kind in STATUS_KINDS:
            return render_error(int(fault.kind), retry_after(fault))
        if fault.kind is FaultKind.STALL:
            stopping.wait(fault.seconds)
            return Reply(200, cut=0)
        if fault.kind is FaultKind.HTML:
            return Reply(200, HTML, headers, "text/html")
    return None


def retry_after(fault: Fault) -> str | None:
    """The header's text."""
    if fault.kind not in {FaultKind.TOO_MANY_REQUESTS, FaultKind.UNAVAILABLE}:
        return None
    if fault.retry_after == RETRY_AFTER_MISSING:
        return None
    if fault.retry_after == RETRY_AFTER_DATE:
        return formatdate(time.time() + 2, usegmt=True)
    return fault.retry_after


def truncated_share(injected: Sequence[Fault]) -> float | None:
    """The share of the body that is sent."""
    return 0.5 if any(fault.kind is FaultKind.TRUNCATED for fault in injected) else None


def corrupt_items(
    answer: JsonObject,
    injected: Sequence[Fault],
    fields: CorruptibleFields,
    pick: Callable[[int], int],
) -> None:
    for fault in injected:
        if fault.kind not in HOTEL_FAULT_KINDS and fault.kind is not FaultKind.TRUNCATED:
            corrupt_item(answer, fault, pick(1_000_000), fields)


def corrupt_item(
    answer: JsonObject, fault: Fault, position: int, fields: CorruptibleFields
) -> None:
    """Corrupts one item (new-field, sensitive-field: all) of a response in place; responses without
    items are unchanged."""
    items = next((value for value in answer.values() if isinstance(value, list) and value), None)
    if items is None or not isinstance(items[0], dict):
        return
    if added := _ADDED_FIELDS.get(fault.kind):
        further = _sensitive_field(fault.field) if fault.field else {}
        items[:] = [{**item, **added, **further} for item in items]
        return
    item = items[position % len(items)] = dict(items[position % len(items)])
    if fault.kind is FaultKind.UNKNOWN_STATE:
        item[fields.state] = UNKNOWN_STATE
    else:
        _corrupt_field(item, fault, fields)


def _sensitive_field(path: str) -> JsonObject:
    parent, _, name = path.rpartition(".")
    field: JsonObject = {name: SENSITIVE_VALUES[0]}
    return {parent: field} if parent else field


def _corrupt_field(item: JsonObject, fault: Fault, fields: CorruptibleFields) -> None:
    """Leaves a field out or gives it another type."""
    is_left_out = fault.kind is FaultKind.MISSING_FIELD
    needed = (is_left_out and fields.required) or fields.needed
    name = fault.field or next((name for name in needed if name in item), None)
    if name is None:
        return
    if is_left_out:
        item.pop(name, None)
    else:
        item[name] = 17 if isinstance(item.get(name), str) else "seventeen"
