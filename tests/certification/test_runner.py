from dataclasses import replace

import pytest

from adapters.outbound.system import SystemClock
from entrypoints.certification.check import Check, Requirement, check
from entrypoints.certification.check_context import CheckContext
from entrypoints.certification.outcomes import CheckFailed, CheckNotApplicable
from entrypoints.certification.registry import CHECKS, selected
from entrypoints.certification.runner import CheckOutcome, CheckResult, certify
from ports.errors import RateLimited
from tests.certification.signed import SignedApaleo, candidate

SECRET = "payload value"


class NeverPulled(SignedApaleo):
    @property
    def capabilities(self):
        return replace(super().capabilities, pulls=False)


def ended(run_check, *needs: Requirement, make=SignedApaleo) -> CheckResult:
    made: Check = check("test.check", "A check of this test", *needs)(run_check)
    return certify(candidate(make), [made], clock=SystemClock()).results[0]


def raising(error: Exception):
    def run_check(ctx: CheckContext) -> None:
        ctx.observed()
        raise error

    return run_check


class TestACheck:
    def test_that_looks_at_nothing_fails(self) -> None:
        result = ended(lambda ctx: None)
        assert (result.outcome, result.reason) == (
            CheckOutcome.FAILED,
            "the check looked at nothing",
        )

    def test_that_finds_what_it_expects_passes(self) -> None:
        result = ended(lambda ctx: ctx.expect(True, ""))
        assert (result.outcome, result.reason, result.expectations) == (CheckOutcome.PASSED, "", 1)

    def test_that_does_not_tells_what_it_found(self) -> None:
        result = ended(raising(CheckFailed("seven instead of eight")))
        assert (result.outcome, result.reason) == (CheckOutcome.FAILED, "seven instead of eight")

    def test_of_what_a_vendor_has_not_tells_why_it_does_not_apply(self) -> None:
        result = ended(raising(CheckNotApplicable("it has no webhooks")))
        assert (result.outcome, result.reason) == (
            CheckOutcome.NOT_APPLICABLE,
            "it has no webhooks",
        )

    def test_that_needs_what_is_not_declared_is_not_even_looked_at(self) -> None:
        result = ended(raising(CheckFailed("looked at")), Requirement.PULLS, make=NeverPulled)
        assert result.outcome is CheckOutcome.NOT_APPLICABLE
        assert result.reason == "it declares that it has not: pulls"

    def test_in_which_the_adapter_refuses_tells_its_error(self) -> None:
        result = ended(raising(RateLimited("too many")))
        assert (result.outcome, result.reason) == (CheckOutcome.FAILED, "RateLimited: too many")

    def test_in_which_the_adapter_breaks_tells_where_and_not_what_it_had_in_its_hands(self) -> None:
        result = ended(raising(KeyError(SECRET)))
        assert result.outcome is CheckOutcome.FAILED
        assert result.reason.startswith("KeyError at certification/test_runner.py:")
        assert SECRET not in result.reason


class TestTheRegistry:
    def test_has_each_id_once(self) -> None:
        ids = [each.id for each in CHECKS]
        assert len(ids) == len(set(ids)) > 100

    def test_has_a_title_for_each(self) -> None:
        assert all(each.title and not each.title.endswith(".") for each in CHECKS)

    @pytest.mark.parametrize("pattern", ["paging", "paging.ties", "*.html*", None])
    def test_is_picked_from_by_group_id_or_pattern(self, pattern: str | None) -> None:
        found = selected(pattern)
        assert found
        assert len(found) <= len(CHECKS)
        if pattern == "paging.ties":
            assert [each.id for each in found] == ["paging.ties"]

    def test_has_nothing_of_a_name_that_nobody_gave(self) -> None:
        assert not selected("nothing")
