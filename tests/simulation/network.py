"""The network between us and the vendor, without sockets: our requests, the vendor's messages."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from adapters.outbound.provider_kit.http import transport
from adapters.outbound.provider_kit.simulation.server import running_simulator
from adapters.outbound.provider_kit.simulation.server.loopback_http import Answer, Call, Reply
from adapters.outbound.provider_kit.simulation.server.webhook_sender import JSON_HEADERS
from tests.simulation.failures import require

if TYPE_CHECKING:
    from tests.simulation.world import World

Exchange: TypeAlias = Callable[[requests.PreparedRequest], Reply]

ROUND_TRIP: Final = timedelta(milliseconds=40)


class SocketlessServer:
    """In place of the simulator's server: the world calls the simulator itself."""

    port = 1

    def __init__(self, _port: int, answer: Answer) -> None:
        self.answer = answer

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def server_close(self) -> None: ...


class SimulatorAdapter(HTTPAdapter):
    """Mounted in place of the transport's own adapter."""

    def __init__(self, send: Exchange) -> None:
        self._exchange = send
        super().__init__(max_retries=0)

    def init_poolmanager(self, *_: object, **__: object) -> None: ...

    def close(self) -> None: ...

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> Any:
        raw = _raw_response(request, self._exchange(request))
        return self.build_response(request, raw)


@contextmanager
def without_sockets(send: Exchange) -> Iterator[None]:
    """Simulators listen nowhere, and every transport sends its requests by `send`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running_simulator, "LoopbackServer", SocketlessServer)
        patch.setattr(transport, "_GuardedAdapter", lambda _policy: SimulatorAdapter(send))
        yield


def exchange(world: "World", request: requests.PreparedRequest) -> Reply:
    """One request of the running process; it or its answer may be lost."""
    process = world.running
    require(not process.open_units, "no I/O in a transaction", f"{process.name} sends a request")
    lost = requests.ConnectionError("lost")
    process.reach("request.before", lost)
    world.pass_time(ROUND_TRIP / 2)
    world.ledger.request()
    body = request.body or b""
    call = Call(
        method=request.method or "GET",
        path=request.path_url,
        headers={name.lower(): str(value) for name, value in request.headers.items()},
        body=body.encode() if isinstance(body, str) else bytes(body),
    )
    reply = world.answer(call)
    world.pass_time(ROUND_TRIP / 2)
    process.reach("request.after", lost)
    if reply.cut == 0:
        raise lost
    return reply


def _raw_response(request: requests.PreparedRequest, reply: Reply) -> HTTPResponse:
    share = 1.0 if reply.cut is None else reply.cut
    headers = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body))}
    return HTTPResponse(
        body=io.BytesIO(reply.body[: int(len(reply.body) * share)]),
        headers=headers | dict(reply.headers),
        status=reply.status,
        preload_content=False,
        request_method=request.method,
    )


@dataclass(slots=True)
class Mail:
    """A message of the vendor that is on its way. It is written when it is first sent."""

    events: Sequence[Any]
    simulator: Any
    attempts: int = 0
    is_deferred: bool = False
    """Whether the partner asks for an answer before the outcome."""


class Post:
    """What the vendor sent and we have not acknowledged yet, in order. Takes the place of the
    simulator's `WebhookSender`."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.mail: list[Mail] = []
        self.sent = 0

    def send(self, events: Sequence[Any]) -> None:
        simulator = self._world.simulator
        single = simulator.has_one_event_per_message
        groups = [[event] for event in events] if single else [events]
        for group in groups:
            if group:
                self.sent += 1
                self.mail.append(Mail(group, simulator, is_deferred=self.sent % 2 == 0))

    def stop(self) -> None: ...

    def pick(self, number: int) -> Mail | None:
        return self.mail[number % len(self.mail)] if self.mail else None

    def message(self, mail: Mail) -> tuple[bytes, dict[str, str]]:
        """Body and headers, with the proof of the sender."""
        body = mail.simulator.compose(mail.events)
        headers = {**JSON_HEADERS, **mail.simulator.webhook_proof(body)}
        return body, {name.lower(): value for name, value in headers.items()}
