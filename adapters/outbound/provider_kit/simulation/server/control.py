"""A simulator's own endpoints under /simulator/, for demos and tests; no vendor API."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Protocol

import orjson

from adapters.outbound.provider_kit.simulation.server.fault_plan import (
    FaultPlan,
    InvalidFault,
    fault_from,
)
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.webhook_sender import (
    WebhookFaults,
    WebhookTargetRefused,
)

MAX_DAYS, MAX_EVENTS = 400, 100_000
DEFAULT_EVENTS = 3


class ControlRefused(ValueError):
    """An invalid control request."""


class ControllableSimulator(Protocol):
    """What the control endpoints act on."""

    faults: FaultPlan
    webhook_auth: str | None

    def state(self) -> JsonObject: ...

    def advance(self, *, days: int = 0, events: int = 0) -> Sequence[object]: ...

    def connection_values(self) -> Mapping[str, str]: ...

    def start_activity(self, every_seconds: float, events: int) -> None: ...

    def send_webhooks_to(self, url: str, webhook_faults: WebhookFaults | None = None) -> object: ...


class ControlApi:
    def __init__(self, simulator: ControllableSimulator) -> None:
        self._simulator = simulator

    def answer(self, call: Call) -> Reply:
        handlers = {
            ("GET", "/simulator/state"): self._state,
            ("GET", "/simulator/connection"): self._connection,
            ("POST", "/simulator/advance"): self._advance,
            ("POST", "/simulator/faults"): self._set_faults,
            ("POST", "/simulator/webhooks"): self._set_webhooks,
            ("POST", "/simulator/activity"): self._start_activity,
        }
        handler = handlers.get((call.method, call.path))
        if handler is None:
            return _reply(404, {"error": "no such endpoint"})
        try:
            return _reply(200, handler(_json_object(call.body)))
        except (ControlRefused, InvalidFault, WebhookTargetRefused) as error:
            return _reply(400, {"error": str(error) or type(error).__name__})

    def _state(self, _: JsonObject) -> JsonObject:
        return self._simulator.state()

    def _connection(self, _: JsonObject) -> JsonObject:
        return dict(self._simulator.connection_values())

    def _start_activity(self, body: JsonObject) -> JsonObject:
        every, events = body.get("every_seconds"), body.get("events", DEFAULT_EVENTS)
        if not isinstance(every, int | float) or every <= 0:
            raise ControlRefused("every_seconds must be a number above 0")
        self._simulator.start_activity(every, _parse_count(events, MAX_EVENTS))
        return {"every_seconds": every}

    def _advance(self, body: JsonObject) -> JsonObject:
        days = _parse_count(body.get("days", 0), MAX_DAYS)
        events = self._simulator.advance(
            days=days, events=_parse_count(body.get("events", 0), MAX_EVENTS)
        )
        return {"events": len(events), **self._simulator.state()}

    def _set_faults(self, body: JsonObject) -> JsonObject:
        faults = body.get("faults", [])
        if not isinstance(faults, list) or not all(isinstance(item, dict) for item in faults):
            raise ControlRefused("faults must be a list of objects")
        faults_to_add = [fault_from(item) for item in faults]
        if body.get("clear"):
            self._simulator.faults.clear()
        for fault in faults_to_add:
            self._simulator.faults.add(fault)
        return {"added": len(faults_to_add)}

    def _set_webhooks(self, body: JsonObject) -> JsonObject:
        known = {entry.name for entry in fields(WebhookFaults)}
        values = {name: value for name, value in body.items() if name not in ("url", "auth")}
        if not values.keys() <= known or not all(
            isinstance(v, int | float) for v in values.values()
        ):
            raise ControlRefused("unknown or non-numeric webhook fault")
        self._simulator.webhook_auth = str(body["auth"]) if "auth" in body else None
        self._simulator.send_webhooks_to(str(body.get("url")), WebhookFaults(**values))  # type: ignore[arg-type]  # numbers, checked above
        return {"webhooks": "on"}


def _json_object(body: bytes) -> JsonObject:
    try:
        value = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise ControlRefused("not JSON") from None
    if not isinstance(value, dict):
        raise ControlRefused("not a JSON object")
    return value


def _parse_count(value: object, limit: int) -> int:
    if type(value) is not int or not 0 <= value <= limit:
        raise ControlRefused(f"expected a whole number from 0 to {limit}")
    return value


def _reply(status: int, body: JsonObject) -> Reply:
    return Reply(status, orjson.dumps(body))
