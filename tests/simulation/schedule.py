"""From a seed to the conditions of a simulation and its list of actions, as JSON."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction

Action = Mapping[str, Any]
"""`do`: the name of a method of `Actions`; the other items are its arguments."""

PROVIDERS: Final = ("mews", "apaleo", "cloudbeds", "ohip", "alpinebits", "mock", "canonical")
POLLED: Final = ("mews", "apaleo", "cloudbeds", "mock")
"""Their deltas return every change of a booking's status, stay and total."""
PUSHED: Final = ("alpinebits", "canonical")
"""They push whole bookings. Canonical connections have no API, those of AlpineBits may have one."""

_START_DATES: Final = (
    date(2026, 3, 27),  # summer time begins in Europe on March 29
    date(2026, 10, 23),  # and ends on October 25
    date(2028, 2, 27),  # leap day
    date(2026, 12, 30),  # new year
    date(2026, 4, 3),  # summer time ends in New Zealand on April 5
    date(2026, 6, 1),
)
_PLACES: Final = (
    ("Europe/Berlin", "EUR"),
    ("Pacific/Auckland", "JPY"),
    ("America/New_York", "USD"),
    ("Asia/Kathmandu", "KWD"),
)
_VENDOR_FAULTS: Final = (
    "429,times=2,retry_after=1",
    "429,times=1,retry_after=200",
    "500,times=1",
    "503,times=2,retry_after=missing",
    "503,times=18,retry_after=missing",
    "truncated,times=1",
    "html,times=1",
    "new-field,times=3",
)
_CRASHES: Final = (
    "commit.before",
    "commit.after",
    "checkpoint.before",
    "checkpoint.after",
    "acknowledge.before",
    "enqueue.before",
    "enqueue.after",
    "request.before",
    "request.after",
    "deliver.before",
    "deliver.after",
)
_ERRORS: Final = (
    "begin",
    "commit.before",
    "commit.after",
    "acknowledge.before",
    "enqueue.before",
    "request.before",
    "request.after",
    "deliver.before",
)
_INTERRUPTIBLE: Final = ("request.before", "request.after", "deliver.before", "deliver.after")
"""Where a process waits for somebody else, so that others take their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """`is_polled`: no webhooks and no reconciles: the deltas alone must bring every change.
    `is_push_only`: the connection has no API, so every message arrives, some late or twice.
    `skews`: seconds by which the clocks of the PMS and of our processes' machines are wrong."""

    seed: int
    provider: str
    bookings: int
    start_date: str
    time_zone: str
    currency: str
    is_polled: bool = False
    is_push_only: bool = False
    workers: int = 2
    delta_minutes: int = 120
    reconcile_hours: int = 24
    skews: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    conditions: Conditions
    actions: Sequence[Action]

    def to_json(self) -> str:
        return json.dumps({"conditions": asdict(self.conditions), "actions": list(self.actions)})

    @classmethod
    def from_json(cls, text: str) -> "Schedule":
        values = json.loads(text)
        return cls(conditions=Conditions(**values["conditions"]), actions=values["actions"])


def generate_schedule(
    seed: int, *, provider: str | None = None, turns: int = 30, faults: bool = True
) -> Schedule:
    """`turns`: hours, each with some activity of everybody. Always the same for the same
    arguments."""
    source = random.Random(f"simulation:{seed}")
    provider = provider or PROVIDERS[seed % len(PROVIDERS)]
    conditions = _conditions(seed, provider, source)
    generate = _ActionSource(source, conditions, faults=faults)
    actions = list(generate.first_sync())
    actions += [action for _ in range(turns) for action in generate.turn()]
    return with_wrong_clocks(Schedule(conditions=conditions, actions=actions))


def with_wrong_clocks(schedule: Schedule) -> Schedule:
    """Some processes begin on machines whose clocks are an hour off, others' clocks are set."""
    conditions = schedule.conditions
    source = random.Random(f"clocks:{conditions.seed}")
    ours = [name for name in conditions.skews if name != "pms"]
    wrong = {name: source.choice((-3600, 3600)) for name in ours if source.random() < 0.2}
    actions = list(schedule.actions)
    for _ in range(source.randrange(6)):
        seconds = source.choice((0, 0, -3600, 3600))
        action = {"do": "set_clock", "process": source.choice(ours), "seconds": seconds}
        actions.insert(source.randrange(len(actions) + 1), action)
    skews = {**conditions.skews, **wrong}
    return Schedule(conditions=replace(conditions, skews=skews), actions=actions)


def generate_year(seed: int, *, provider: str | None = None, days: int = 365) -> Schedule:
    """A hotel's year: each day its activity, its messages, two deltas, and a few faults."""
    source = random.Random(f"year:{seed}")
    conditions = replace(
        _conditions(seed, provider or PROVIDERS[seed % len(PROVIDERS)], source),
        bookings=20,
        delta_minutes=12 * 60,
        reconcile_hours=7 * 24,
    )
    generate = _ActionSource(source, conditions, faults=True)
    actions = [action for _ in range(days) for action in generate.day()]
    return with_wrong_clocks(Schedule(conditions=conditions, actions=actions))


def _conditions(seed: int, provider: str, source: random.Random) -> Conditions:
    time_zone, currency = source.choice(_PLACES)
    names = ("pms", "web", "scheduler-0", "scheduler-1", "relay-0", "relay-1")
    workers = source.choice((2, 2, 3))
    names += tuple(f"worker-{number}" for number in range(workers))
    return Conditions(
        seed=seed,
        provider=provider,
        bookings=source.choice((10, 20, 40)),
        start_date=source.choice(_START_DATES).isoformat(),
        time_zone=time_zone,
        currency=currency,
        is_polled=provider in POLLED and source.random() < 0.5,
        is_push_only=provider in PUSHED
        and source.random() < (0.5 if provider != "canonical" else 1),
        workers=workers,
        skews={name: source.choice((0, 0, 0, -20, 15)) for name in names},
    )


class _ActionSource:
    def __init__(self, source: random.Random, conditions: Conditions, *, faults: bool) -> None:
        self._source, self._conditions, self._faults = source, conditions, faults
        choices: list[tuple[int, Callable[[], Action]]] = [
            (8, self._hotel_events),
            (8, self._hotel_action),
            (1, lambda: {"do": "hotel_day"}),
            (4, self._reprice),
            (2, lambda: {"do": "hotel_late_booking", "seconds": source.choice((1, 30, 240))}),
            (10, lambda: self._mail("deliver")),
            (2, lambda: self._mail("duplicate")),
            (6, lambda: {"do": "wait", "minutes": source.choice((1, 5, 20, 60, 300))}),
            (8, lambda: {"do": "tick", "process": source.randrange(2)}),
            (12, self._work),
            (5, lambda: {"do": "relay", "process": source.randrange(2)}),
            (1, lambda: {"do": "request_sync", "kind": self._kind()}),
            (1, lambda: {"do": "expire_tokens"}),
            (1, lambda: {"do": "replay", "pick": source.randrange(100)}),
        ]
        if faults:
            choices += [
                (8, self._crash),
                (5, self._error),
                (4, self._interruption),
                (4, lambda: {"do": "vendor_fault", "fault": source.choice(_VENDOR_FAULTS)}),
                (1, lambda: {"do": "redis", "is_up": False}),
                (1, lambda: {"do": "redis", "is_up": True}),
                (1, lambda: {"do": "lose_jobs"}),
                (3, self._vendor_turns),
                (1, lambda: {"do": "subscriber", "is_up": source.random() < 0.5}),
            ]
            if conditions.provider in PUSHED:
                choices.append((3, lambda: {"do": "foreign", "count": source.randrange(1, 4)}))
            if not (conditions.is_push_only or conditions.is_polled):
                choices += [
                    (1, lambda: {"do": "hotel_clock", "seconds": source.choice((-7200, 3600))}),
                    (1, lambda: {"do": "hotel_hidden_update", "pick": source.randrange(100)}),
                ]
            if not conditions.is_push_only:
                choices += [(1, lambda: self._mail("lose")), (1, lambda: self._mail("truncate"))]
        self._scenes = [self._dying_worker, self._two_workers, self._two_relays]
        if conditions.provider in PUSHED:
            self._scenes.append(self._replayed_tie)
        if conditions.is_polled:
            self._scenes.append(self._changes_at_the_cursor)
        else:
            self._scenes.append(self._failing_commit)
        self._choices = [choice for _, choice in choices]
        self._weights = [weight for weight, _ in choices]

    def first_sync(self) -> Sequence[Action]:
        """Of some hotels it does not end undisturbed: what it loses no delta brings back."""
        return self._dying_worker() if self._faults and self._source.random() < 0.5 else []

    def turn(self) -> Sequence[Action]:
        """A few actions of anybody, or a scene of one fault."""
        if self._faults and self._source.random() < 0.3:
            return self._source.choice(self._scenes)()
        count = self._source.randrange(1, 7)
        chosen = self._source.choices(self._choices, self._weights, k=count)
        return [choose() for choose in chosen]

    def day(self) -> Sequence[Action]:
        work: list[Action] = [{"do": "work", "process": number} for number in (0, 1, 0)]
        process: list[Action] = [{"do": "tick", "process": 0}, *work]
        return [
            {"do": "hotel_day"},
            {"do": "deliver_all"},
            *process,
            *(self.turn() if self._source.random() < 0.2 else ()),
            {"do": "wait", "minutes": 12 * 60},
            *process,
            {"do": "relay", "process": 0},
        ]

    def _dying_worker(self) -> Sequence[Action]:
        """In the middle of a pull; another resumes it when the lease has expired."""
        points = ("request.before", "request.after", "checkpoint.before", "checkpoint.after")
        return [
            self._hotel_events(),
            {"do": "request_sync", "kind": self._kind()},
            self._interrupt(self._source.choice(points), "crash"),
            {"do": "work", "process": 0},
            {"do": "wait", "minutes": 5},
            {"do": "tick", "process": 0},
            {"do": "work", "process": 1},
        ]

    def _two_workers(self) -> Sequence[Action]:
        """On one run, while the first waits for the PMS, for shorter or longer than its lease."""
        meanwhile: list[Action] = [{"do": "work", "process": 1}]
        if self._source.random() < 0.5:
            meanwhile = [{"do": "wait", "minutes": 5}, {"do": "tick", "process": 0}, *meanwhile]
        else:
            meanwhile = [{"do": "repeat_job"}, *meanwhile]
        return [
            self._hotel_events(),
            {"do": "request_sync", "kind": self._kind()},
            self._interrupt("request.before", "run", actions=[self._reprice(), *meanwhile]),
            {"do": "work", "process": 0},
            {"do": "work", "process": 0},
        ]

    def _two_relays(self) -> Sequence[Action]:
        meanwhile: list[Action] = [{"do": "relay", "process": 1}]
        point = self._source.choice(("deliver.before", "deliver.after"))
        return [
            self._hotel_events(),
            self._mail("deliver"),
            self._work(),
            self._interrupt(point, "run", actions=meanwhile),
            {"do": "relay", "process": 0},
        ]

    def _changes_at_the_cursor(self) -> Sequence[Action]:
        """While a delta runs and in the second of its last change, or committed late."""
        sync: list[Action] = [
            {"do": "request_sync", "kind": "delta"},
            {"do": "work", "process": 0},
            {"do": "work", "process": 0},
        ]
        return [
            self._reprice(),
            self._interrupt("request.after", "run", actions=[self._reprice()] * 2),
            *sync,
            {"do": "hotel_late_booking", "seconds": 30},
            *sync,
        ]

    def _failing_commit(self) -> Sequence[Action]:
        """A message is not stored, or is and we do not learn it."""
        point = self._source.choice(("commit.before", "commit.after"))
        effect = self._source.choice(("error", "crash"))
        return [
            self._hotel_events(),
            {"do": "interrupt", "point": point, "nth": 1, "effect": effect},
            self._mail("deliver"),
        ]

    def _replayed_tie(self) -> Sequence[Action]:
        """Two contents of one version: the later one stays in quarantine, and is replayed."""
        pick = self._source.randrange(100)
        again: list[Action] = [{"do": "hotel_reprice", "pick": pick}] * 2
        return [
            {"do": "deliver_all"},
            *again,
            {"do": "deliver_all"},
            self._work(),
            {"do": "replay", "pick": -1},
        ]

    def _reprice(self) -> Action:
        return {"do": "hotel_reprice", "pick": self._source.randrange(100)}

    def _hotel_events(self) -> Action:
        return {"do": "hotel_events", "count": self._source.randrange(1, 6)}

    def _hotel_action(self) -> Action:
        return {"do": "hotel_action", "action": self._source.choice([*ScenarioAction]).value}

    def _mail(self, what: str) -> Action:
        return {"do": what, "pick": self._source.randrange(100)}

    def _work(self) -> Action:
        return {"do": "work", "process": self._source.randrange(self._conditions.workers)}

    def _kind(self) -> str:
        kinds = ("delta",) if self._conditions.is_polled else ("delta", "full", "reconcile")
        return self._source.choice(kinds)

    def _vendor_turns(self) -> Action:
        full = self._source.random() < 0.2
        wanted = self._source.random() < 0.7
        return {"do": "vendor_turns", "is_full": full, "are_wanted": wanted}

    def _crash(self) -> Action:
        return self._interrupt(self._source.choice(_CRASHES), "crash")

    def _error(self) -> Action:
        return self._interrupt(self._source.choice(_ERRORS), "error")

    def _interruption(self) -> Action:
        """Others take their turns, or the process stalls for longer than its lease."""
        minutes = self._source.choice((0, 0, 1, 5, 30))
        steps: list[Action] = [{"do": "wait", "minutes": minutes}] if minutes else []
        steps += [self._reprice()] * self._source.randrange(2)
        steps += [{"do": "repeat_job"}] * self._source.randrange(2)
        steps += [{"do": "tick", "process": 1}] * self._source.randrange(2)
        steps += [{"do": "work", "process": 1}] * self._source.randrange(3)
        steps += [{"do": "relay", "process": 1}] * self._source.randrange(2)
        return self._interrupt(self._source.choice(_INTERRUPTIBLE), "run", actions=steps)

    def _interrupt(self, point: str, effect: str, **more: object) -> Action:
        nth = self._source.choice((1, 1, 2, 3, 4, 5, 6, 8))
        return {"do": "interrupt", "point": point, "nth": nth, "effect": effect, **more}
