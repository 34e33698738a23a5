"""Simulator and client conform to the vendor's published description."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from jsonschema import Draft202012Validator

from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call
from adapters.outbound.providers.cloudbeds import capabilities
from adapters.outbound.providers.cloudbeds.simulator.api import PREFIX
from adapters.outbound.providers.cloudbeds.simulator.server import (
    CloudbedsSimulator,
    start_simulator,
)
from ports.providers import Ref, RefKind
from tests.providers.cloudbeds.payloads import provider, spec
from tests.providers.cloudbeds.test_client import open_vendor_client, request
from tests.providers.simulator_harness import (
    Exchange,
    check_and_pull,
    check_journal_restores_state,
    check_webhooks_name_one_entity,
    receive_webhooks,
    recorded_exchanges,
)

METHODS = {
    "/access_token",
    "/getHotels",
    "/getHotelDetails",
    "/getRoomTypes",
    "/getRooms",
    "/getRatePlans",
    "/getReservationsWithRateDetails",
    "/getReservation",
    "/getGuest",
    "/getGuestList",
}


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    simulator = CloudbedsSimulator(create_activity_generator(bookings=70))
    with recorded_exchanges(simulator, capabilities, 50) as found:
        for act in (ScenarioAction.CANCEL, ScenarioAction.DELETE):
            simulator.act(act)
        booking = simulator.hotel.expected_bookings()[0]
        with open_vendor_client(simulator) as client:
            check_and_pull(client, request, simulator)
            refs = [Ref(RefKind.BOOKING, simulator.renderer.reservation_id(booking.id))]
            person = simulator.renderer.guest_id(booking.stays[0].guest_id)
            client.fetch([*refs, Ref(RefKind.BOOKING, "1"), Ref(RefKind.GUEST, person)])
            client.fetch([Ref(RefKind.GUEST, "1")])
        # The client does not request it: the list has all fields.
        reply = simulator.api.answer(
            Call(
                "GET",
                f"{PREFIX}getReservation?reservationID={refs[0].external_id}",
                {"x-api-key": simulator.credentials.api_key},
                b"",
            )
        )
        found.append((Call("GET", f"{PREFIX}getReservation", {}, b""), reply))
    return found


def method_of(call: Call) -> str:
    return "/" + urlsplit(call.path).path.removeprefix(PREFIX)


def operation(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = spec()["paths"][method_of(call)][call.method.lower()]
    return found


def strict_schema(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema; fields that are not described are rejected."""
    if isinstance(schema, list):
        return [strict_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    payload = {key: strict_schema(value) for key, value in schema.items() if key != "example"}
    if payload.get("nullable") is True:
        if isinstance(payload.get("type"), str):
            payload["type"] = [payload["type"], "null"]
        if "enum" in payload:
            payload["enum"] = [*payload["enum"], None]
    if isinstance(payload.get("properties"), dict) and "additionalProperties" not in payload:
        payload["additionalProperties"] = False
    return payload


def answered(call: Call) -> dict[str, Any]:
    (success,) = [
        response for code, response in operation(call)["responses"].items() if str(code) == "200"
    ]
    content = success["content"]["application/json"]
    found: dict[str, Any] = {**strict_schema(content["schema"]), "components": components()}
    return found


@cache
def components() -> Any:
    return strict_schema(spec()["components"])


def dereferenced(schema: dict[str, Any]) -> dict[str, Any]:
    found = schema
    for step in schema.get("$ref", "#").split("/")[1:]:
        found = (spec() if found is schema else found)[step]
    return found


class TestAnswers:
    def test_responses_match_vendor_schema(self, exchanges: list[Exchange]) -> None:
        validators: dict[str, Draft202012Validator] = {}
        for call, reply in exchanges:
            method = method_of(call)
            if method not in validators:
                validators[method] = Draft202012Validator(answered(call))
            assert reply.status == 200
            body = orjson.loads(reply.body)
            if body.get("success") is False:
                assert body.keys() == {"success", "message"}
                continue
            problems = [
                f"{list(error.absolute_path)}: {error.message[:200]}"
                for error in validators[method].iter_errors(body)
            ]
            assert problems == [], method
        assert validators.keys() == METHODS

    def test_contain_canceled_deleted_and_merged_records(self, exchanges: list[Exchange]) -> None:
        to_events = b"".join(reply.body for _, reply in exchanges)
        for renderer in (b'"dateCancelledUTC"', b'"isDeleted":true', b'"isMerged":true'):
            assert renderer in to_events

    def test_contain_unrounded_amounts(self, exchanges: list[Exchange]) -> None:
        assert any(re.search(rb'"total":\d+\.\d{3,}', reply.body) for _, reply in exchanges)


class TestRequests:
    def test_client_requests_match_vendor_schema(self, exchanges: list[Exchange]) -> None:
        asked = 0
        for call, _ in exchanges:
            known = {
                each["name"]: each["schema"]
                for each in operation(call).get("parameters", [])
                if each["in"] == "query"
            }
            for name, values in parse_qs(urlsplit(call.path).query).items():
                assert name in known, (call.path, name)
                check_value(known[name], values[0])
                asked += 1
        assert asked > 100

    def test_send_tokens_requests_as_forms(self, exchanges: list[Exchange]) -> None:
        forms = [call for call, _ in exchanges if method_of(call) == "/access_token"]
        assert forms
        for call in forms:
            (content,) = operation(call)["requestBody"]["content"].items()
            assert call.headers["content-type"] == content[0]
            form = parse_qs(call.body.decode())
            assert form.keys() <= dereferenced(content[1]["schema"])["properties"].keys()
            assert form["grant_type"] == ["refresh_token"]

    def test_never_exceed_the_maximum_page_size(self, exchanges: list[Exchange]) -> None:
        sizes = [parse_qs(urlsplit(call.path).query).get("pageSize") for call, _ in exchanges]
        assert {int(size[0]) for size in sizes if size} <= {1, 50}


def check_value(schema: dict[str, Any], value: str) -> None:
    if "enum" in schema:
        assert value in schema["enum"]
    if schema["type"] == "integer":
        assert value.isdecimal()
    if schema["type"] == "boolean":
        assert value in ("true", "false")
    if schema.get("format") == "date":
        assert date.fromisoformat(value)
    if schema.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value)


class TestWebhooks:
    def test_webhooks_name_one_entity_and_are_parsed(self) -> None:
        simulator = CloudbedsSimulator(create_activity_generator(bookings=60))
        notifications = check_webhooks_name_one_entity(simulator, provider)
        assert {found.property_id for found in notifications} == {"100001"}

    def test_webhooks_have_both_key_spellings_and_fractions_of_seconds(self) -> None:
        simulator = CloudbedsSimulator(create_activity_generator(bookings=60))
        bodies, _ = receive_webhooks(simulator, events=80)
        keys = {key for body in bodies for key in body}
        assert {"reservationID", "reservationId", "propertyID", "propertyId", "guestId"} <= keys
        assert all(isinstance(body["timestamp"], float) for body in bodies)


class TestHotel:
    def test_guest_change_does_not_update_the_reservation(self) -> None:
        simulator = CloudbedsSimulator(create_activity_generator(bookings=20))
        booking = simulator.hotel.expected_bookings()[0]
        before = simulator.renderer.modified(booking)
        guest = simulator.hotel.guests[booking.stays[0].guest_id]
        simulator.activity.commands.change_guest(guest, "new@example.com")
        (event,) = simulator.render_events(simulator.activity.commands.take_events())
        assert event.name == "guest/details_changed"
        assert simulator.renderer.modified(booking) == before
        simulator.stop()

    def test_action_applies_to_all_rooms(self) -> None:
        simulator = CloudbedsSimulator(create_activity_generator(bookings=40))
        before = {true.external_id for true in simulator.expected_bookings()}
        removed = simulator.act(ScenarioAction.DELETE)
        assert before - {true.external_id for true in simulator.expected_bookings()} == {removed}
        bodies = [orjson.loads(message.body) for message in simulator.messages()]
        assert bodies[-1]["event"] == "reservation/deleted"
        simulator.stop()


class TestOptions:
    def test_restores_state_from_journal(self, tmp_path: Path) -> None:
        check_journal_restores_state(start_simulator, tmp_path / "journal")
