from dataclasses import replace

import pytest

from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from adapters.outbound.system import SystemClock
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.check import Requirement, check
from entrypoints.certification.check_context import CheckContext
from entrypoints.certification.outcomes import CheckFailed, CheckNotApplicable, CheckOutcome
from entrypoints.certification.registry import CHECKS, select_checks
from entrypoints.certification.runner import CheckResult, certify
from ports.errors import Misconfigured, RateLimited
from ports.providers import Provider, ProviderTools
from tests.certification.certifying import certify_with
from tests.certification.signed import SignedApaleo, SignedSimulator, candidate

SECRET = "payload value"


class SimulatorOfVersion01:
    def __init__(self, options: SimulatorOptions) -> None:
        self._inner = SignedSimulator(options)

    def __getattr__(self, name):
        if name in ("expected_bookings", "issued_tokens"):
            raise AttributeError(name)
        return getattr(self._inner, name)

    def truth(self):
        return self._inner.expected_bookings()

    def given_tokens(self):
        return self._inner.issued_tokens()


class NotPulled(SignedApaleo):
    @property
    def capabilities(self):
        return replace(super().capabilities, pulls=False)


def result_of(run, *needs: Requirement, make=SignedApaleo) -> CheckResult:
    tested = check("test.check", "A check of this test", *needs)(run)
    return certify(candidate(make), [tested], clock=SystemClock()).results[0]


def raising(error: Exception):
    def run(ctx: CheckContext) -> None:
        ctx.count_expectation()
        raise error

    return run


class TestCheckOutcome:
    def test_is_failed_if_nothing_was_verified(self) -> None:
        result = result_of(lambda ctx: None)
        assert (result.outcome, result.reason) == (
            CheckOutcome.FAILED,
            "the check verified nothing",
        )

    def test_is_passed_if_the_expectation_holds(self) -> None:
        result = result_of(lambda ctx: ctx.expect(True, ""))
        assert (result.outcome, result.reason, result.expectations) == (CheckOutcome.PASSED, "", 1)

    def test_is_failed_with_the_reason_of_the_check(self) -> None:
        result = result_of(raising(CheckFailed("seven instead of eight")))
        assert (result.outcome, result.reason) == (CheckOutcome.FAILED, "seven instead of eight")

    def test_is_not_applicable_with_the_reason_of_the_check(self) -> None:
        result = result_of(raising(CheckNotApplicable("it has no webhooks")))
        assert (result.outcome, result.reason) == (
            CheckOutcome.NOT_APPLICABLE,
            "it has no webhooks",
        )

    def test_is_not_applicable_without_a_run_if_a_capability_is_not_declared(self) -> None:
        result = result_of(raising(CheckFailed("run")), Requirement.PULLS, make=NotPulled)
        assert result.outcome is CheckOutcome.NOT_APPLICABLE
        assert result.reason == "the provider does not declare: pulls"

    def test_is_failed_with_the_error_that_the_adapter_reports(self) -> None:
        result = result_of(raising(RateLimited("too many")))
        assert (result.outcome, result.reason) == (CheckOutcome.FAILED, "RateLimited: too many")

    def test_is_failed_with_the_place_but_not_the_text_of_another_error(self) -> None:
        result = result_of(raising(KeyError(SECRET)))
        assert result.outcome is CheckOutcome.FAILED
        assert result.reason.startswith("KeyError at certification/test_runner.py:")
        assert SECRET not in result.reason

    def test_is_failed_if_the_simulator_can_not_be_stopped(self) -> None:
        def run(ctx: CheckContext) -> None:
            ctx.count_expectation()
            ctx.stack.callback(raising(KeyError(SECRET)), ctx)

        result = result_of(run)
        assert result.outcome is CheckOutcome.FAILED
        assert result.reason.startswith("KeyError at ")


class TestCertification:
    def test_accepts_a_simulator_with_the_method_names_of_version_0_1(self) -> None:
        old = Candidate("apaleo", SignedApaleo, SimulatorOfVersion01)
        with pytest.deprecated_call(match="truth is now|given_tokens is now") as warned:
            report = certify_with(old, {"fetch.unknown"})
        assert report.is_certified
        assert len(warned) == 2
        assert SimulatorOfVersion01(SimulatorOptions(bookings=1)).issued_tokens() == []

    @pytest.mark.parametrize(
        ("error", "expected"), [(KeyError(SECRET), Misconfigured), (RateLimited(), RateLimited)]
    )
    def test_reports_an_adapter_that_can_not_be_created(
        self, error: Exception, expected: type[Exception]
    ) -> None:
        def make(tools: ProviderTools) -> Provider:
            raise error

        with pytest.raises(expected) as raised:
            certify(candidate(make), CHECKS, clock=SystemClock())
        assert SECRET not in str(raised.value)


class TestRegistry:
    def test_has_unique_ids(self) -> None:
        ids = [each.id for each in CHECKS]
        assert len(ids) == len(set(ids)) > 100

    def test_has_a_title_for_each_check(self) -> None:
        assert all(each.title and not each.title.endswith(".") for each in CHECKS)

    @pytest.mark.parametrize("pattern", ["paging", "paging.ties", "*.html*", None])
    def test_selects_by_group_id_or_pattern(self, pattern: str | None) -> None:
        found = select_checks(pattern)
        assert found
        assert len(found) <= len(CHECKS)
        if pattern == "paging.ties":
            assert [each.id for each in found] == ["paging.ties"]

    def test_selects_nothing_for_an_unknown_name(self) -> None:
        assert not select_checks("nothing")
