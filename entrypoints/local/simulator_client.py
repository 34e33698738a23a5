"""Client of a simulator's control endpoints."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ports.errors import Misconfigured

ANSWER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class SimulatorClient:
    """`url` is the simulator's, on loopback. Calls raise Misconfigured if it has no such control
    endpoint: it was not built with the provider kit."""

    provider: str
    url: str

    @property
    def state_url(self) -> str:
        return f"{self.url}/simulator/state"

    def connection_values(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in self._request("connection").items()}

    def send_webhooks_to(self, url: str, *, auth: str | None = None) -> None:
        """`auth`: "user:password" if the receiver requires authentication."""
        self._request("webhooks", {"url": url} if auth is None else {"url": url, "auth": auth})

    def start_activity(self, every_seconds: float) -> None:
        self._request("activity", {"every_seconds": every_seconds})

    def advance(self, events: int) -> None:
        self._request("advance", {"events": events})

    def _request(self, control: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/simulator/{control}", data)  # noqa: S310  # http on loopback
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:  # noqa: S310  # as above
                document: dict[str, Any] = json.load(response)
                return document
        except urllib.error.HTTPError as refused:
            with refused:
                message = f"the simulator of {self.provider} rejected {control}: {refused.code}"
            raise Misconfigured(message) from refused
