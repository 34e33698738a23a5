"""The simulator's responses have the fields and JSON types of the vendor's samples."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers.mews.simulator_client import RESERVATIONS, Wire, new_simulator

SAMPLES = (
    Path(os.environ.get("PMS_VENDOR_SAMPLES", Path(__file__).parents[4] / "shared/vendor-samples"))
    / "mews"
)
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the publishers' samples are not here (PMS_VENDOR_SAMPLES)"
)
ONE_OF_MANY = {
    "Reservations": (
        RESERVATIONS,
        "op-reservations__get-all-reservations-ver-2023-06-06-response.json",
    ),
    "OrderItems": ("orderItems/getAll", "op-orderitems__get-all-order-items-response.json"),
    "Companionships": (
        "companionships/getAll",
        "op-companionships__get-all-companionships-response.json",
    ),
    "ReservationGroups": (
        "reservationGroups/getAll",
        "op-reservationgroups__get-all-reservation-groups-response.json",
    ),
    "Services": ("services/getAll", "op-services__get-all-services-response.json"),
    "Resources": ("resources/getAll", "op-resources__get-all-resources-response.json"),
    "ResourceCategories": (
        "resourceCategories/getAll",
        "op-resourcecategories__get-all-resource-categories-response.json",
    ),
    "ResourceBlocks": (
        "resourceBlocks/getAll",
        "op-resourceblocks__get-all-resource-blocks-response.json",
    ),
    "Rates": ("rates/getAll", "op-rates__get-all-rates-response.json"),
    "AgeCategories": (
        "ageCategories/getAll",
        "op-agecategories__get-all-age-categories-response.json",
    ),
}


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with new_simulator(seed=11, bookings=400) as simulator:
        client = Wire(simulator)
        yield client
        client.close()


def filters(wire: Wire) -> dict[str, object]:
    """Satisfies every operation; each ignores unknown parameters."""
    records = wire.simulator.records
    return {
        "ServiceIds": [service.id for service in wire.simulator.catalog.services],
        "ReservationIds": list(records.reservations)[:200],
        "ReservationGroupIds": list(records.groups)[:500],
        "Extent": {"Resources": True, "Inactive": True, "Customers": True, "Addresses": True},
    }


def type_names(items: list[dict[str, Any]]) -> dict[str, set[str]]:
    """JSON types of each field; integers and fractions are one type."""
    found: dict[str, set[str]] = {}
    for item in items:
        for name, value in item.items():
            kind = "number" if type(value) in {int, float} else type(value).__name__
            found.setdefault(name, set()).add(kind)
    return found


def differences(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
    here, there = type_names(ours), type_names(theirs)
    missing = [f"{name} is missing" for name in there if name not in here]
    other = [
        f"{name}: {here[name]} against {kinds}"
        for name, kinds in there.items()
        if name in here and not (here[name] & kinds or "NoneType" in here[name] | kinds)
    ]
    return missing + other


class TestAnswers:
    @pytest.mark.parametrize("key", ONE_OF_MANY)
    def test_have_the_fields_and_types_of_the_vendors_sample(self, wire: Wire, key: str) -> None:
        operation, file = ONE_OF_MANY[key]
        sample = json.loads((SAMPLES / file).read_text())
        wanted = filters(wire)
        if key == "ReservationGroups":
            del wanted["ReservationIds"]
        answer = json.loads(wire.call(operation, Limitation={"Count": 500}, **wanted).text)
        assert answer[key]
        assert differences(answer[key], sample[key]) == []
        assert sample.keys() <= answer.keys()

    def test_describe_customers_as_the_vendors_search_does(self, wire: Wire) -> None:
        file = SAMPLES / "op-customers__search-customers-response.json"
        sample = [row["Customer"] for row in json.loads(file.read_text())["Customers"]]
        ids = list(wire.simulator.records.customers)
        extent = {"Customers": True, "Addresses": True}
        answer = wire.call(
            "customers/getAll", Limitation={"Count": 500}, CustomerIds=ids[:500], Extent=extent
        )
        customers = json.loads(answer.text)["Customers"]
        assert differences(customers, sample) == []
        addresses = [customer["Address"] for customer in customers if customer["Address"]]
        assert differences(addresses, [sample[0]["Address"]]) == []

    def test_describe_amounts_as_the_vendor_does(self, wire: Wire) -> None:
        file = SAMPLES / ONE_OF_MANY["OrderItems"][1]
        sample = [item["Amount"] for item in json.loads(file.read_text())["OrderItems"]]
        ids = list(wire.simulator.records.reservations)[:20]
        answer = wire.call("orderItems/getAll", Limitation={"Count": 99}, ServiceOrderIds=ids)
        amounts = [item["Amount"] for item in json.loads(answer.text)["OrderItems"]]
        assert differences(amounts, sample) == []

    def test_contain_the_configuration_that_an_adapter_reads(self, wire: Wire) -> None:
        file = SAMPLES / "op-configuration__get-configuration-response.json"
        sample = json.loads(file.read_text())
        answer = json.loads(wire.call("configuration/get").text)
        assert sample.keys() <= answer.keys()
        lacking = sample["Enterprise"].keys() - answer["Enterprise"].keys()
        assert not lacking & {"TimeZoneIdentifier", "Pricing", "Currencies", "Id", "ChainId"}
