"""Runs a simulator: serves its API, generates activity, records it, sends webhooks."""

import gc
import threading
from collections.abc import Callable, Mapping, Sequence
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
    """A hotel with simulated activity that returns the vendor's events. Deterministic: the same
    calls on a hotel of the same seed give the same activity."""

    @property
    def lock(self) -> threading.RLock:
        """Guards the hotel: requests and activity exclude each other."""
        ...

    def advance_clock(self, seconds: int) -> None:
        """Moves the clock only."""
        ...

    def generate_events(self, events: int) -> Sequence[E_co]: ...

    def generate_day(self) -> Sequence[E_co]: ...

    def summary(self) -> JsonObject:
        """For /simulator/state."""
        ...


class RunningSimulator(Generic[E]):
    """One hotel behind one port. Start and stop once; usable as a context manager.

    `compose` makes a webhook body; `serve` sets the vendor's API. Its own endpoints, on the same
    port and without credentials: GET /simulator/state, /simulator/connection; POST
    /simulator/advance {days, events}, /simulator/activity {every_seconds, events},
    /simulator/faults {faults, clear}, /simulator/webhooks {url, auth, ...WebhookFaults}.
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
        """Sets the vendor's API; call it before `start`."""
        self._answer_vendor = answer

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def requests_served(self) -> dict[str, int]:
        """Requests by path, without the query, rejected ones included."""
        with self._served_lock:
            return dict(self._served)

    def connection_values(self) -> dict[str, str]:
        """The settings and secrets that a connection to it needs."""
        return {"base_url": self.base_url}

    def webhook_proof(self, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 for those that sign
        """Headers that prove a webhook's sender."""
        return {}

    @property
    def webhooks(self) -> WebhookSender[E] | None:
        return self._sender

    def start(self) -> None:
        self._server.start()
        self._started = True

    def begin(self, options: SimulatorOptions) -> None:
        """Replays the journal, or generates the days of the options; then serves."""
        if not self.replay_journal():
            self.advance(days=options.days)
        # A full collection over 100,000 bookings takes 0.7 s, and none of them is garbage.
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

    def __exit__(self, *_: object) -> None:
        self.stop()

    def advance(self, *, days: int = 0, events: int = 0) -> Sequence[E]:
        """Generates so many days, then so many events; sends webhooks if a target is set."""
        return self._run_and_notify(JournalStep(seconds=0, days=days, events=events))

    def replay_journal(self) -> bool:
        """Without webhooks. False where the journal is empty."""
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
        self._activity_source.advance_clock(step.seconds)
        happened: list[E] = []
        for _ in range(step.days):
            happened += self._activity_source.generate_day()
        return [*happened, *self._activity_source.generate_events(step.events)]

    def send_webhooks_to(
        self, url: str, webhook_faults: WebhookFaults | None = None
    ) -> WebhookSender[E]:
        """Replaces the former target. Raises WebhookTargetRefused."""
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
        """Starts a thread that generates events until `stop`, or changes its pace."""
        with self._lock:
            self._pace = every_seconds, events
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._generate_activity_until_stopped, name="simulator-activity"
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
