"""A list that is empty although its own count is not: silence is never a success."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from domain.messages import ItemKind
from domain.sync_run import SyncKind
from ports.errors import UnreadableAnswer, UnreadableMessage
from tests.providers.apaleo import payloads as apaleo_payloads
from tests.providers.apaleo import test_client as apaleo
from tests.providers.client_harness import VendorClients, start_simulators
from tests.providers.cloudbeds import test_client as cloudbeds
from tests.providers.ohip import client_fixtures as ohip
from tests.providers.vendor_payloads import hotel_context, installed_provider, read_items

BOOKING, GUEST, AVAILABILITY = ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY
OHIP_PAGE: Final = {"reservationInfo": [], "totalResults": 3}
PUSHED: Final[list[tuple[str, ItemKind, Any]]] = [
    ("apaleo", BOOKING, {"reservations": [], "count": 3}),
    ("apaleo", BOOKING, {"reservations": [], "count": "3"}),
    ("apaleo", AVAILABILITY, {"timeSlices": [], "count": 1}),
    ("cloudbeds", BOOKING, {"success": True, "data": [], "count": 0, "total": 3}),
    ("cloudbeds", BOOKING, {"success": True, "data": {}, "count": 3}),
    ("cloudbeds", BOOKING, {"data": {"data": [], "total": 3}}),
    ("cloudbeds", GUEST, {"success": True, "data": [], "total": "3"}),
    ("cloudbeds", AVAILABILITY, {"success": True, "data": [], "total": 3}),
    ("ohip", BOOKING, {"reservations": OHIP_PAGE}),
    ("ohip", BOOKING, {"reservations": {"reservations": OHIP_PAGE}}),
    ("ohip", BOOKING, {"reservations": {"reservation": [], "count": 1}}),
    ("ohip", BOOKING, {"totalResults": 1, "reservations": []}),
    ("ohip", GUEST, {"profiles": {"profileInfo": [], "totalResults": 3}}),
]
EMPTY: Final[list[tuple[str, ItemKind, Any]]] = [
    ("apaleo", BOOKING, {"reservations": [], "count": 0}),
    ("apaleo", BOOKING, {"reservations": []}),
    ("cloudbeds", BOOKING, {"success": True, "data": [], "count": 0, "total": 0}),
    ("cloudbeds", BOOKING, {"success": True, "data": [], "total": "-"}),
    ("ohip", BOOKING, {"reservations": {"reservationInfo": [], "totalResults": 0}}),
    ("ohip", BOOKING, {"reservations": {"reservationInfo": [], "totalResults": True}}),
]


@pytest.mark.parametrize(("name", "kind", "message"), PUSHED)
class TestPushedMessage:
    def test_without_its_items_is_unreadable(self, name: str, kind: ItemKind, message: Any) -> None:
        body = json.dumps(message).encode()
        with pytest.raises(UnreadableMessage) as caught:
            installed_provider(name).read_items(kind, [body], hotel_context(), limit=9)
        assert caught.value.path


class TestEmptyMessage:
    @pytest.mark.parametrize(("name", "kind", "message"), EMPTY)
    def test_is_accepted_by_its_count(self, name: str, kind: ItemKind, message: Any) -> None:
        assert read_items(installed_provider(name), kind, message) == []

    def test_with_items_may_count_none(self) -> None:
        page = {**apaleo_payloads.page(), "count": 0}
        (item,) = read_items(apaleo_payloads.provider, BOOKING, page)
        assert item.reason is None

    def test_among_others_is_refused_alone(self) -> None:
        messages = [{"reservations": [], "count": 3}, apaleo_payloads.page()]
        lost, item = read_items(apaleo_payloads.provider, BOOKING, messages)
        assert (lost.reason is not None, item.reason) == (True, None)


def without(*path: str) -> Callable[[Any], Any]:
    """Empties the list at the path of a response, not its count."""

    def empty(body: Any) -> Any:
        holder = body
        for key in path[:-1]:
            holder = holder.get(key, {})
        if isinstance(holder.get(path[-1]), list):
            holder[path[-1]] = []
        return body

    return empty


def with_count(empty: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda body: {**empty(body), "count": 9}


CLIENTS: Final[dict[str, tuple[VendorClients, Callable[[Any], Any]]]] = {
    "apaleo": (apaleo.CLIENTS, with_count(without("reservations"))),
    "cloudbeds": (cloudbeds.CLIENTS, without("data")),
    "ohip": (ohip.CLIENTS, without("reservations", "reservationInfo")),
}


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("page", [1, 2])
class TestPull:
    def test_fails_at_a_page_without_its_items(self, name: str, page: int) -> None:
        clients, empty = CLIENTS[name]
        requested: list[str] = []

        def respond(call: Call) -> Reply:
            reply: Reply = answer(call)
            if clients.reservations_path not in call.path or reply.status != 200:
                return reply
            requested.append(call.path)
            if len(requested) < page:
                return reply
            return replace(reply, body=json.dumps(empty(json.loads(reply.body))).encode())

        with start_simulators(clients.create_simulator) as start:
            simulator = start(20)
            answer = simulator._answer_vendor
            simulator.serve(respond)
            with clients.open(simulator) as client, pytest.raises(UnreadableAnswer):
                list(client.pull(clients.request(simulator, SyncKind.FULL)))
