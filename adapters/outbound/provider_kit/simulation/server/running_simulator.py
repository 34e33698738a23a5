"""The life of a simulator: it serves, lets its hotel live, remembers it, sends webhooks."""

import gc
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, Unpack

from adapters.outbound.provider_kit.simulation.server.control import ControlApi
from adapters.outbound.provider_kit.simulation.server.fault_plan import FaultPlan
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.journal import Journal, JournalStep
from adapters.outbound.provider_kit.simulation.server.loopback_http import (
    Answer,
    Call,
    LoopbackServer,
    Reply,
)
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.provider_kit.simulation.server.options import RunConditions, SimulatorOptions
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from adapters.outbound.provider_kit.simulation.server.webhook_sender import (
    WebhookFaults,
    WebhookSender,
)

E_co = TypeVar("E_co", covariant=True)
E = TypeVar("E")


class ActivitySource(Protocol[E_co]):
    """A hotel that things happen in; each tells its events. Deterministic: the same calls of a
    hotel of the same seed make the same life."""

    @property
    def lock(self) -> threading.RLock:
        """Guards the hotel against requests while it lives."""
        ...

    def wait(self, seconds: int) -> None:
        """The clock moves on; nothing happens."""
        ...

    def generate_events(self, events: int) -> Sequence[E_co]: ...

    def generate_day(self) -> Sequence[E_co]: ...

    def summary(self) -> JsonObject:
        """For /simulator/state."""
        ...


class RunningSimulator(Generic[E]):
    """One hotel behind one port. Start and stop once; usable as a context manager.

    `compose` makes the body of a webhook; `serve` is told the vendor's API. Its own endpoints, on
    the same port and without credentials: GET /simulator/state, /simulator/connection; POST
    /simulator/advance {days, events}, /simulator/live {every_seconds, events}, /simulator/faults
    {faults, clear}, /simulator/webhooks {url, auth, ...WebhookHabits}.
    """

    def __init__(
        self,
        *,
        activity_source: ActivitySource[E],
        compose: Callable[[Sequence[E]], bytes],
        seed: int,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self._activity_source = activity_source
        self._lock = activity_source.lock
        self._compose = compose
        self._seed = seed
        self._journal = conditions.get("journal") or Journal(None)
        self.faults = FaultPlan(conditions.get("faults", ()), seed=seed)
        self.stopping = threading.Event()
        limit = conditions.get("limit") or SimulatorRateLimit(None)
        self.middleware = SimulatorMiddleware(self.faults, limit, self.stopping)
        self._control = ControlApi(self)
        self._answer_vendor: Answer = lambda _: Reply(404)
        self._server = LoopbackServer(conditions.get("port", 0), self._answer)
        self._sender: WebhookSender[E] | None = None
        self._thread: threading.Thread | None = None
        self._pace = (0.0, 0)
        self.webhook_auth: str | None = None
        self._started = False
        self._served: dict[str, int] = {}
        self._served_lock = threading.Lock()

    def serve(self, answer: Answer) -> None:
        """The vendor's API; before `start`."""
        self._answer_vendor = answer

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def requests_served(self) -> dict[str, int]:
        """Requests by path, without the query, refused ones included."""
        with self._served_lock:
            return dict(self._served)

    def connection_values(self) -> dict[str, str]:
        """The settings and secrets by which a connection reaches it."""
        return {"base_url": self.base_url}

    def webhook_proof(self, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 for those that sign
        """Headers by which a webhook proves its sender."""
        return {}

    @property
    def webhooks(self) -> WebhookSender[E] | None:
        return self._sender

    def start(self) -> None:
        self._server.start()
        self._started = True

    def begin(self, options: SimulatorOptions) -> None:
        """Live what the journal or the options tell, then serve."""
        if not self.replay_journal():
            self.advance(days=options.days)
        # Walking a seeded world of 100,000 bookings costs a full collection 0.7 s: it stays anyway.
        gc.freeze()
        self.start()
        self.webhook_auth = options.webhook_auth
        if options.webhook_url is not None:
            self.send_webhooks_to(options.webhook_url, options.webhook_fault_settings)
        if options.auto_activity_seconds > 0:
            self.start_activity(options.auto_activity_seconds, options.auto_activity_events)

    def stop(self) -> None:
        self.stopping.set()
        if self._thread is not None:
            self._thread.join()
        if self._sender is not None:
            self._sender.stop()
        if self._started:
            self._server.stop()
        else:
            self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def advance(self, *, days: int = 0, events: int = 0) -> Sequence[E]:
        """Live so many days, then so many happenings; webhooks go out if a target is set."""
        return self._run_and_notify(JournalStep(seconds=0, days=days, events=events))

    def replay_journal(self) -> bool:
        """What the journal tells, without webhooks; False where it tells nothing."""
        step = self._journal.read()
        for each in step:
            self._run_step(each)
        return bool(step)

    def _run_and_notify(self, step: JournalStep) -> Sequence[E]:
        with self._lock:
            self._journal.append(step)
            happened = self._run_step(step)
        if self._sender is not None:
            self._sender.send(happened)
        return happened

    def _run_step(self, step: JournalStep) -> list[E]:
        self._activity_source.wait(step.seconds)
        happened: list[E] = []
        for _ in range(step.days):
            happened += self._activity_source.generate_day()
        return [*happened, *self._activity_source.generate_events(step.events)]

    def send_webhooks_to(
        self, url: str, webhook_faults: WebhookFaults | None = None
    ) -> WebhookSender[E]:
        """From now on; a former target gets nothing more. Raises WebhookTargetRefused."""
        sender = WebhookSender(
            url,
            compose=self._compose,
            webhook_faults=webhook_faults,
            sign=self.webhook_proof,
            seed=self._seed,
        )
        previous, self._sender = self._sender, sender
        if previous is not None:
            previous.stop()
        sender.start()
        return sender

    def start_activity(self, every_seconds: float, events: int) -> None:
        """A thread that lets things happen until `stop`; called again, it changes the pace."""
        with self._lock:
            self._pace = every_seconds, events
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._generate_activity_until_stopped, name="simulator-life"
                )
                self._thread.start()

    def _generate_activity_until_stopped(self) -> None:
        while not self.stopping.wait(self._pace[0]):
            every_seconds, events = self._pace
            self._run_and_notify(JournalStep(seconds=int(every_seconds), days=0, events=events))

    def state(self) -> JsonObject:
        sender = self._sender
        sent = sender and {
            "delivered": sender.delivered,
            "lost": sender.lost,
            "abandoned": sender.abandoned,
        }
        with self._lock:
            return {
                **self._activity_source.summary(),
                "requests": self.requests_served,
                "faults": dict(self.faults.injected),
                "webhooks": sent,
            }

    def _answer(self, call: Call) -> Reply:
        if call.path.startswith("/simulator/"):
            return self._control.answer(call)
        path = call.path.partition("?")[0]
        with self._served_lock:
            self._served[path] = self._served.get(path, 0) + 1
        return self._answer_vendor(call)
