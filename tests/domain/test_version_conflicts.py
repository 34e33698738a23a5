from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from domain.merge import changed_names
from domain.precedence import Channel, Provenance, Receipt, Resolution, clock_skew_reason, resolve
from domain.values import Money, SourceVersion
from tests.builders import new_id

T0 = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PUSHED, PULLED, RECONCILED = Channel

# (stored channel, new channel, version and time against ours, content) -> resolution
# Versions: + newer, = equal, - older. Times: < asked or arrived before ours did, >= not before.
TABLE = """
any        any        +  any  same   advance
any        any        +  any  other  apply
any        any        =  any  same   unchanged
any        pushed     =  any  other  conflict
any        pulled     =  <    other  stale
any        pulled     =  >=   other  apply
any        reconciled =  <    other  stale
any        reconciled =  >=   other  override
any        pushed     -  any  any    stale
any        pulled     -  any  any    stale
any        reconciled -  <    any    stale
any        reconciled -  >=   same   advance
any        reconciled -  >=   other  override
"""
EVERY = (list(Channel), list(Channel), ["+", "=", "-"], ["<", ">="], ["same", "other"])


def cases() -> list[tuple[Channel, Channel, str, str, bool, Resolution]]:
    found = []
    for line in TABLE.strip().splitlines():
        *cells, resolution = line.split()
        columns = [
            every if cell == "any" else [cell] for cell, every in zip(cells, EVERY, strict=True)
        ]
        for held, received, version, time, content in product(*columns):
            channels = Channel(held), Channel(received)
            found.append((*channels, version, time, content == "same", Resolution(resolution)))
    return found


class TestResolution:
    def test_has_an_expectation_for_every_case(self) -> None:
        assert len({case[:5] for case in cases()}) == len(cases()) == 3 * 3 * 3 * 2 * 2

    @pytest.mark.parametrize(("ours", "theirs", "version", "time", "same", "resolution"), cases())
    def test_matches_the_hand_written_table(
        self,
        ours: Channel,
        theirs: Channel,
        version: str,
        time: str,
        *,
        same: bool,
        resolution: Resolution,
    ) -> None:
        held = Provenance(SourceVersion(T0, 5), ours, T0)
        received_at = {"<": [T0 - SECOND], ">=": [T0, T0 + SECOND]}[time]
        versions = {
            "+": [SourceVersion(T0, 6), SourceVersion(T0 + SECOND)],
            "=": [SourceVersion(T0, 5)],
            "-": [SourceVersion(T0, 4), SourceVersion(T0 - SECOND, 9)],
        }[version]
        for at in received_at:
            receipt = Receipt(theirs, at, new_id(), "r")
            assert {resolve(held, v, receipt, same_content=same) for v in versions} == {resolution}


class TestProvenance:
    """How and when the content came decides whether later data replaces it."""

    RECEIPT = Receipt(RECONCILED, T0 + SECOND, new_id(), "r")

    def test_is_that_of_the_receipt(self) -> None:
        version = SourceVersion(T0, 5)
        made = Provenance.of(version, self.RECEIPT)
        assert made == Provenance(version, RECONCILED, T0 + SECOND, overridden=None)

    def test_is_that_of_the_last_receipt(self) -> None:
        first = Provenance(SourceVersion(T0, 4), PUSHED, T0)
        version = SourceVersion(T0, 5)
        replaced = first.superseded_by(version, self.RECEIPT)
        assert replaced == Provenance(version, RECONCILED, T0 + SECOND, overridden=None)


class TestOverriddenVersion:
    """The API returned 5 while 9 was stored: pushes from 6 to 9 may be outdated, redelivered."""

    HELD = Provenance(SourceVersion(T0, 9), PUSHED, T0).superseded_by(
        SourceVersion(T0, 5), Receipt(RECONCILED, T0 + SECOND, new_id(), "r")
    )

    def resolution(
        self, sequence: int, channel: Channel, *, same_content: bool = False
    ) -> Resolution:
        receipt = Receipt(channel, T0 + 2 * SECOND, new_id(), "r")
        return resolve(self.HELD, SourceVersion(T0, sequence), receipt, same_content=same_content)

    @pytest.mark.parametrize("sequence", [6, 9])
    def test_conflicts_with_a_push_up_to_it(self, sequence: int) -> None:
        assert self.resolution(sequence, PUSHED) is Resolution.CONFLICT
        assert self.resolution(sequence, PUSHED, same_content=True) is Resolution.UNCHANGED

    def test_yields_to_a_newer_push_and_to_the_api(self) -> None:
        assert self.resolution(10, PUSHED) is Resolution.APPLY
        assert self.resolution(6, PULLED) is Resolution.APPLY
        assert self.resolution(6, RECONCILED) is Resolution.APPLY

    def test_is_kept_until_newer_data_is_stored(self) -> None:
        pulled = Receipt(PULLED, T0 + 2 * SECOND, new_id(), "r")
        assert self.HELD.overridden == SourceVersion(T0, 9)
        between = self.HELD.superseded_by(SourceVersion(T0, 7), pulled)
        assert between.overridden == SourceVersion(T0, 9)
        assert between.superseded_by(SourceVersion(T0, 9), pulled).overridden is None


class TestClockSkew:
    """A clock that runs days ahead would freeze a booking: all later messages would be stale."""

    def test_rejects_a_push_more_than_a_day_ahead(self) -> None:
        arrival = Receipt(PUSHED, T0, new_id(), "r")
        day = timedelta(days=1)
        assert clock_skew_reason(SourceVersion(T0 + day), arrival) is None
        reason = clock_skew_reason(SourceVersion(T0 + day + SECOND), arrival)
        assert reason is not None
        assert (reason.code, reason.path) == ("version_in_future", "source_version.updated_at")
        assert reason.detail.startswith("source_version.updated_at: ")

    @pytest.mark.parametrize("channel", [PULLED, RECONCILED])
    def test_accepts_any_version_from_the_api(self, channel: Channel) -> None:
        asked = Receipt(channel, T0, new_id(), "r")
        assert clock_skew_reason(SourceVersion(T0 + timedelta(days=900)), asked) is None


class TestChangedNames:
    def test_are_those_that_differ_in_order(self) -> None:
        assert changed_names(Money(1, "EUR"), Money(2, "USD")) == ("minor", "currency")
        assert changed_names(Money(1, "EUR"), Money(1, "USD")) == ("currency",)
        assert changed_names(Money(1, "EUR"), Money(1, "EUR")) == ()
