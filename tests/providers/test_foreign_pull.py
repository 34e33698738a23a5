"""An API's response that names another property around its bookings: none of them is applied."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, NamedTuple

import pytest

from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from domain.messages import ItemKind
from ports.providers import Page, Ref, RefKind
from tests.providers.apaleo import test_client as apaleo
from tests.providers.client_harness import VendorClients, start_simulators
from tests.providers.cloudbeds import test_client as cloudbeds
from tests.providers.mews import test_client as mews
from tests.providers.ohip import client_fixtures as ohip


class Vendor(NamedTuple):
    """`lists`: the paths of the lists in responses. `own`: an item's key that names its property;
    `named`: that of another property, set in the object at this `depth` around the list.
    `is_listed_alone`: whether a single booking comes in a list, too."""

    clients: VendorClients
    lists: tuple[tuple[str, ...], ...]
    own: str
    named: dict[str, Any]
    depth: int = 0
    is_listed_alone: bool = True


VENDORS: Final = {
    "apaleo": Vendor(
        apaleo.CLIENTS,
        (("reservations",),),
        "property",
        {"propertyId": "OTHER"},
        is_listed_alone=False,
    ),
    "cloudbeds": Vendor(cloudbeds.CLIENTS, (("data",),), "propertyID", {"propertyID": "OTHER"}),
    "mews": Vendor(mews.CLIENTS, (("Reservations",),), "EnterpriseId", {"EnterpriseId": "OTHER"}),
    **{
        f"ohip {depth}": Vendor(
            ohip.CLIENTS,
            (("reservations", "reservationInfo"), ("reservations", "reservation")),
            "hotelId",
            {"hotelId": "OTHER"},
            depth,
        )
        for depth in (0, 1)
    },
}


def renamed(vendor: Vendor, body: Any) -> Any:
    """The response, if it lists bookings, with the other property around them only."""
    for path in vendor.lists:
        around = [body]
        for key in path:
            around.append(around[-1].get(key) if isinstance(around[-1], dict) else None)
        if isinstance(around[-1], list):
            for booking in around[-1]:
                booking.pop(vendor.own, None)
            around[vendor.depth].update(vendor.named)
    return body


def answering(vendor: Vendor, answer: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    def respond(call: Call) -> Reply:
        reply = answer(call)
        if reply.status != 200 or "eservation" not in call.path or not reply.body:
            return reply
        return replace(reply, body=json.dumps(renamed(vendor, json.loads(reply.body))).encode())

    return respond


def accepted(pages: Iterable[Page], property_id: str) -> list[str]:
    items = [item.refused_if_foreign(property_id) for page in pages for item in page.items]
    return [
        item.external_id
        for item in items
        if item.kind is ItemKind.BOOKING and item.snapshot and item.external_id
    ]


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())
class TestBookingsOfAnotherProperty:
    def test_are_not_accepted_from_the_api(self, vendor: Vendor) -> None:
        clients = vendor.clients
        with start_simulators(clients.create_simulator) as start:
            simulator = start(20)
            with clients.open(simulator) as client:
                property_id = client.check().property_id
                own = list(client.pull(clients.request(simulator)))
            known = accepted(own, property_id)
            assert known
            simulator.serve(answering(vendor, simulator._answer_vendor))
            with clients.open(simulator) as client:
                found = list(client.pull(clients.request(simulator)))
                if vendor.is_listed_alone:
                    found.append(client.fetch([Ref(RefKind.BOOKING, known[0])]))
            assert accepted(found, property_id) == []
