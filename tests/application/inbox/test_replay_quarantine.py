"""What was kept because nobody understood it is tried again."""

import pytest

from application.errors import NotFound
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import Reason
from ports.errors import ProviderUnavailable
from ports.providers import ReadItem
from tests.application.use_case_harness import World, booked

BAD = Reason("bad", "state", "no such state")


def bad_item(raw: bytes = b"bad", external_id: str | None = "B1") -> ReadItem:
    return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=BAD)


def pulled(world: World, item: ReadItem) -> InboxItem:
    world.run(SyncKind.DELTA, world.page(item))
    [row] = world.quarantined()
    return row


class TestPushedItem:
    def test_is_applied_after_its_mapper_was_mended(self, world: World) -> None:
        [item] = world.push(b"odd line").items
        world.provider.set_snapshot(b"odd line", booked())
        settled = world.replay(world.hotel.id, item.inbox_id)
        assert settled.outcome is ItemOutcome.APPLIED
        assert world.changes() == ["created"]
        assert world.quarantined() == []

    def test_that_is_still_bad_stays_and_is_not_told_again(self, world: World) -> None:
        [item] = world.push(b"odd line").items
        settled = world.replay(world.hotel.id, item.inbox_id)
        assert settled.state is InboxState.QUARANTINED
        assert [row.id for row in world.quarantined()] == [item.inbox_id]
        assert len(world.events()) == 1

    def test_that_is_older_than_what_came_since_is_stale(self, world: World) -> None:
        [item] = world.push(b"odd line").items
        world.push(booked(number=5, notes="new"))
        world.provider.set_snapshot(b"odd line", booked(number=4, notes="old"))
        assert world.replay(world.hotel.id, item.inbox_id).outcome is ItemOutcome.STALE
        assert world.known().details.notes == "new"

    def test_that_ties_now_is_decided_by_the_provider(self, world: World) -> None:
        [item] = world.push(b"odd line").items
        world.push(booked(notes="one"))
        world.provider.set_snapshot(b"odd line", booked(notes="other"))
        world.provider.holds(booked(notes="other"))
        assert world.replay(world.hotel.id, item.inbox_id).outcome is ItemOutcome.APPLIED
        assert world.known().details.notes == "other"

    def test_leaves_the_rest_of_its_batch_alone(self, world: World) -> None:
        one, two = world.push(b"odd 1", b"odd 2").items
        world.provider.set_snapshot(b"odd 1", booked("B1"))
        world.provider.set_snapshot(b"odd 2", booked("B2"))
        world.replay(world.hotel.id, one.inbox_id)
        assert [row.id for row in world.quarantined()] == [two.inbox_id]
        assert world.booking("B2") is None


class TestPulledItem:
    def test_is_asked_for_again(self, world: World) -> None:
        row = pulled(world, bad_item())
        world.provider.holds(booked(status=BookingStatus.CHECKED_IN))
        settled = world.replay(world.hotel.id, row.id)
        assert (settled.state, settled.outcome) == (InboxState.DONE, ItemOutcome.APPLIED)
        assert world.known().details.status is BookingStatus.CHECKED_IN

    @pytest.mark.parametrize("external_id", ["B1", None])
    def test_that_comes_back_just_as_bad_stays(self, world: World, external_id: str | None) -> None:
        row = pulled(world, bad_item())
        world.provider.answers.append(world.page(bad_item(external_id=external_id)))
        world.replay(world.hotel.id, row.id)
        assert [r.id for r in world.quarantined()] == [row.id]
        assert world.row(row.id).reason == BAD
        assert len(world.events("pms.item.quarantined")) == 1

    def test_that_comes_back_bad_in_another_way_gives_its_place_to_that(self, world: World) -> None:
        row = pulled(world, bad_item())
        world.provider.answers.append(world.page(bad_item(b"worse")))
        settled = world.replay(world.hotel.id, row.id)
        assert (settled.state, settled.outcome) == (InboxState.DONE, ItemOutcome.QUARANTINED)
        assert [r.body for r in world.quarantined()] == [b"worse"]

    def test_stays_with_its_reason_while_the_provider_is_down(self, world: World) -> None:
        row = pulled(world, bad_item())
        world.provider.refusal = ProviderUnavailable()
        with pytest.raises(ProviderUnavailable):
            world.replay(world.hotel.id, row.id)
        [kept] = world.quarantined()
        assert (kept.id, kept.reason, kept.outcome) == (row.id, BAD, ItemOutcome.QUARANTINED)
        assert len(world.events("pms.item.quarantined")) == 1


class TestReplay:
    def test_finds_only_what_is_quarantined_at_this_hotel_and_provider(self, world: World) -> None:
        [good] = world.push(booked()).items
        [bad] = world.push(b"bad").items
        with pytest.raises(NotFound):
            world.replay(world.hotel.id, good.inbox_id)
        with pytest.raises(NotFound):
            world.replay(world.hotel.id, world.ids.new())
        with pytest.raises(NotFound):
            world.replay(world.add_hotel().id, bad.inbox_id)
        with pytest.raises(NotFound):
            world.replay(world.hotel.id, bad.inbox_id, provider="blind")
        assert world.replay(world.hotel.id, bad.inbox_id, provider="scripted")

    def test_by_two_people_at_once_applies_once(self, world: World) -> None:
        [item] = world.push(b"odd line").items
        world.provider.set_snapshot(b"odd line", booked())
        world.interruptions = {2: lambda: world.replay(world.hotel.id, item.inbox_id)}
        with pytest.raises(NotFound):
            world.replay(world.hotel.id, item.inbox_id)
        assert world.changes() == ["created"]
