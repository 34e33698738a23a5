"""The Connector API of the simulator: rate limit, faults, tokens, operations."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.fault_responses import (
    CorruptibleFields,
    corrupt_items,
    truncated_share,
)
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.providers.mews.simulator.catalog import Json
from adapters.outbound.providers.mews.simulator.operations import PREFIX, MewsOperations
from adapters.outbound.providers.mews.simulator.record_index import MewsRecords
from adapters.outbound.providers.mews.simulator.records import MewsReservation
from adapters.outbound.providers.mews.simulator.requests import ApiError, ApiRequest, error_body

CLIENT_NAME = "Simulated Client 1.0.0"
_INVALID_FIELDS = CorruptibleFields(
    "State",
    ("ScheduledStartUtc", "LastName", "Amount", "CustomerId", "Data", "Id"),
    required=("Amount", "Data", "State", "UpdatedUtc", "Id"),
)
_MESSAGES = {
    401: "Invalid AccessToken",
    403: "The enterprise does not allow this",
    408: "Request timeout",
    409: "The data has changed",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}


@dataclass(frozen=True, slots=True)
class SimulatedMewsCredentials:
    client_token: str
    access_token: str
    client: str = CLIENT_NAME

    @classmethod
    def of(cls, seed: int) -> "SimulatedMewsCredentials":
        return cls(f"simulated-client-{seed}", f"simulated-access-{seed}")

    def body(self) -> Json:
        """The three fields that every request carries."""
        return {
            "ClientToken": self.client_token,
            "AccessToken": self.access_token,
            "Client": self.client,
        }


@dataclass(kw_only=True)
class SimulatedMewsApi:
    activity: ActivityGenerator
    records: MewsRecords
    operations: MewsOperations
    credentials: SimulatedMewsCredentials
    middleware: SimulatorMiddleware
    half_open: bool
    _request_numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def answer(self, call: Call) -> Reply:
        request_id = self._next_id()
        injected = self.middleware.faults.inject(call.path)
        try:
            self._check_address(call)
            request = self._read(call)
            refusal = self.middleware.refusal(
                injected,
                str(request.body.get("AccessToken")),
                partial(_status_reply, request_id),
                {"Request-Id": request_id},
            )
            if refusal is not None:
                return refusal
            self._check_tokens(request)
            answer = self._run_operation(call.path.removeprefix(PREFIX), request, injected)
        except ApiError as error:
            body = error_body(error.message, request_id, error.details)
            return Reply(error.status, orjson.dumps(body), {"Request-Id": request_id})
        return self._reply(call, answer, injected, request_id)

    def _next_id(self) -> str:
        return f"simulated-{self.records.hotel.seed}-{next(self._request_numbers)}"

    def _check_address(self, call: Call) -> None:
        if call.method != "POST" or not call.path.startswith(PREFIX):
            raise ApiError(404, "Not Found")

    def _read(self, call: Call) -> ApiRequest:
        try:
            body = orjson.loads(call.body)
        except orjson.JSONDecodeError:
            raise ApiError(400, "Invalid JSON") from None
        if not isinstance(body, dict):
            raise ApiError(400, "Invalid JSON")
        return ApiRequest(body, half_open=self.half_open)

    def _check_tokens(self, request: ApiRequest) -> None:
        expected = self.credentials
        if request.body.get("ClientToken") != expected.client_token:
            raise ApiError(401, "Invalid ClientToken")
        if request.body.get("AccessToken") != expected.access_token:
            raise ApiError(401, "Invalid AccessToken")
        if not request.body.get("Client"):
            raise ApiError(401, "Invalid Client")

    def _run_operation(self, path: str, request: ApiRequest, injected: list[Fault]) -> Json:
        with self.activity.lock:
            self.middleware.apply_faults_before_reply(self.activity, injected)
            request.list_cap = self.middleware.faults.list_cap
            answer = self.operations.answer(path, request)
            if any(fault.kind is FaultKind.MOVING_ITEMS for fault in injected):
                self._move_items(answer)
            return answer

    def _move_items(self, answer: Json) -> None:
        """The page's last item (its cursor) and the next one get newer time stamps."""
        page = answer.get("Reservations")
        if not isinstance(page, list) or not page:
            return
        last = self.records.reservations[page[-1]["Id"]]
        self.activity.advance_clock(1)
        for item in (last, self._next_older(last)):
            if item is not None:
                self.activity.commands.touch(item.stay)

    def _next_older(self, last: MewsReservation) -> MewsReservation | None:
        key = last.updated, last.id
        reservations = self.records.reservations.values()
        older = [item for item in reservations if (item.updated, item.id) < key]
        return max(older, key=lambda item: (item.updated, item.id), default=None)

    def _reply(self, call: Call, answer: Json, injected: list[Fault], request_id: str) -> Reply:
        corrupt_items(answer, injected, _INVALID_FIELDS, self.middleware.faults.pick)
        headers = {"Request-Id": request_id}
        if "return=minimal" in call.headers.get("prefer", "") and _is_empty_page(answer):
            return Reply(204, b"", headers)
        return Reply(200, orjson.dumps(answer), headers, cut=truncated_share(injected))


def _is_empty_page(answer: Json) -> bool:
    return "Cursor" in answer and not any(answer.values())


def _status_reply(request_id: str, status: int, retry_after: str | None) -> Reply:
    headers = {"Request-Id": request_id}
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return Reply(status, orjson.dumps(error_body(_MESSAGES[status], request_id)), headers)
