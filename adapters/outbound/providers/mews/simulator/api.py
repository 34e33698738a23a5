"""From an HTTP call to the vendor's answer: limit, faults, tokens, operation."""

import threading
from dataclasses import dataclass

import orjson

from adapters.outbound.provider_kit.simulation.server.fault_plan import (
    HOTEL_FAULT_KINDS,
    Fault,
    FaultKind,
)
from adapters.outbound.provider_kit.simulation.server.fault_responses import (
    CorruptibleFields,
    corrupt_items,
    fault_reply,
    truncated_share,
)
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.providers.mews.simulator.days import MewsActivityGenerator
from adapters.outbound.providers.mews.simulator.operations import PREFIX, MewsOperations
from adapters.outbound.providers.mews.simulator.records import Reservation
from adapters.outbound.providers.mews.simulator.rendering import Json
from adapters.outbound.providers.mews.simulator.requests import ApiError, ApiRequest, error_body

CLIENT_NAME = "Simulated Client 1.0.0"
_INVALID_FIELDS = CorruptibleFields(
    "State",
    ("ScheduledStartUtc", "LastName", "Amount", "CustomerId", "Data", "Id"),
    required=("LastName", "Amount", "CustomerId", "Data", "Number", "Id"),
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


class SimulatedMewsApi:
    def __init__(
        self,
        activity: MewsActivityGenerator,
        credentials: SimulatedMewsCredentials,
        middleware: SimulatorMiddleware,
        *,
        half_open: bool,
    ) -> None:
        self._activity = activity
        self._hotel = activity.hotel
        self._credentials = credentials
        self._gate = middleware
        self._half_open = half_open
        self._operations = MewsOperations(activity.hotel)
        self._count = 0
        self._count_lock = threading.Lock()

    def answer(self, call: Call) -> Reply:
        request_id = self._next_id()
        injected = self._gate.faults.inject(call.path)
        try:
            self._check_address(call)
            request = self._read(call)
            refusal = self._check_rate_limit(request, request_id) or self._refuse_injected(
                injected, request_id
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
        with self._count_lock:
            self._count += 1
            return f"simulated-{self._hotel.seed}-{self._count}"

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
        return ApiRequest(body, half_open=self._half_open)

    def _check_rate_limit(self, request: ApiRequest, request_id: str) -> Reply | None:
        wait = self._gate.limit.wait_seconds(str(request.body.get("AccessToken")))
        return _status_reply(429, request_id, str(wait)) if wait else None

    def _refuse_injected(self, injected: list[Fault], request_id: str) -> Reply | None:
        def render_error(status: int, retry_after: str | None) -> Reply:
            return _status_reply(status, request_id, retry_after)

        return fault_reply(injected, render_error, self._gate.stopping, {"Request-Id": request_id})

    def _check_tokens(self, request: ApiRequest) -> None:
        expected = self._credentials
        if request.body.get("ClientToken") != expected.client_token:
            raise ApiError(401, "Invalid ClientToken")
        if request.body.get("AccessToken") != expected.access_token:
            raise ApiError(401, "Invalid AccessToken")
        if not request.body.get("Client"):
            raise ApiError(401, "Invalid Client")

    def _run_operation(self, path: str, request: ApiRequest, injected: list[Fault]) -> Json:
        with self._hotel.lock:
            state_faults = [fault for fault in injected if fault.kind in HOTEL_FAULT_KINDS]
            for fault in state_faults:
                self._apply_state_fault(fault)
            answer = self._operations.answer(path, request)
            if any(fault.kind is FaultKind.MOVING_ITEMS for fault in state_faults):
                self._move_items(answer)
            return answer

    def _apply_state_fault(self, fault: Fault) -> None:
        if fault.kind is FaultKind.CLOCK_BACK:
            self._hotel.clock.advance(-int(fault.seconds))
        elif fault.kind is FaultKind.HIDDEN_UPDATE:
            stays = self._hotel.stays()
            if stays:
                self._activity.commands.change_without_timestamp(
                    stays[self._gate.faults.pick(len(stays))]
                )

    def _move_items(self, answer: Json) -> None:
        """The page's last item (its cursor) and one that would have come later get newer."""
        page = answer.get("Reservations")
        if not isinstance(page, list) or not page:
            return
        last = self._hotel.reservations[page[-1]["Id"]]
        older = self._hotel.reservations.before(last)
        self._hotel.clock.advance(1)
        moved: list[Reservation] = [last, *([older] if older is not None else [])]
        for item in moved:
            self._activity.commands.touch(item)

    def _reply(self, call: Call, answer: Json, injected: list[Fault], request_id: str) -> Reply:
        corrupt_items(answer, injected, _INVALID_FIELDS, self._gate.faults.pick)
        headers = {"Request-Id": request_id}
        if "return=minimal" in call.headers.get("prefer", "") and _is_empty_page(answer):
            return Reply(204, b"", headers)
        return Reply(200, orjson.dumps(answer), headers, cut=truncated_share(injected))


def _is_empty_page(answer: Json) -> bool:
    return "Cursor" in answer and not any(answer.values())


def _status_reply(status: int, request_id: str, retry_after: str | None) -> Reply:
    headers = {"Request-Id": request_id}
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return Reply(status, orjson.dumps(error_body(_MESSAGES[status], request_id)), headers)
