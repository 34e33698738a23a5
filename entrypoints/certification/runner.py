"""Runs checks in order. An adapter that raises fails its check, not the certification."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from domain.errors import PmsError
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.check import Check
from entrypoints.certification.check_context import CheckContext, SharedFixtures
from entrypoints.certification.fakes import SimulatorClock, simulator_tools
from entrypoints.certification.outcomes import CheckFailed, CheckNotApplicable, CheckOutcome
from entrypoints.wiring.plugins import call_plugin
from ports.errors import Misconfigured
from ports.providers import Capabilities
from ports.system import Clock


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`reason` is empty for a passed check; `expectations` counts what the check verified."""

    check: Check
    outcome: CheckOutcome
    reason: str
    expectations: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CertificationReport:
    provider: str
    results: Sequence[CheckResult]
    seconds: float

    @property
    def is_certified(self) -> bool:
        return bool(self.results) and not self.of(CheckOutcome.FAILED)

    def of(self, outcome: CheckOutcome) -> list[CheckResult]:
        return [result for result in self.results if result.outcome is outcome]

    def failed_ids(self) -> frozenset[str]:
        return frozenset(result.check.id for result in self.of(CheckOutcome.FAILED))


def certify(
    candidate: Candidate,
    checks: Sequence[Check],
    *,
    clock: Clock,
    on_result: Callable[[CheckResult], None] = lambda _: None,
) -> CertificationReport:
    """`on_result` is called after each check. `clock` measures durations only. Raises Misconfigured
    if the adapter can't be created."""
    started = clock.monotonic()
    capabilities = _declared_capabilities(candidate)
    shared = SharedFixtures()
    results: list[CheckResult] = []
    with shared.stack:
        for check in checks:
            result = _run_one(check, candidate, capabilities, shared, clock)
            results.append(result)
            on_result(result)
    return CertificationReport(candidate.name, results, clock.monotonic() - started)


def _declared_capabilities(candidate: Candidate) -> Capabilities:
    def declare() -> Capabilities:
        return candidate.make(simulator_tools(SimulatorClock())).capabilities

    def report_error(error: BaseException) -> Capabilities:
        if isinstance(error, PmsError):
            raise error
        problem = f"{type(error).__name__} at {_location_of(error)}"
        raise Misconfigured(f"the adapter {candidate.name} can't be created: {problem}") from error

    return call_plugin(declare, report_error)


def _run_one(
    check: Check,
    candidate: Candidate,
    capabilities: Capabilities,
    shared: SharedFixtures,
    clock: Clock,
) -> CheckResult:
    started_at = clock.monotonic()
    missing = [need for need in check.needs if not need.is_satisfied_by(capabilities)]
    if missing:
        reason = f"the provider does not declare: {', '.join(missing)}"
        return CheckResult(check, CheckOutcome.NOT_APPLICABLE, reason, 0, 0.0)
    ctx = CheckContext(candidate, capabilities, ExitStack(), shared)
    outcome, reason = _determine_outcome(check, ctx)
    return CheckResult(check, outcome, reason, ctx.expectations, clock.monotonic() - started_at)


def _determine_outcome(check: Check, ctx: CheckContext) -> tuple[CheckOutcome, str]:
    def run() -> tuple[CheckOutcome, str]:
        with ctx.stack:
            check.run(ctx)
        if not ctx.expectations:
            return CheckOutcome.FAILED, "the check verified nothing"
        return CheckOutcome.PASSED, ""

    return call_plugin(run, _outcome_of_error)


def _outcome_of_error(error: BaseException) -> tuple[CheckOutcome, str]:
    match error:
        case CheckNotApplicable():
            return CheckOutcome.NOT_APPLICABLE, str(error)
        case CheckFailed():
            return CheckOutcome.FAILED, str(error)
        case PmsError():
            return CheckOutcome.FAILED, f"{type(error).__name__}: {error.message}"
        case _:
            return CheckOutcome.FAILED, f"{type(error).__name__} at {_location_of(error)}"


def _location_of(error: BaseException) -> str:
    """Where it was raised. Its text is left out: that may contain values of a payload."""
    trace = error.__traceback__
    place = "an unknown location"
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename.rsplit("/", 2)
        place = f"{'/'.join(name[-2:])}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
