"""Versions of messages whose instants are equal, or of which only the day is known."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from adapters.outbound.providers.alpinebits.mapping.message_order import version_before
from domain.values import SourceVersion
from tests.providers.alpinebits.payloads import pushed, read, refusal, reservation, snapshot_of

MIDNIGHT = datetime(2026, 2, 2, 23, tzinfo=UTC)
DAY = 'LastModifyDateTime="2026-02-03"'


def version(attributes: str, root: str = "", time_zone: str = "Europe/Rome") -> SourceVersion:
    (item,) = read(pushed(reservation(attributes=attributes), root=root), time_zone=time_zone)
    return snapshot_of(item).version


def modification(nights: int, status: str = "Modify", at: str = DAY) -> str:
    sent = reservation(attributes=f'ResStatus="{status}" {at}')
    return sent.replace('End="2026-03-12"', f'End="2026-03-{10 + nights}"')


def versions(*reservations: str) -> list[SourceVersion]:
    return [snapshot_of(item).version for item in read(pushed(*reservations))]


class TestDay:
    def test_is_its_first_instant_at_the_hotel(self) -> None:
        assert version(f'ResStatus="Modify" {DAY}') == SourceVersion(MIDNIGHT, 1_000)
        auckland = version(f'ResStatus="Modify" {DAY}', time_zone="Pacific/Auckland")
        assert auckland.updated_at == datetime(2026, 2, 2, 11, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("written", "at"),
        [
            ("2026-02-03Z", datetime(2026, 2, 3, tzinfo=UTC)),
            ("2026-02-03+05:30", datetime(2026, 2, 2, 18, 30, tzinfo=UTC)),
            ("2026-02-03T00:00", MIDNIGHT),
        ],
    )
    def test_may_have_an_offset(self, written: str, at: datetime) -> None:
        found = version(f'ResStatus="Modify" LastModifyDateTime="{written}"')
        assert found.updated_at == at

    @pytest.mark.parametrize(
        ("zone", "day", "at"),
        # Beirut's day begins at 01:00, Havana's midnight occurs twice.
        [
            ("Asia/Beirut", "2021-03-28", datetime(2021, 3, 27, 22, tzinfo=UTC)),
            ("America/Havana", "2026-11-01", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ],
    )
    def test_starts_where_the_clock_changes_at_midnight(
        self, zone: str, day: str, at: datetime
    ) -> None:
        found = version(f'ResStatus="Modify" LastModifyDateTime="{day}"', time_zone=zone)
        assert found.updated_at == at

    @pytest.mark.parametrize("status", ["Commit", "Modify", "In-house", "Cancelled"])
    def test_is_older_than_any_later_instant_of_the_day(self, status: str) -> None:
        exact = version('ResStatus="Commit" LastModifyDateTime="2026-02-03T00:00:00.000001"')
        assert version(f'ResStatus="{status}" {DAY}') < exact

    def test_equals_its_midnight(self) -> None:
        exact = version('ResStatus="Modify" LastModifyDateTime="2026-02-03T00:00:00"')
        assert version(f'ResStatus="Modify" {DAY}') == exact

    def test_of_a_change_is_not_before_the_creation(self) -> None:
        made = 'CreateDateTime="2026-02-03T10:00:00"'
        created = version(f'ResStatus="Commit" {made}')
        assert created.updated_at == datetime(2026, 2, 3, 9, tzinfo=UTC)
        assert created < version(f'ResStatus="Modify" {made} {DAY}')
        assert created == version(f'ResStatus="Commit" {made} {DAY}')

    def test_is_accepted_wherever_a_version_is_read(self) -> None:
        assert version('ResStatus="Commit" CreateDateTime="2026-02-03"') == SourceVersion(MIDNIGHT)
        found = version('ResStatus="Modify"', 'TimeStamp="2026-02-03"')
        assert found == SourceVersion(MIDNIGHT, 1_000)

    @pytest.mark.parametrize("written", ["2026-02-30", "20260203", "2026-02-03+99:00", "3.2.26"])
    def test_that_does_not_exist_is_rejected(self, written: str) -> None:
        odd = f'ResStatus="Modify" LastModifyDateTime="{written}"'
        assert refusal(pushed(reservation(attributes=odd))).path == (
            "HotelReservations/HotelReservation[0]/@LastModifyDateTime"
        )

    def test_is_not_needed_if_it_is_not_the_version(self) -> None:
        exact = 'LastModifyDateTime="2026-02-03T10:00:00"'
        odd = version(f'ResStatus="Modify" CreateDateTime="soon" {exact}', 'TimeStamp="soon"')
        assert odd == version(f'ResStatus="Modify" {exact}')


class TestMessagesOfOneDocument:
    def test_are_ordered_as_sent(self) -> None:
        first, second, third = versions(*(modification(nights) for nights in (2, 3, 4)))
        assert first < second < third == SourceVersion(MIDNIGHT, 1_000)

    def test_stay_between_those_of_other_kinds(self) -> None:
        kinds = ("Commit", "Modify", "In-house", "Checked-Out", "Cancelled")
        found = versions(*(modification(nights, kind) for kind in kinds for nights in (2, 3)))
        assert found == sorted(found)
        assert len(set(found)) == len(found)

    def test_that_repeat_each_other_keep_their_version(self) -> None:
        assert versions(modification(2), modification(2)) == [SourceVersion(MIDNIGHT, 1_000)] * 2

    def test_of_other_reservations_and_instants_keep_their_version(self) -> None:
        other = modification(3).replace('ID="R-1"', 'ID="R-2"')
        later = modification(4, at='LastModifyDateTime="2026-02-03T10:00:00"')
        found = versions(modification(2), other, later)
        assert found[:2] == [SourceVersion(MIDNIGHT, 1_000)] * 2

    def test_do_not_give_way_to_one_that_is_rejected(self) -> None:
        good, bad = read(pushed(modification(2), modification(0).replace("03-10", "03-1x")))
        assert bad.reason is not None
        assert snapshot_of(good).version == SourceVersion(MIDNIGHT, 1_000)

    def test_are_stored_with_their_order(self) -> None:
        for item in read(pushed(*(modification(nights) for nights in (2, 3, 4)))):
            (again,) = read(item.raw)
            assert again.snapshot == item.snapshot

    def test_of_two_documents_are_not_ordered(self) -> None:
        assert versions(modification(2)) == versions(modification(3))


class TestVersionBefore:
    @pytest.mark.parametrize("sequence", [0, 1, 999, 1_000, 4_999])
    def test_is_strictly_older_with_each_step(self, sequence: int) -> None:
        version = SourceVersion(MIDNIGHT, sequence)
        found = [version_before(version, steps) for steps in range(1_000)]
        assert all(later > earlier for later, earlier in pairwise(found))

    def test_exists_at_the_beginning_of_the_calendar(self) -> None:
        first = SourceVersion(datetime.min.replace(tzinfo=UTC))
        assert version_before(first, 1) == first
