"""Simulator and client conform to the vendor's published description."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from jsonschema import Draft4Validator

from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.providers.apaleo.client import api as apaleo_api
from adapters.outbound.providers.apaleo.simulator.server import ApaleoSimulator, start_simulator
from ports.providers import Ref, RefKind
from tests.providers.apaleo.payloads import provider, spec
from tests.providers.apaleo.test_client import name, open_vendor_client, request
from tests.providers.simulator_harness import (
    Exchange,
    check_and_pull,
    check_journal_restores_state,
    check_webhooks_name_one_entity,
    described_requests,
    recorded_exchanges,
)

# Availability v1 and the identity server have no published description among ours.
UNDESCRIBED = ("/availability/", "/connect/")


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    simulator = ApaleoSimulator(create_activity_generator(bookings=80))
    with recorded_exchanges(simulator, apaleo_api, 50) as found:
        stay = next(iter(simulator.hotel.stays()))
        with open_vendor_client(simulator) as client:
            check_and_pull(client, request, simulator)
            refs = [Ref(RefKind.BOOKING, name(stay)), Ref(RefKind.BOOKING, stay.booking_id)]
            client.fetch([*refs, Ref(RefKind.BOOKING, "NO-1"), Ref(RefKind.RECORDS)])
    return found


def described(path: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The operation and the definitions of its file."""
    if path.startswith(UNDESCRIBED):
        return None
    is_complete = spec("booking.json" if path.startswith("/booking/") else "inventory.json")
    for template, operations in is_complete["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return operations["get"], is_complete["definitions"]
    raise AssertionError(f"no such path: {path}")


class TestAnswers:
    def test_responses_match_vendor_schema(self, exchanges: list[Exchange]) -> None:
        validated = set()
        for call, reply in exchanges:
            path = urlsplit(call.path).path
            found = described(path)
            if found is None:
                continue
            operation, definitions = found
            assert str(reply.status) in operation["responses"], path
            schema = operation["responses"][str(reply.status)].get("schema")
            if reply.status == 200:
                validator = Draft4Validator({**schema, "definitions": definitions})
                problems = [e.message for e in validator.iter_errors(orjson.loads(reply.body))]
                assert problems == [], path
                validated.add(schema["$ref"])
        assert len(validated) == 5

    def test_return_an_unreliable_count(self, exchanges: list[Exchange]) -> None:
        lists = [orjson.loads(reply.body) for _, reply in exchanges if b'"count"' in reply.body]
        assert {found["count"] for found in lists} == {0}


class TestRequests:
    def test_client_requests_match_vendor_schema(self, exchanges: list[Exchange]) -> None:
        asked = 0
        for call, query, found in described_requests(exchanges, described):
            known = {each["name"]: each for each in found[0]["parameters"] if each["in"] == "query"}
            for parameter, values in parse_qs(query).items():
                assert parameter in known, (call.path, parameter)
                check_value(known[parameter], values[0])
                asked += 1
        assert asked > 50

    def test_always_set_a_page_size(self, exchanges: list[Exchange]) -> None:
        for call, _ in exchanges:
            parts = urlsplit(call.path)
            if call.method == "GET" and not re.search(r"reservations/.", parts.path):
                assert "pageSize" in parse_qs(parts.query), parts.path


def check_value(parameter: dict[str, Any], value: str) -> None:
    each = value.split(",") if parameter["type"] == "array" else [value]
    texts = parameter.get("enum") or parameter.get("items", {}).get("enum")
    if texts is not None:
        assert set(each) <= set(texts), parameter["name"]
    if parameter["type"] == "integer":
        assert value.isdecimal()
    if parameter.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)


class TestWebhooks:
    def test_webhooks_name_one_entity_and_are_parsed(self) -> None:
        simulator = ApaleoSimulator(create_activity_generator(bookings=60))
        check_webhooks_name_one_entity(simulator, provider)


class TestOptions:
    def test_restores_state_from_journal(self, tmp_path: Path) -> None:
        check_journal_restores_state(start_simulator, tmp_path / "journal")
