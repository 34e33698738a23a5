"""Runs checks one after the other; whatever an adapter does, each of them ends."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum

from adapters.outbound.provider_kit.rate_window import SlidingWindow
from domain.errors import PmsError
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.check import Check
from entrypoints.certification.endings import Failed, NotApplicable
from entrypoints.certification.scene import Scene, Shared
from entrypoints.certification.surroundings import HalfWay, PacingClock
from entrypoints.providers import FAULTS
from ports.providers import Capabilities, ProviderTools
from ports.system import Clock


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Result:
    """`reason` is empty for what passed; `expected`: how often the check looked at something."""

    check: Check
    outcome: Outcome
    reason: str
    expected: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    provider: str
    results: Sequence[Result]
    seconds: float

    @property
    def is_green(self) -> bool:
        return bool(self.results) and not self.of(Outcome.FAILED)

    def of(self, outcome: Outcome) -> list[Result]:
        return [result for result in self.results if result.outcome is outcome]

    def failed_ids(self) -> frozenset[str]:
        return frozenset(result.check.id for result in self.of(Outcome.FAILED))


def certify(
    candidate: Candidate,
    checks: Sequence[Check],
    *,
    clock: Clock,
    ended: Callable[[Result], None] = lambda _: None,
) -> Report:
    """`ended` is told each result as it comes. `clock` measures; nothing waits on it."""
    started = clock.monotonic()
    capabilities = _declared(candidate)
    shared = Shared()
    results: list[Result] = []
    with shared.stack:
        for check in checks:
            result = _looked(check, candidate, capabilities, shared, clock)
            results.append(result)
            ended(result)
    return Report(candidate.name, results, clock.monotonic() - started)


def _declared(candidate: Candidate) -> Capabilities:
    clock = PacingClock()
    tools = ProviderTools(clock=clock, randomness=HalfWay(), budget=SlidingWindow(clock))
    return candidate.make(tools).capabilities


def _looked(
    check: Check, candidate: Candidate, capabilities: Capabilities, shared: Shared, clock: Clock
) -> Result:
    begun = clock.monotonic()
    unmet = [need for need in check.needs if not need.is_met_by(capabilities)]
    if unmet:
        reason = f"it declares that it has not: {', '.join(unmet)}"
        return Result(check, Outcome.NOT_APPLICABLE, reason, 0, 0.0)
    with ExitStack() as stack:
        scene = Scene(candidate, capabilities, stack, shared)
        outcome, reason = _ended(check, scene)
    return Result(check, outcome, reason, scene.expected, clock.monotonic() - begun)


def _ended(check: Check, scene: Scene) -> tuple[Outcome, str]:
    try:
        check.look(scene)
    except NotApplicable as why:
        return Outcome.NOT_APPLICABLE, str(why)
    except Failed as fault:
        return Outcome.FAILED, str(fault)
    except PmsError as error:
        return Outcome.FAILED, f"{type(error).__name__}: {error.message}"
    except FAULTS as fault:
        return Outcome.FAILED, f"{type(fault).__name__} at {_place(fault)}"
    if not scene.expected:
        return Outcome.FAILED, "the check looked at nothing"
    return Outcome.PASSED, ""


def _place(fault: BaseException) -> str:
    """Without its text, which may hold a payload's values."""
    trace = fault.__traceback__
    place = "an unknown place"
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename.rsplit("/", 2)
        place = f"{'/'.join(name[-2:])}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
