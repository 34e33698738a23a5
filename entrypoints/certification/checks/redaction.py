"""No secret and no guest data in logs, errors and failure events while faults are injected."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import (
    SupportsIssuedTokens,
)
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.errors import PmsError
from domain.snapshots import BookingSnapshot, Party
from domain.sync_run import SyncKind
from domain.values import DateRange
from entrypoints.certification.adapter_harness import START
from entrypoints.certification.app_harness import AppHarness
from entrypoints.certification.check import pull_check, pull_check_for_each
from entrypoints.certification.check_context import CheckContext
from entrypoints.certification.outcomes import CheckNotApplicable, catch_error

_FAILURE_EVENTS: Final = ("pms.sync.failed", "pms.item.quarantined", "pms.sync.completed")
_FAULT_COUNT: Final = 3
_GUESTS: Final = 25
_WEEK: Final = DateRange(START, START + timedelta(days=7))
_MIN_LENGTH: Final = 5
_SKIPPED_FAULTS: Final = frozenset(
    {FaultKind.MOVING_ITEMS, FaultKind.CLOCK_BACK, FaultKind.HIDDEN_UPDATE}
)


@dataclass(slots=True)
class Evidence:
    """Texts that were recorded while each fault was injected, and values that none may contain.
    `canaries` and `tokens` map a description to a value. `tokens` None: the simulator does not
    report them."""

    canaries: dict[str, str] = field(default_factory=dict, repr=False)
    tokens: dict[str, str] | None = field(default=None, repr=False)
    logs: list[str] = field(default_factory=list, repr=False)
    errors: list[str] = field(default_factory=list, repr=False)
    events: list[str] = field(default_factory=list, repr=False)
    reprs: list[str] = field(default_factory=list, repr=False)

    @property
    def texts(self) -> list[str]:
        return [*self.logs, *self.errors, *self.events, *self.reprs]


@pull_check_for_each(
    "redaction",
    ("logs", "No log record contains a secret or guest data", "logs"),
    ("errors", "No error text contains a secret or guest data", "errors"),
    ("events", "No run and no failure event contains a secret or guest data", "events"),
    ("reprs", "No repr of a provider, client or account contains a secret", "reprs"),
)
def redacted_texts(ctx: CheckContext, kind: str) -> None:
    """`kind`: the field of Evidence with the texts."""
    evidence = _evidence(ctx)
    texts: list[str] = getattr(evidence, kind)
    ctx.expect(texts, f"no {kind} were recorded while faults were injected")
    ctx.expect(evidence.canaries, "there is nothing that could leak")
    _expect_no_leak(ctx, evidence.canaries, texts)


@pull_check("redaction.tokens", "None of these texts contains an issued token")
def redacted_tokens(ctx: CheckContext) -> None:
    path = ctx.adapter().simulator.token_path
    ctx.require_or_skip(path, "this vendor has no tokens that expire")
    evidence = _evidence(ctx)
    if evidence.tokens is None:
        raise CheckNotApplicable("its simulator does not report the tokens that it issued")
    ctx.expect(evidence.tokens, "no token was issued")
    _expect_no_leak(ctx, evidence.tokens, evidence.texts)


def _expect_no_leak(ctx: CheckContext, canaries: Mapping[str, str], texts: Sequence[str]) -> None:
    """The report describes a leaked value and does not show it."""
    for what, value in canaries.items():
        leak = next((text for text in texts if value in text), "")
        ctx.expect(not leak, f"{what} is in: {leak.replace(value, '***')[:160]}")


def _evidence(ctx: CheckContext) -> Evidence:
    return ctx.get_or_create("evidence", lambda: _collect_evidence(ctx))


def _collect_evidence(ctx: CheckContext) -> Evidence:
    evidence = Evidence()
    app = ctx.app(SimulatorOptions(bookings=_GUESTS))
    with _capture_logs(evidence.logs):
        app.sync_or_fail(SyncKind.FULL)
        for kind in FaultKind:
            if kind not in _SKIPPED_FAULTS | {FaultKind.UNAUTHORIZED}:
                _inject_and_record(app, kind, evidence)
        _inject_and_record(app, FaultKind.UNAUTHORIZED, evidence)
    _collect_reprs(app, evidence)
    evidence.events += [message.body for message in app.events(*_FAILURE_EVENTS)]
    evidence.canaries |= _canaries(app)
    if isinstance(app.adapter.simulator, SupportsIssuedTokens):
        issued = app.adapter.simulator.issued_tokens()
        evidence.tokens = {f"token {number}": token for number, token in enumerate(issued, 1)}
    return evidence


def _inject_and_record(app: AppHarness, kind: FaultKind, evidence: Evidence) -> None:
    adapter = app.adapter
    fault = Fault(kind, times=_FAULT_COUNT, seconds=0.01, retry_after="1")
    operations: tuple[Callable[[], object], ...] = (
        lambda: adapter.pull(window=_WEEK),
        lambda: adapter.fetch(*sorted(adapter.expected_bookings())[:1]),
        lambda: app.sync(SyncKind.DELTA),
        lambda: app.receive_and_process(adapter.book_and_collect()),
    )
    for operation in operations:
        adapter.inject(fault, anywhere=kind.value.isdigit())
        error = catch_error(operation)
        if error is not None:
            evidence.errors += list(_texts(error))
        adapter.simulator.faults.clear()
        adapter.clock.advance(timedelta(hours=2))
        app.resume()


def _texts(error: BaseException | None) -> Iterator[str]:
    """Of the error and of those that it was raised from, as a traceback shows them."""
    while error is not None:
        details = error.details if isinstance(error, PmsError) else {}
        yield f"{error!r} {error} {json.dumps(details, default=str)}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _collect_reprs(app: AppHarness, evidence: Evidence) -> None:
    adapter = app.adapter
    with adapter.client() as client:
        evidence.reprs += [repr(client), repr(adapter.provider), repr(adapter.account())]
    runs = app.container.store.queries.sync_runs(app.hotel.id, limit=100)
    evidence.events += [f"{run.error_code} {run.error_detail}" for run in runs.rows]
    evidence.events += [repr(row.reason) for row in app.quarantined()]


def _canaries(app: AppHarness) -> dict[str, str]:
    secrets = app.adapter.account().secrets
    found = {f"the secret {name}": value for name, value in secrets.items()}
    for snapshot in app.adapter.pull().bookings.values():
        found |= dict(_guest_values(snapshot))
    return {what: value for what, value in found.items() if len(value) >= _MIN_LENGTH}


def _guest_values(snapshot: BookingSnapshot) -> Iterator[tuple[str, str]]:
    if isinstance(snapshot.primary_guest, Party):
        guest = snapshot.primary_guest
        for what in ("email", "phone", "last_name"):
            value: str | None = getattr(guest, what)
            if value:
                yield f"the {what} of {snapshot.external_id}'s guest", value


@contextmanager
def _capture_logs(into: list[str]) -> Iterator[None]:
    """Collects every record from DEBUG on, with its fields; no other handler receives them."""
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
        fields = {name: str(value) for name, value in vars(record).items() if name != "exc_info"}
        texts = list(_texts(record.exc_info[1])) if record.exc_info else []
        self._into.append(" ".join([record.getMessage(), json.dumps(fields), *texts]))
