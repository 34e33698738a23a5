"""Secrets and people: in no log record, no error and no event of a failure, while faults strike."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import (
    ScenarioAction,
    SupportsIssuedTokens,
    VendorMessage,
)
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.errors import PmsError
from domain.snapshots import BookingSnapshot, Party
from domain.sync_run import SyncKind
from domain.values import DateRange
from entrypoints.certification.adapter_harness import START, catch_error
from entrypoints.certification.app_harness import AppHarness
from entrypoints.certification.check import Requirement, check
from entrypoints.certification.check_context import CheckContext, secrets_among
from entrypoints.certification.outcomes import CheckNotApplicable

_FAILURES: Final = ("pms.sync.failed", "pms.item.quarantined", "pms.sync.completed")
_FAULT_COUNT: Final = 3
_GUESTS: Final = 25
_WEEK: Final = DateRange(START, START + timedelta(days=7))
_SHORTEST: Final = 5
_SKIPPED_FAULTS: Final = frozenset(
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
            pattern = re.compile(rf"(?<!\\w){re.escape(value)}(?!\\w)")
            for text in texts:
                if value in text and pattern.search(text):
                    return f"{what} is in: {pattern.sub('***', text)[:160]}"
        return ""


@check("redaction.logs", "No log record holds a secret or a guest's data", Requirement.PULLS)
def logs(ctx: CheckContext) -> None:
    evidence = _evidence(ctx)
    ctx.expect(evidence.logs, "nothing at all was logged while faults struck")
    _expect_none(ctx, evidence, evidence.logs)


@check("redaction.errors", "No error's text holds a secret or a guest's data", Requirement.PULLS)
def errors(ctx: CheckContext) -> None:
    evidence = _evidence(ctx)
    ctx.expect(evidence.errors, "no error was met while faults struck")
    _expect_none(ctx, evidence, evidence.errors)


@check(
    "redaction.events",
    "No run and no event of a failure holds a secret or a guest's data",
    Requirement.PULLS,
)
def events(ctx: CheckContext) -> None:
    evidence = _evidence(ctx)
    ctx.expect(evidence.events, "no event was told while faults struck")
    _expect_none(ctx, evidence, evidence.events)


@check(
    "redaction.reprs",
    "No plug-in, client or account shows a secret of its own accord",
    Requirement.PULLS,
)
def reprs(ctx: CheckContext) -> None:
    evidence = _evidence(ctx)
    _expect_none(ctx, evidence, evidence.reprs)


@check("redaction.tokens", "No token that was given out is anywhere in these", Requirement.PULLS)
def tokens(ctx: CheckContext) -> None:
    path = ctx.adapter().simulator.token_path
    ctx.require_or_skip(path, "this vendor has no tokens that expire")
    evidence = _evidence(ctx)
    if evidence.tokens is None:
        raise CheckNotApplicable("its simulator does not tell the tokens that it gave out")
    ctx.expect(evidence.tokens, "no token was given out")
    leaked = evidence.leak(evidence.tokens, evidence.texts)
    ctx.expect(not leaked, leaked)


def _expect_none(ctx: CheckContext, evidence: Evidence, texts: Sequence[str]) -> None:
    ctx.expect(evidence.canaries, "there is nothing that could leak")
    leaked = evidence.leak(evidence.canaries, texts)
    ctx.expect(not leaked, leaked)


def _evidence(ctx: CheckContext) -> Evidence:
    return ctx.get_or_create("evidence", lambda: _collect_evidence(ctx))


def _collect_evidence(ctx: CheckContext) -> Evidence:
    evidence = Evidence()
    app = ctx.app(SimulatorOptions(bookings=_GUESTS))
    with _capture_logs(evidence.logs):
        app.first_sync()
        for kind in FaultKind:
            if kind not in _SKIPPED_FAULTS | {FaultKind.UNAUTHORIZED}:
                _inject_and_record(app, kind, evidence)
        _inject_and_record(app, FaultKind.UNAUTHORIZED, evidence)
    _collect_reprs(app, evidence)
    evidence.events += [message.body for message in app.events(*_FAILURES)]
    evidence.canaries |= _canaries(ctx, app)
    if isinstance(app.adapter.simulator, SupportsIssuedTokens):
        given = app.adapter.simulator.issued_tokens()
        evidence.tokens = {f"token {number}": token for number, token in enumerate(given, 1)}
    return evidence


def _inject_and_record(app: AppHarness, kind: FaultKind, evidence: Evidence) -> None:
    adapter = app.adapter
    fault = Fault(kind, times=_FAULT_COUNT, seconds=0.01, retry_after="1")
    operations: tuple[Callable[[], object], ...] = (
        lambda: adapter.pull(window=_WEEK),
        lambda: adapter.fetch(*sorted(adapter.expected_bookings())[:1]),
        lambda: app.sync(SyncKind.DELTA),
        lambda: app.receive_and_process(_new_messages(app)),
    )
    for operation in operations:
        adapter.inject(fault, anywhere=kind.value.isdigit())
        error = catch_error(operation)
        if error is not None:
            evidence.errors += list(_texts(error))
        adapter.simulator.faults.clear()
        adapter.clock.advance(timedelta(hours=2))
        app.resume()


def _new_messages(app: AppHarness) -> list[VendorMessage]:
    app.adapter.simulator.act(ScenarioAction.BOOK)
    return list(app.adapter.simulator.messages())


def _texts(error: BaseException | None) -> Iterator[str]:
    """Also of what it was raised from: a traceback shows all of them."""
    while error is not None:
        details = error.details if isinstance(error, PmsError) else {}
        yield f"{error!r} {error} {json.dumps(details, default=str)}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _collect_reprs(app: AppHarness, evidence: Evidence) -> None:
    adapter = app.adapter
    with adapter.client() as client:
        evidence.reprs += [repr(client), repr(adapter.provider), repr(adapter.account())]
    runs, _ = app.container.store.queries.sync_runs(app.hotel.id, limit=100)
    evidence.events += [f"{run.error_code} {run.error_detail}" for run in runs]
    evidence.events += [repr(row.reason) for row in app.quarantined()]


def _canaries(ctx: CheckContext, app: AppHarness) -> dict[str, str]:
    secrets = secrets_among(ctx.capabilities, app.adapter.values)
    found = {f"the secret {name}": value for name, value in secrets.items()}
    for snapshot in app.adapter.pull().bookings.values():
        found |= dict(_of_guest(snapshot))
    return {what: value for what, value in found.items() if len(value) >= _SHORTEST}


def _of_guest(snapshot: BookingSnapshot) -> Iterator[tuple[str, str]]:
    if isinstance(snapshot.primary_guest, Party):
        guest = snapshot.primary_guest
        for what in ("email", "phone", "last_name"):
            value: str | None = getattr(guest, what)
            if value:
                yield f"the {what} of {snapshot.external_id}'s guest", value


@contextmanager
def _capture_logs(into: list[str]) -> Iterator[None]:
    """Every record, from DEBUG on, with all that was put into it; nobody else hears them."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = [_CapturingHandler(into)]
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


class _CapturingHandler(logging.Handler):
    def __init__(self, into: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        snapshot = {name: str(value) for name, value in vars(record).items() if name != "exc_info"}
        texts = list(_texts(record.exc_info[1])) if record.exc_info else []
        self._into.append(" ".join([record.getMessage(), json.dumps(snapshot), *texts]))
