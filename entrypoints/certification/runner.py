"""Runs checks one after the other; whatever an adapter does, each of them ends."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum

from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from domain.errors import PmsError
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.check import Check
from entrypoints.certification.check_context import CheckContext, SharedFixtures
from entrypoints.certification.fakes import FixedJitter, SimulatorClock
from entrypoints.certification.outcomes import CheckFailed, CheckNotApplicable
from entrypoints.wiring.plugins import call_plugin
from ports.providers import Capabilities, ProviderTools
from ports.system import Clock


class CheckOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`reason` is empty for what passed; `expected`: how often the check looked at something."""

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
    """`ended` is told each result as it comes. `clock` measures; nothing waits on it."""
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
    clock = SimulatorClock()
    tools = ProviderTools(clock=clock, randomness=FixedJitter(), budget=InProcessRateBudget(clock))
    return candidate.make(tools).capabilities


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
        reason = f"it declares that it has not: {', '.join(missing)}"
        return CheckResult(check, CheckOutcome.NOT_APPLICABLE, reason, 0, 0.0)
    with ExitStack() as stack:
        ctx = CheckContext(candidate, capabilities, stack, shared)
        outcome, reason = _determine_outcome(check, ctx)
    return CheckResult(check, outcome, reason, ctx.expectations, clock.monotonic() - started_at)


def _determine_outcome(check: Check, ctx: CheckContext) -> tuple[CheckOutcome, str]:
    def run_check() -> tuple[CheckOutcome, str]:
        check.run_check(ctx)
        if not ctx.expectations:
            return CheckOutcome.FAILED, "the check looked at nothing"
        return CheckOutcome.PASSED, ""

    return call_plugin(run_check, _outcome_of_error)


def _outcome_of_error(error: Exception) -> tuple[CheckOutcome, str]:
    match error:
        case CheckNotApplicable():
            return CheckOutcome.NOT_APPLICABLE, str(error)
        case CheckFailed():
            return CheckOutcome.FAILED, str(error)
        case PmsError():
            return CheckOutcome.FAILED, f"{type(error).__name__}: {error.message}"
        case _:
            return CheckOutcome.FAILED, f"{type(error).__name__} at {_location_of(error)}"


def _location_of(fault: BaseException) -> str:
    """Without its text, which may hold a payload's values."""
    trace = fault.__traceback__
    place = "an unknown place"
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename.rsplit("/", 2)
        place = f"{'/'.join(name[-2:])}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
