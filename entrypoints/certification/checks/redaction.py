"""Secrets and people: in no log record, no error and no event of a failure, while faults strike."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act, TokenGiving, VendorMessage
from domain.errors import PmsError
from domain.snapshots import BookingSnapshot, Party
from domain.sync import SyncKind
from domain.values import Stay
from entrypoints.certification.check import Need, check
from entrypoints.certification.endings import NotApplicable
from entrypoints.certification.house import House
from entrypoints.certification.scene import Scene, secrets_among
from entrypoints.certification.visit import START, met

_FAILURES: Final = ("pms.sync.failed", "pms.item.quarantined", "pms.sync.completed")
_STRIKES: Final = 3
_GUESTS: Final = 25
_WEEK: Final = Stay(START, START + timedelta(days=7))
_SHORTEST: Final = 5
_LEFT_OUT: Final = frozenset(
    {FaultKind.MOVING_ITEMS, FaultKind.CLOCK_BACK, FaultKind.HIDDEN_UPDATE}
)


@dataclass(slots=True)
class Evidence:
    """What was logged, raised and told while every fault struck, and what must not be in it.
    `tokens` None: its simulator does not tell them."""

    canaries: dict[str, str] = field(default_factory=dict, repr=False)
    tokens: dict[str, str] | None = field(default=None, repr=False)
    logs: list[str] = field(default_factory=list, repr=False)
    errors: list[str] = field(default_factory=list, repr=False)
    events: list[str] = field(default_factory=list, repr=False)
    reprs: list[str] = field(default_factory=list, repr=False)

    @property
    def texts(self) -> list[str]:
        return [*self.logs, *self.errors, *self.events, *self.reprs]

    @staticmethod
    def leak(canaries: Mapping[str, str], texts: Sequence[str]) -> str:
        """What leaked, by its name and never by its value; empty where nothing did."""
        for what, value in canaries.items():
            as_word = re.compile(rf"(?<!\\w){re.escape(value)}(?!\\w)")
            for text in texts:
                if value in text and as_word.search(text):
                    return f"{what} is in: {as_word.sub('***', text)[:160]}"
        return ""


@check("redaction.logs", "No log record holds a secret or a guest's data", Need.PULLS)
def logs(scene: Scene) -> None:
    evidence = _evidence(scene)
    scene.expect(evidence.logs, "nothing at all was logged while faults struck")
    _expect_none(scene, evidence, evidence.logs)


@check("redaction.errors", "No error's text holds a secret or a guest's data", Need.PULLS)
def errors(scene: Scene) -> None:
    evidence = _evidence(scene)
    scene.expect(evidence.errors, "no error was met while faults struck")
    _expect_none(scene, evidence, evidence.errors)


@check(
    "redaction.events",
    "No run and no event of a failure holds a secret or a guest's data",
    Need.PULLS,
)
def events(scene: Scene) -> None:
    evidence = _evidence(scene)
    scene.expect(evidence.events, "no event was told while faults struck")
    _expect_none(scene, evidence, evidence.events)


@check(
    "redaction.reprs", "No plug-in, client or account shows a secret of its own accord", Need.PULLS
)
def reprs(scene: Scene) -> None:
    evidence = _evidence(scene)
    _expect_none(scene, evidence, evidence.reprs)


@check("redaction.tokens", "No token that was given out is anywhere in these", Need.PULLS)
def tokens(scene: Scene) -> None:
    path = scene.visit().simulator.token_path
    scene.skip_unless(path, "this vendor has no tokens that expire")
    evidence = _evidence(scene)
    if evidence.tokens is None:
        raise NotApplicable("its simulator does not tell the tokens that it gave out")
    scene.expect(evidence.tokens, "no token was given out")
    leaked = evidence.leak(evidence.tokens, evidence.texts)
    scene.expect(not leaked, leaked)


def _expect_none(scene: Scene, evidence: Evidence, texts: Sequence[str]) -> None:
    scene.expect(evidence.canaries, "there is nothing that could leak")
    leaked = evidence.leak(evidence.canaries, texts)
    scene.expect(not leaked, leaked)


def _evidence(scene: Scene) -> Evidence:
    return scene.once("evidence", lambda: _gathered(scene))


def _gathered(scene: Scene) -> Evidence:
    evidence = Evidence()
    house = scene.house(SimulatorOptions(bookings=_GUESTS))
    with _recorded(evidence.logs):
        house.first_sync()
        for kind in FaultKind:
            if kind not in _LEFT_OUT | {FaultKind.UNAUTHORIZED}:
                _struck(house, kind, evidence)
        _struck(house, FaultKind.UNAUTHORIZED, evidence)
    _shown(house, evidence)
    evidence.events += [message.body for message in house.events(*_FAILURES)]
    evidence.canaries |= _canaries(scene, house)
    if isinstance(house.visit.simulator, TokenGiving):
        given = house.visit.simulator.given_tokens()
        evidence.tokens = {f"token {number}": token for number, token in enumerate(given, 1)}
    return evidence


def _struck(house: House, kind: FaultKind, evidence: Evidence) -> None:
    visit = house.visit
    fault = Fault(kind, times=_STRIKES, seconds=0.01, retry_after="1")
    asks: tuple[Callable[[], object], ...] = (
        lambda: visit.pull(window=_WEEK),
        lambda: visit.fetch(*sorted(visit.truth())[:1]),
        lambda: house.sync(SyncKind.DELTA),
        lambda: house.hear(_new_messages(house)),
    )
    for ask in asks:
        visit.strike(fault, anywhere=kind.value.isdigit())
        error = met(ask)
        if error is not None:
            evidence.errors += list(_texts(error))
        visit.simulator.faults.clear()
        visit.clock.advance(timedelta(hours=2))
        house.resume()


def _new_messages(house: House) -> list[VendorMessage]:
    house.visit.simulator.act(Act.BOOK)
    return list(house.visit.simulator.messages())


def _texts(error: BaseException | None) -> Iterator[str]:
    """Also of what it was raised from: a traceback shows all of them."""
    while error is not None:
        details = error.details if isinstance(error, PmsError) else {}
        yield f"{error!r} {error} {json.dumps(details, default=str)}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _shown(house: House, evidence: Evidence) -> None:
    visit = house.visit
    with visit.client() as client:
        evidence.reprs += [repr(client), repr(visit.provider), repr(visit.account())]
    runs, _ = house.container.store.queries.sync_runs(house.hotel.id, limit=100)
    evidence.events += [f"{run.error_code} {run.error_detail}" for run in runs]
    evidence.events += [repr(row.reason) for row in house.quarantined()]


def _canaries(scene: Scene, house: House) -> dict[str, str]:
    secrets = secrets_among(scene.capabilities, house.visit.values)
    found = {f"the secret {name}": value for name, value in secrets.items()}
    for said in house.visit.pull().bookings.values():
        found |= dict(_of_guest(said))
    return {what: value for what, value in found.items() if len(value) >= _SHORTEST}


def _of_guest(said: BookingSnapshot) -> Iterator[tuple[str, str]]:
    if isinstance(said.primary_guest, Party):
        guest = said.primary_guest
        for what in ("email", "phone", "last_name"):
            value: str | None = getattr(guest, what)
            if value:
                yield f"the {what} of {said.external_id}'s guest", value


@contextmanager
def _recorded(into: list[str]) -> Iterator[None]:
    """Every record, from DEBUG on, with all that was put into it; nobody else hears them."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = [_Recorder(into)]
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


class _Recorder(logging.Handler):
    def __init__(self, into: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        said = {name: str(value) for name, value in vars(record).items() if name != "exc_info"}
        texts = list(_texts(record.exc_info[1])) if record.exc_info else []
        self._into.append(" ".join([record.getMessage(), json.dumps(said), *texts]))
