"""Simulator and client conform to the vendor's published description."""

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from jsonschema import Draft4Validator

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.loopback_http import Reply
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from adapters.outbound.providers.ohip.client import hotel as ohip_hotel
from adapters.outbound.providers.ohip.simulator.server import OhipSimulator, start_simulator
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.values import ABSENT
from ports.providers import Ref, RefKind
from tests.providers.ohip.client_fixtures import (
    create_simulator,
    now_of,
    open_vendor_client,
    request,
)
from tests.providers.ohip.payloads import context, provider, spec
from tests.providers.simulator_harness import (
    Exchange,
    check_and_pull,
    check_journal_restores_state,
    described_requests,
    parse_webhooks,
    receive_webhooks,
    recorded_exchanges,
)

DESCRIBED = {"/rsv/v1": "rsv.json", "/int/v1": "int.json", "/inv/v1": "inv.json"} | {
    "/oauth/v1": "oauth.json"
}
# crm and bof have no published description among ours.
UNDESCRIBED = ("/crm/", "/bof/")


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    simulator = create_simulator(bookings=150, seed=4)
    with recorded_exchanges(simulator, ohip_hotel, 25) as found:
        split_one(simulator)
        one = next(simulator.simulated_reservations.reservations())
        with open_vendor_client(simulator) as client:
            check_and_pull(client, request, simulator)
            refs = [
                Ref(RefKind.BOOKING, one.id),
                Ref(RefKind.BOOKING, "9"),
                Ref(RefKind.GUEST, "9"),
            ]
            client.fetch([*refs, Ref(RefKind.RECORDS)])
            for reservation in list(simulator.simulated_reservations.reservations())[::-2]:
                asked_alone(simulator, reservation.id, into=found)
    return found


def split_one(simulator: OhipSimulator) -> None:
    booking = simulator.hotel.bookings[min(simulator.simulated_reservations.unsplit_bookings)]
    simulator.activity.commands.cancel(booking.stays[1])
    simulator.render_events(simulator.activity.commands.take_events())


def asked_alone(simulator: OhipSimulator, name: str, *, into: list[Exchange]) -> None:
    """As the client requests what a list does not contain."""
    (path,) = (urlsplit(c.path) for c, r in into if "/reservations/9" in c.path and r.status == 404)
    call = next(call for call, _ in into if "/reservations/9" in call.path)
    is_complete = path._replace(path=path.path.removesuffix("9") + name).geturl()
    asked = replace(call, path=is_complete)
    into.append((asked, simulator.api.answer(asked)))


@cache
def described(path: str) -> tuple[dict[str, Any], str] | None:
    """The operation and its file."""
    if path.startswith(UNDESCRIBED):
        return None
    base = next(one for one in DESCRIBED if path.startswith(one))
    for template, operations in spec(DESCRIBED[base])["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path.removeprefix(base)):
            found: dict[str, Any] = next(iter(operations.values()))
            if "get" in operations:
                found = operations["get"]
            return found, DESCRIBED[base]
    raise AssertionError(f"no such path: {path}")


@cache
def validator(file: str, reference: str) -> Draft4Validator:
    return Draft4Validator({"$ref": reference, "definitions": possible(spec(file)["definitions"])})


def possible(schema: Any) -> Any:
    """Accepts dates of ten characters where the description requires at most eight: it contradicts
    its own format, and its samples have ten."""
    if isinstance(schema, dict):
        is_date = schema.get("format") == "date"
        kept = {key: value for key, value in schema.items() if not (is_date and key == "maxLength")}
        return {key: possible(value) for key, value in kept.items()}
    return [possible(one) for one in schema] if isinstance(schema, list) else schema


def schema_of(reply: Reply, operation: dict[str, Any], file: str) -> str | None:
    responses = operation["responses"]
    assert str(reply.status) in responses, (operation.get("operationId"), reply.status)
    found = responses[str(reply.status)]
    if "$ref" in found:
        found = spec(file)["responses"][found["$ref"].rpartition("/")[2]]
    reference: str | None = found.get("schema", {}).get("$ref")
    return reference


class TestAnswers:
    def test_responses_match_vendor_schema(self, exchanges: list[Exchange]) -> None:
        validated = set()
        for call, reply in exchanges:
            found = described(urlsplit(call.path).path)
            if found is None:
                continue
            reference = schema_of(reply, *found)
            if reference is None:
                continue
            checked = validator(found[1], reference)
            problems = [
                (list(error.path), error.message)
                for error in checked.iter_errors(orjson.loads(reply.body))
            ]
            assert problems[:3] == [], call.path
            validated.add((found[1], reference))
        assert {name for _, reference in validated for name in [reference.rpartition("/")[2]]} == {
            "OAuth2TokenResponse",
            "businessEvents",
            "exceptionDetailType",
            "inventoryStatistics",
            "reservation",
            "reservationsDetails",
        }

    def test_contain_only_described_fields(self, exchanges: list[Exchange]) -> None:
        definitions = spec("rsv.json")["definitions"]
        for call, reply in exchanges:
            path = urlsplit(call.path).path
            if not path.startswith("/rsv/") or reply.status != 200:
                continue
            schema = schema_of(reply, *(described(path) or ({}, "")))
            assert undescribed(orjson.loads(reply.body), {"$ref": schema}, definitions) == []

    def test_of_a_list_and_of_one_reservation_agree(self, exchanges: list[Exchange]) -> None:
        """Fields that only one shape has are absent from the other."""
        in_lists, single_reservation = (
            reported(exchanges, "reservationInfo"),
            reported(exchanges, "reservation"),
        )
        assert len(single_reservation) > 80
        compared: set[str] = set()
        for name in in_lists.keys() & single_reservation.keys():
            one, other = in_lists[name], single_reservation[name]
            if one.version == other.version:
                assert differing(one, other) == set(), name
                compared.add(name)
        assert len(compared) > 80
        assert any(one.share_id for one in in_lists.values())
        assert any(one.group_id is not ABSENT for one in in_lists.values())
        assert {room.units for one in in_lists.values() for room in one.rooms or ()} > {1}


def reported(exchanges: list[Exchange], key: str) -> dict[str, BookingSnapshot]:
    found: dict[str, BookingSnapshot] = {}
    for call, reply in exchanges:
        if "/rsv/" not in call.path or reply.status != 200:
            continue
        if key in orjson.loads(reply.body)["reservations"]:
            for item in provider.read_items(ItemKind.BOOKING, [reply.body], context(), limit=1_000):
                assert isinstance(item.snapshot, BookingSnapshot), item.reason
                found[item.snapshot.external_id] = item.snapshot
    return found


def differing(one: BookingSnapshot, other: BookingSnapshot) -> set[str]:
    """`extras` are compared without the paths of each shape."""
    names = set(one.__slots__) - {"extras"}
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in names}
    one_sided = {name for name, (a, b) in pairs.items() if (a is ABSENT) != (b is ABSENT)}
    # A list has no comments, a single response no specials; empty fields are left out.
    assert one_sided <= {"notes", "special_requests", "further_guests", "cancel_reason"}
    return {name for name, (a, b) in pairs.items() if name not in one_sided and a != b}


def undescribed(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        return [p for one in value for p in undescribed(one, schema.get("items", {}), definitions)]
    if not isinstance(value, dict):
        return []
    known = schema.get("properties", {})
    unknown = [key for key in value if key not in known]
    inner = [
        p
        for key, one in value.items()
        if key in known
        for p in undescribed(one, known[key], definitions)
    ]
    return unknown + inner


class TestRequests:
    def test_client_requests_match_vendor_schema(self, exchanges: list[Exchange]) -> None:
        asked = 0
        for call, query, found in described_requests(exchanges, described):
            parameters = [resolved(one, found[1]) for one in found[0]["parameters"]]
            known = {one["name"]: one for one in parameters if one["in"] == "query"}
            for name, value in parse_qsl(query, strict_parsing=bool(query)):
                assert name in known, (call.path, name)
                check_value(known[name], value)
                asked += 1
            for needed in (one for one in parameters if one.get("required") is True):
                if needed["in"] == "header":
                    assert needed["name"].lower() in call.headers, needed["name"]
                if needed["in"] == "query":
                    assert needed["name"] in query
        assert asked > 200

    def test_name_counts_and_their_values_in_pairs(self, exchanges: list[Exchange]) -> None:
        for call, _ in exchanges:
            if "inventoryStatistics" in call.path:
                pairs = parse_qsl(urlsplit(call.path).query)
                names = [name for name, _ in pairs if name.startswith("parameter")]
                assert names == ["parameterName", "parameterValue"] * (len(names) // 2)
                assert len(names) > 4

    def test_for_tokens_name_the_grant(self, exchanges: list[Exchange]) -> None:
        (call,) = (call for call, _ in exchanges if "/oauth/" in call.path)
        operation = described("/oauth/v1/tokens")
        assert operation is not None
        form = [resolved(one, "oauth.json") for one in operation[0]["parameters"]]
        known = {one["name"] for one in form if one["in"] == "formData"}
        assert {name for name, _ in parse_qsl(call.body.decode())} <= known


def resolved(parameter: dict[str, Any], file: str) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = spec(file)["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


def check_value(parameter: dict[str, Any], value: str) -> None:
    renderer = parameter.get("enum") or parameter.get("items", {}).get("enum")
    if renderer is not None:
        assert value in renderer, parameter["name"]
    if parameter["type"] == "integer":
        assert value.isdecimal()
        assert int(value) <= parameter.get("maximum", int(value))
    if parameter.get("format") == "date":
        date.fromisoformat(value)


class TestEvents:
    def test_are_delivered_once(self) -> None:
        with create_simulator(bookings=60) as simulator:
            happened = simulator.advance(days=2, events=30)
            assert len(simulator.api.queue) == len(happened)
            taken = [simulator.api.queue.take(20) for _ in range(20)]
            assert [event for page in taken for event in page] == list(happened)
            assert len(simulator.api.queue) == 0

    def test_are_pushed_by_a_relay_and_parsed(self) -> None:
        bodies, _ = receive_webhooks(create_simulator(bookings=60), days=2, events=60)
        found = parse_webhooks(provider, bodies)
        assert sum(len(one.refs) for one in found) > 30
        assert {one.property_id for one in found} == {"SIM1"}
        assert {name for one in found for name in one.ignored} <= {
            "Housekeeping/UPDATE ROOM STATUS"
        }


class TestScenario:
    def test_action_updates_expected_bookings(self) -> None:
        with create_simulator(bookings=200) as simulator:
            for act in ScenarioAction:
                name = simulator.act(act)
                there = {one.external_id for one in simulator.expected_bookings()}
                assert name is not None
                assert (name in there) is (act is not ScenarioAction.DELETE)
                (message, *_) = simulator.messages()
                payload = provider.read_notification(message.body, context())
                assert Ref(RefKind.BOOKING, name) in payload.refs or act is ScenarioAction.DELETE
            assert simulator.messages() == []

    def test_has_an_unknown_event(self) -> None:
        with create_simulator(bookings=10) as simulator:
            message = simulator.unknown_message()
        assert message is not None
        payload = provider.read_notification(message.body, context())
        assert (payload.refs, payload.ignored) == ((), ("Spaceport/ROCKET LANDED",))

    @pytest.mark.parametrize("bookings", [0, 1])
    def test_starts_with_an_almost_empty_hotel(self, bookings: int) -> None:
        simulator = start_simulator(SimulatorOptions(bookings=bookings))
        try:
            with open_vendor_client(simulator) as client:
                pages = list(client.pull(request(simulator)))
            assert len({i.external_id for p in pages for i in p.items}) >= bookings
        finally:
            simulator.stop()

    def test_restores_state_from_journal(self, tmp_path: Path) -> None:
        check_journal_restores_state(
            start_simulator,
            tmp_path / "journal",
            state_of=lambda simulator: [
                (one.external_id, one.total) for one in simulator.expected_bookings()
            ],
            today_of=lambda simulator: simulator.simulated_reservations.business_date,
        )


class TestSplits:
    def test_come_before_the_first_change_of_a_room(self) -> None:
        with create_simulator(bookings=400) as simulator:
            simulated_reservations = simulator.simulated_reservations
            booking_id = min(simulated_reservations.unsplit_bookings)
            stays = simulator.hotel.bookings[booking_id].stays
            (before,) = (
                one for one in simulated_reservations.reservations() if one.stay is stays[0]
            )
            simulator.activity.commands.cancel(stays[1])
            happened = simulator.render_events(simulator.activity.commands.take_events())
            after = [one for one in simulated_reservations.reservations() if one.stay in stays]
        assert before.units == len(stays) == len(after)
        assert {one.parent_id for one in after} == {None, before.id}
        assert [event.action for event in happened][-1] == "CANCEL RESERVATION"
        assert {"NEW RESERVATION", "UPDATE RESERVATION"} < {e.action for e in happened}

    def test_come_before_the_arrival(self) -> None:
        with create_simulator(bookings=400) as simulator:
            first = set(simulator.simulated_reservations.unsplit_bookings)
            assert first
            for _ in range(40):
                simulator.advance(days=1)
                tomorrow = simulator.simulated_reservations.business_date + timedelta(days=1)
                for one in simulator.simulated_reservations.reservations():
                    assert one.units <= 1 or one.stay.arrival > tomorrow
            assert simulator.simulated_reservations.unsplit_bookings < first
            assert now_of(simulator)
