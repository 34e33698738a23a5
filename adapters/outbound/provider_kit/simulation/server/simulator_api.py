"""How a simulator's API with access tokens handles a call, whichever the vendor."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.server.fault_responses import truncated_share
from adapters.outbound.provider_kit.simulation.server.issued_tokens import IssuedTokens
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware


class RequestRejected(Exception):
    """An error response of the vendor is sent instead of the response."""

    def __init__(self, status: int, *details: str) -> None:
        super().__init__(status, *details)
        self.status: Final = status
        self.details: Final = details


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient:
    """The only registered application. `token_seconds`: the reported lifetime of tokens."""

    client_id: str
    client_secret: str
    token_seconds: int = 3_600

    def basic(self) -> str:
        """As after `Basic` in the header Authorization."""
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


class SimulatorApi(ABC):
    """Rate limit and faults come first, then the token endpoint, or the credentials and the
    endpoint of the path. `client` is the key of the rate limit."""

    def __init__(
        self,
        activity: ActivityGenerator,
        tokens: IssuedTokens,
        middleware: SimulatorMiddleware,
        *,
        client: str,
    ) -> None:
        self._activity = activity
        self._hotel = activity.hotel
        self._tokens = tokens
        self._middleware = middleware
        self._client = client

    @property
    @abstractmethod
    def token_path(self) -> str | None: ...

    @abstractmethod
    def _issue_token(self, call: Call) -> Reply: ...

    @abstractmethod
    def _authenticate(self, call: Call) -> None:
        """Raises RequestRejected."""

    @abstractmethod
    def _error_body(self, status: int, *details: str) -> object:
        """In the vendor's format."""

    @abstractmethod
    def _dispatch(self, path: str, query: str, injected: Sequence[Fault]) -> object:
        """The body; None for status 204. Raises RequestRejected."""

    @abstractmethod
    def _render(self, body: object, injected: Sequence[Fault]) -> bytes:
        """With the faults of the content."""

    def answer(self, call: Call) -> Reply:
        parts = urlsplit(call.path)
        injected = self._middleware.faults.inject(parts.path)
        refusal = self._middleware.refusal(injected, self._client, self._error_reply)
        if refusal is not None:
            return refusal
        try:
            if parts.path == self.token_path:
                return self._issue_token(call)
            self._authenticate(call)
            with self._hotel.lock:
                self._middleware.apply_faults_before_reply(self._activity, injected)
                body = self._dispatch(parts.path, parts.query, injected)
        except RequestRejected as error:
            return self._error_reply(error.status, None, *error.details)
        if body is None:
            return Reply(204)
        return Reply(200, self._render(body, injected), cut=truncated_share(injected))

    def _error_reply(self, status: int, retry_after: str | None = None, *details: str) -> Reply:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return Reply(status, self._dump_json(self._error_body(status, *details)), headers)

    def _dump_json(self, body: object) -> bytes:
        return orjson.dumps(body)
