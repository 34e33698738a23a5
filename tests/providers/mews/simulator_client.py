"""A plain HTTP client for the simulator, independent of our client."""

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS
from adapters.outbound.providers.mews.simulator.hotel_time import utc_text
from adapters.outbound.providers.mews.simulator.records import MewsReservation
from adapters.outbound.providers.mews.simulator.server import MewsSimulator

RESERVATIONS = "reservations/getAll/2023-06-06"
DAY = 86_400


def new_simulator(*, conditions: Mapping[str, Any] | None = None, **hotel: Any) -> MewsSimulator:
    """`conditions`: of the run. `hotel`: options of `create_activity_generator`."""
    return MewsSimulator(create_activity_generator(**hotel), **(conditions or {}))


def reservation_ids(simulator: MewsSimulator) -> set[str]:
    """Of accommodation, whatever their state."""
    return {item.id for item in simulator.records.stays()}


def touch_at(simulator: MewsSimulator, item: MewsReservation, instant: int) -> None:
    """A change stamped at `instant` (epoch seconds)."""
    simulator.hotel.now = instant * TICKS
    simulator.activity.commands.touch(item.stay)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text, parse_float=Decimal)
        return found


class Wire:
    """One keep-alive connection."""

    def __init__(self, simulator: MewsSimulator, timeout_seconds: float = 60) -> None:
        self.simulator = simulator
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", simulator.port, timeout=timeout_seconds
        )

    def close(self) -> None:
        self._connection.close()

    def send(
        self, method: str, path: str, body: bytes, headers: dict[str, str] | None = None
    ) -> Answer:
        self._connection.request(method, path, body, headers or {})
        response = self._connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())

    def call(self, operation: str, **body: object) -> Answer:
        """With valid tokens, unless `body` overrides them."""
        complete = {**self.simulator.credentials.body(), **body}
        return self.send("POST", f"/api/connector/v1/{operation}", json.dumps(complete).encode())

    def control(self, name: str, **body: object) -> Answer:
        return self.send("POST", f"/simulator/{name}", json.dumps(body).encode())

    def pages(self, operation: str, count: int, **body: object) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            limitation = {"Count": count, "Cursor": cursor}
            answer = self.call(operation, Limitation=limitation, **body)
            assert answer.status == 200, answer.text
            page = answer.json
            yield page
            cursor = page["Cursor"]
            if cursor is None:
                return

    def everything(
        self, operation: str, key: str, count: int = 1000, **body: object
    ) -> list[dict[str, Any]]:
        return [item for page in self.pages(operation, count, **body) for item in page[key]]


def wire_fixture(*, seed: int, bookings: int) -> Any:
    """The fixture `wire` of a test module: a client of a running simulator."""

    @pytest.fixture(name="wire")
    def wire() -> Iterator[Wire]:
        with new_simulator(seed=seed, bookings=bookings) as simulator:
            client = Wire(simulator)
            yield client
            client.close()

    return wire


def interval(start: int, end: int) -> dict[str, str | None]:
    return {"StartUtc": utc_text(start), "EndUtc": utc_text(end)}
