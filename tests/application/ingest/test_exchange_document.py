"""A vendor that converses: let in by its credentials, answered after the commit, in its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from adapters.outbound.memory.providers import ScriptedProvider
from application.errors import HotelDisabled, Unauthenticated
from application.ingest.exchange_document import DocumentRequest, ExchangeDocument
from domain.errors import PmsError
from domain.messages import InboxState, ItemKind, ItemOutcome
from domain.snapshots import AvailabilitySet
from domain.values import Reason
from ports.document_exchange import (
    DocumentHandler,
    DocumentItemResult,
    DocumentReply,
    InboundDocument,
    SenderCredentials,
)
from ports.errors import StoreUnavailable, UnreadableMessage, Unsupported
from ports.providers import HotelContext, ReadItem
from tests.application.use_case_harness import Fate, Killed, World, booked, cell, version
from tests.builders import JUNE

NO_BUSINESS = Reason("no_business", None, "asked for an offer")
PAIR = "key:vendor"


class TalkativeProvider(ScriptedProvider):
    """Documents are lines of a script; one that begins with `offer` is none of our business."""

    def sender_credentials(self, inbound_document: InboundDocument) -> SenderCredentials | None:
        said = inbound_document.headers.get("authorization")
        key, _, trust = (said or "").partition(":")
        return SenderCredentials(key, {"x-scripted-trust": trust}) if said else None

    def read_document(
        self,
        inbound_document: InboundDocument,
        context: HotelContext,
        settings: Mapping[str, str],
        *,
        limit: int,
    ) -> DocumentHandler:
        read = self.read_items(ItemKind.BOOKING, [inbound_document.document], context, limit=limit)
        offers = [item for item in read if item.raw.startswith(b"offer")]
        return Talk(
            items=[item for item in read if item not in offers],
            ignored_items=[replace(item, reason=NO_BUSINESS) for item in offers],
        )

    def render_error(self, inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
        return DocumentReply(body=error.code.encode(), content_type="text/plain")


@dataclass
class Talk:
    items: Sequence[ReadItem]
    ignored_items: Sequence[ReadItem] = ()
    results: list[DocumentItemResult] = field(default_factory=list)

    def answer(self, results: Sequence[DocumentItemResult], *, now: datetime) -> DocumentReply:
        said = ",".join(one.outcome or "undecided" for one in results)
        return DocumentReply(body=said.encode(), content_type="text/plain")


@pytest.fixture
def talking(world: World) -> World:
    """Its scripted provider converses."""
    world.provider = TalkativeProvider(world.clock, guard=world.store.forbid_io)
    world.providers = _Both(world.provider, world.blind)
    return world


class _Both:
    def __init__(self, talkative: ScriptedProvider, blind: ScriptedProvider) -> None:
        self._named = {"scripted": talkative, "blind": blind}

    def get(self, name: str) -> ScriptedProvider:
        return self._named[name]

    def all(self) -> list[ScriptedProvider]:
        return list(self._named.values())


def exchange_document(world: World) -> ExchangeDocument:
    return ExchangeDocument(
        world.unit_of_work,
        world.store.directory,
        world.providers,
        world.queue,
        lambda body: body.replace(b"4111", b"****"),
        world.clock,
        world.ids,
    )


def document(*lines: bytes, sign: str | None = PAIR, provider: str = "scripted") -> DocumentRequest:
    headers = {"authorization": sign} if sign is not None else {}
    return DocumentRequest(
        provider=provider, headers=headers, body=b"\n".join(lines), correlation_id="letter"
    )


def say(world: World, *lines: bytes) -> str:
    return exchange_document(world)(document(*lines)).body.decode()


class TestADocument:
    def test_is_applied_before_it_is_answered(self, talking: World) -> None:
        line = talking.provider.line(booked())
        assert say(talking, line, b"?") == "applied,quarantined"
        assert talking.known().revision == 1
        rows = talking.inbox()
        assert [row.state for row in rows] == [InboxState.DONE, InboxState.QUARANTINED]
        assert len({row.batch_id for row in rows}) == 1
        assert talking.stored().last_inbound_at == talking.clock.now()

    def test_that_comes_again_changes_nothing(self, talking: World) -> None:
        line = talking.provider.line(booked())
        assert [say(talking, line) for _ in range(3)] == ["applied", "unchanged", "unchanged"]
        assert talking.changes() == ["created"]

    def test_notes_what_is_none_of_our_business(self, talking: World) -> None:
        assert say(talking, b"offer") == ""
        (row,) = talking.inbox()
        assert (row.state, row.outcome) == (InboxState.DONE, ItemOutcome.UNCHANGED)
        assert row.reason == NO_BUSINESS

    def test_is_masked_before_it_is_read_and_before_it_is_kept(self, talking: World) -> None:
        say(talking, b"offer 4111")
        assert [row.body for row in talking.inbox()] == [b"offer ****"]

    def test_is_not_answered_where_it_could_not_be_kept(self, talking: World) -> None:
        line = talking.provider.line(booked())
        talking.store.fail_next_commit(StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            say(talking, line)
        assert talking.inbox() == []
        assert say(talking, line) == "applied"

    def test_that_can_not_be_read_leaves_nothing(self, talking: World) -> None:
        with pytest.raises(UnreadableMessage):
            say(talking, b"")
        assert talking.inbox() == []

    def test_with_a_version_conflict_is_undecided(self, talking: World) -> None:
        say(talking, talking.provider.line(booked()))
        has_conflict = talking.provider.line(booked(notes="other"))
        assert say(talking, has_conflict) == "undecided"
        assert [job.hotel_id for job in talking.queue.jobs] == [talking.hotel.id]

    @pytest.mark.parametrize("after", [False, True])
    def test_that_met_a_kill_is_there_or_not_acknowledged(
        self, talking: World, after: bool
    ) -> None:
        line = talking.provider.line(booked())
        talking.fate = Fate(at=0, after=after)
        with pytest.raises(Killed):
            say(talking, line)
        assert bool(talking.inbox()) == after
        assert talking.changes() == (["created"] if after else [])
        talking.revive()
        assert say(talking, line) == ("unchanged" if after else "applied")
        assert talking.changes() == ["created"]


class TestASender:
    @pytest.mark.parametrize("sign", [None, "", "wrong:vendor", "key:wrong", "key:", "key"])
    def test_with_wrong_credentials_is_refused(self, talking: World, sign: str | None) -> None:
        with pytest.raises(Unauthenticated):
            exchange_document(talking)(document(b"?", sign=sign))
        assert talking.inbox() == []

    def test_of_another_provider_is_a_stranger(self, talking: World) -> None:
        talking.connect(talking.hotel, provider="blind", key="blind")
        with pytest.raises(Unauthenticated):
            exchange_document(talking)(document(b"?", sign="blind:vendor"))

    def test_speaks_for_the_hotel_of_its_credentials(self, talking: World) -> None:
        other = talking.connect(talking.add_hotel(), key="other")
        line = talking.provider.line(booked())
        exchange_document(talking)(document(line, sign="other:vendor"))
        assert {row.hotel_id for row in talking.inbox()} == {other.hotel_id}

    def test_of_a_hotel_that_is_switched_off_is_refused(self, talking: World) -> None:
        talking.write(lambda uow: uow.hotels.set_enabled(talking.hotel.id, enabled=False))
        with pytest.raises(HotelDisabled):
            say(talking, b"?")

    def test_of_a_vendor_that_does_not_converse_is_told_so(self, talking: World) -> None:
        with pytest.raises(Unsupported):
            exchange_document(talking)(document(b"?", provider="blind"))
        refused = Unauthenticated()
        assert (
            exchange_document(talking).render_error(document(b"?", provider="blind"), refused)
            is None
        )

    def test_is_refused_in_its_own_words(self, talking: World) -> None:
        said = exchange_document(talking).render_error(document(b"?"), Unauthenticated())
        assert said is not None
        assert said.body == b"unauthenticated"


class TestACompleteSet:
    def test_empties_what_it_does_not_name_in_one_change(self, talking: World) -> None:
        before = cell(number=1, available=3), cell(number=1, room_type="SGL", available=2)
        say(talking, *(talking.provider.line(each) for each in before))
        said = AvailabilitySet(
            version=version(2), cells=(cell(number=2, available=1),), complete_from=JUNE.arrival
        )
        assert say(talking, talking.provider.line(said)) == "applied"
        assert available(talking) == {"DBL": 1, "SGL": 0}
        assert say(talking, talking.provider.line(said)) == "unchanged"

    def test_that_would_never_end_is_quarantined(self, talking: World) -> None:
        closed = frozenset(JUNE.arrival + timedelta(days=n) for n in range(400))
        types = [cell(number=1, room_type=f"T{n}") for n in range(260)]
        said = AvailabilitySet(
            version=version(1),
            cells=tuple(types),
            complete_from=JUNE.arrival,
            closed_days=closed,
        )
        assert say(talking, talking.provider.line(said)) == "quarantined"
        assert available(talking) == {}

    def test_that_is_older_changes_nothing(self, talking: World) -> None:
        say(talking, talking.provider.line(cell(number=5, available=3)))
        said = AvailabilitySet(version=version(2), cells=(), complete_from=JUNE.arrival)
        assert say(talking, talking.provider.line(said)) == "stale"
        assert available(talking) == {"DBL": 3}


def available(world: World) -> dict[str, int | None]:
    keys = [(name, JUNE.arrival) for name in ("DBL", "SGL")]
    with world.store.unit_of_work() as uow:
        found = uow.availability.load(world.hotel.id, "scripted", keys)
    return {room_type: held.details.available for (room_type, _), held in found.items()}
