from datetime import UTC, datetime, timedelta

import pytest

from domain.precedence import (
    Observation,
    Origin,
    Provenance,
    Stale,
    Tied,
    Unchanged,
    Verdict,
    changed_names,
    judge,
    nothing_to_write,
)
from domain.values import Money, SourceVersion
from tests.builders import new_id

T0 = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PUSHED, PULLED, RECONCILED = Origin

# (held by, heard by, version against ours, heard before or after ours, same content) -> verdict
# Versions: + newer, = equal, - older. Times: < asked or arrived before ours did, >= not before.
TABLE = """
any        any        +  <   same   advance
any        any        +  <   other  apply
any        any        +  >=  same   advance
any        any        +  >=  other  apply
any        any        =  <   same   unchanged
any        any        =  >=  same   unchanged
any        pushed     =  <   other  tied
any        pushed     =  >=  other  tied
pushed     pulled     =  <   other  apply
pushed     pulled     =  >=  other  apply
pulled     pulled     =  <   other  stale
pulled     pulled     =  >=  other  apply
reconciled pulled     =  <   other  stale
reconciled pulled     =  >=  other  apply
pushed     reconciled =  <   other  apply
pushed     reconciled =  >=  other  override
pulled     reconciled =  <   other  stale
pulled     reconciled =  >=  other  override
reconciled reconciled =  <   other  stale
reconciled reconciled =  >=  other  override
any        pushed     -  <   same   stale
any        pushed     -  <   other  stale
any        pushed     -  >=  same   stale
any        pushed     -  >=  other  stale
any        pulled     -  <   same   stale
any        pulled     -  <   other  stale
any        pulled     -  >=  same   stale
any        pulled     -  >=  other  stale
any        reconciled -  <   same   stale
any        reconciled -  <   other  stale
any        reconciled -  >=  same   advance
any        reconciled -  >=  other  override
"""


def cases() -> list[tuple[Origin, Origin, str, str, bool, Verdict]]:
    rows = [line.split() for line in TABLE.strip().splitlines()]
    return [
        (ours, theirs, version, time, content == "same", Verdict(verdict))
        for held, heard, version, time, content, verdict in rows
        for ours in (Origin if held == "any" else [Origin(held)])
        for theirs in (Origin if heard == "any" else [Origin(heard)])
    ]


class TestTheVerdict:
    def test_is_written_down_for_every_case(self) -> None:
        assert len({case[:5] for case in cases()}) == len(cases()) == 3 * 3 * 3 * 2 * 2

    @pytest.mark.parametrize(("ours", "theirs", "version", "time", "same", "verdict"), cases())
    def test_is_that_of_the_hand_written_table(
        self, ours: Origin, theirs: Origin, version: str, time: str, *, same: bool, verdict: Verdict
    ) -> None:
        held = Provenance(SourceVersion(T0, 5), ours, T0)
        heard_at = {"<": [T0 - SECOND], ">=": [T0, T0 + SECOND]}[time]
        versions = {
            "+": [SourceVersion(T0, 6), SourceVersion(T0 + SECOND)],
            "=": [SourceVersion(T0, 5)],
            "-": [SourceVersion(T0, 4), SourceVersion(T0 - SECOND, 9)],
        }[version]
        for at in heard_at:
            observation = Observation(theirs, at, new_id(), "r")
            assert {judge(held, v, observation, same_content=same) for v in versions} == {verdict}

    def test_tells_what_needs_no_write(self) -> None:
        assert {verdict: nothing_to_write(verdict) for verdict in Verdict} == {
            Verdict.APPLY: None,
            Verdict.OVERRIDE: None,
            Verdict.ADVANCE: None,
            Verdict.UNCHANGED: Unchanged(),
            Verdict.STALE: Stale(),
            Verdict.TIED: Tied(),
        }


class TestChangedNames:
    def test_are_those_that_differ_in_order(self) -> None:
        assert changed_names(Money(1, "EUR"), Money(2, "USD")) == ("minor", "currency")
        assert changed_names(Money(1, "EUR"), Money(1, "USD")) == ("currency",)
        assert changed_names(Money(1, "EUR"), Money(1, "EUR")) == ()
