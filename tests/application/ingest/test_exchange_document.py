from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.outbound.memory.providers import ScriptedProvider
from application.errors import HotelDisabled, QuarantineFull, Unauthenticated
from application.ingest.exchange_document import DocumentRequest, ExchangeDocument
from domain.errors import PmsError
from domain.messages import InboxState, ItemKind, ItemOutcome
from domain.snapshots import AvailabilitySet
from domain.values import Reason
from ports.document_exchange import (
    DocumentHandler,
    DocumentItemResult,
    DocumentReply,
    DocumentScope,
    InboundDocument,
    SenderCredentials,
)
from ports.errors import StoreUnavailable, UnreadableMessage, Unsupported
from ports.providers import ReadItem
from tests.application.use_case_harness import (
    App,
    booked,
    cell,
    version,
)
from tests.builders import JUNE

NOT_RELEVANT = Reason("not_relevant", None, "asked for an offer")
PAIR = "key:vendor"


class LineProvider(ScriptedProvider):
    """Documents are lines of a script; lines that begin with `offer` are ignored."""

    handler: "LineHandler"

    def sender_credentials(self, inbound_document: InboundDocument) -> SenderCredentials | None:
        authorization = inbound_document.headers.get("authorization") or ""
        key, _, trust = authorization.partition(":")
        return SenderCredentials(key, {"x-scripted-trust": trust}) if authorization else None

    def read_document(
        self, inbound_document: InboundDocument, scope: DocumentScope
    ) -> DocumentHandler:
        read = self.read_items(
            ItemKind.BOOKING, [inbound_document.document], scope.context, limit=scope.limit
        )
        offers = [item for item in read if item.raw.startswith(b"offer")]
        self.handler = LineHandler(
            items=[item for item in read if item not in offers],
            ignored_items=[replace(item, reason=NOT_RELEVANT) for item in offers],
        )
        return self.handler

    def render_error(self, inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
        return DocumentReply(body=error.code.encode(), content_type="text/plain")


@dataclass
class LineHandler:
    items: Sequence[ReadItem]
    ignored_items: Sequence[ReadItem] = ()
    results: list[DocumentItemResult] = field(default_factory=list)

    def answer(self, results: Sequence[DocumentItemResult], *, now: datetime) -> DocumentReply:
        self.results += results
        body = ",".join(one.outcome or "undecided" for one in results)
        return DocumentReply(body=body.encode(), content_type="text/plain")


@pytest.fixture
def app(app: App) -> App:
    app.provider = LineProvider(app.clock, guard=app.store.forbid_io)
    app.providers = _Both(app.provider, app.push_only)
    return app


class _Both:
    def __init__(self, lines: ScriptedProvider, push_only: ScriptedProvider) -> None:
        self._named = {"scripted": lines, "push_only": push_only}

    def get(self, name: str) -> ScriptedProvider:
        return self._named[name]

    def all(self) -> list[ScriptedProvider]:
        return list(self._named.values())


def mask_4111(body: bytes, id_fields: Collection[str] = ()) -> bytes:
    return body.replace(b"4111", b"****")


def exchange_document(app: App) -> ExchangeDocument:
    return ExchangeDocument(
        app.unit_of_work,
        app.store.directory,
        app.providers,
        app.queue,
        mask_4111,
        app.clock,
        app.ids,
        app.quarantine_cap,
    )


def document(*lines: bytes, sign: str | None = PAIR, provider: str = "scripted") -> DocumentRequest:
    headers = {"authorization": sign} if sign is not None else {}
    return DocumentRequest(
        provider=provider, headers=headers, document=b"\n".join(lines), correlation_id="document"
    )


def send(app: App, *lines: bytes) -> str:
    return exchange_document(app)(document(*lines)).body.decode()


class TestDocument:
    def test_is_applied_before_it_is_answered(self, app: App) -> None:
        line = app.provider.line(booked())
        assert send(app, line, b"?") == "applied,quarantined"
        assert app.known().revision == 1
        rows = app.inbox()
        assert [row.state for row in rows] == [InboxState.DONE, InboxState.QUARANTINED]
        assert len({row.batch_id for row in rows}) == 1
        assert app.stored().last_inbound_at == app.clock.now()

    def test_that_would_exceed_the_quarantine_s_cap_is_refused(self, app: App) -> None:
        app.quarantine_cap = 1
        send(app, b"?")
        with pytest.raises(QuarantineFull):
            send(app, app.provider.line(booked()), b"??")
        assert (len(app.inbox()), app.booking()) == (1, None)
        assert send(app, app.provider.line(booked())) == "applied"

    def test_changes_nothing_when_sent_again(self, app: App) -> None:
        line = app.provider.line(booked())
        assert [send(app, line) for _ in range(3)] == [
            "applied",
            "unchanged",
            "unchanged",
        ]
        assert app.changes() == ["created"]

    def test_stores_ignored_items_with_their_reason(self, app: App) -> None:
        assert send(app, b"offer") == ""
        (row,) = app.inbox()
        assert (row.state, row.outcome) == (InboxState.DONE, ItemOutcome.UNCHANGED)
        assert row.reason == NOT_RELEVANT

    def test_is_masked_before_it_is_read_and_stored(self, app: App) -> None:
        send(app, b"offer 4111")
        assert [row.body for row in app.inbox()] == [b"offer ****"]

    def test_is_not_answered_if_it_could_not_be_stored(self, app: App) -> None:
        line = app.provider.line(booked())
        app.store.fail_next_commit(StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            send(app, line)
        assert app.inbox() == []
        assert send(app, line) == "applied"

    def test_stores_nothing_if_unreadable(self, app: App) -> None:
        with pytest.raises(UnreadableMessage):
            send(app, b"")
        assert app.inbox() == []

    def test_with_a_version_conflict_is_undecided(self, app: App) -> None:
        send(app, app.provider.line(booked()))
        has_conflict = app.provider.line(booked(notes="other"))
        assert send(app, has_conflict) == "undecided"
        assert [job.hotel_id for job in app.queue.jobs] == [app.hotel.id]

    @pytest.mark.parametrize("after", [False, True])
    def test_is_stored_or_not_acknowledged_after_a_kill(self, app: App, after: bool) -> None:
        line = app.provider.line(booked())
        with app.killed(0, after=after):
            send(app, line)
        assert bool(app.inbox()) == after
        assert app.changes() == (["created"] if after else [])
        app.restart()
        assert send(app, line) == ("unchanged" if after else "applied")
        assert app.changes() == ["created"]


class TestSender:
    @pytest.mark.parametrize("sign", [None, "", "wrong:vendor", "key:wrong", "key:", "key"])
    def test_with_wrong_credentials_is_refused(self, app: App, sign: str | None) -> None:
        with pytest.raises(Unauthenticated):
            exchange_document(app)(document(b"?", sign=sign))
        assert app.inbox() == []

    def test_of_another_provider_is_unauthenticated(self, app: App) -> None:
        app.connect(app.hotel, provider="push_only", key="push_only")
        with pytest.raises(Unauthenticated):
            exchange_document(app)(document(b"?", sign="push_only:vendor"))

    def test_writes_to_the_hotel_of_its_credentials(self, app: App) -> None:
        other = app.connect(app.add_hotel(), key="other")
        line = app.provider.line(booked())
        exchange_document(app)(document(line, sign="other:vendor"))
        assert {row.hotel_id for row in app.inbox()} == {other.hotel_id}

    def test_of_a_disabled_hotel_is_refused(self, app: App) -> None:
        app.write(lambda uow: uow.hotels.set_enabled(app.hotel.id, enabled=False))
        with pytest.raises(HotelDisabled):
            send(app, b"?")

    def test_of_a_provider_without_documents_is_unsupported(self, app: App) -> None:
        with pytest.raises(Unsupported):
            exchange_document(app)(document(b"?", provider="push_only"))
        refused = Unauthenticated()
        assert (
            exchange_document(app).render_error(document(b"?", provider="push_only"), refused)
            is None
        )

    def test_gets_errors_in_the_vendors_format(self, app: App) -> None:
        reply = exchange_document(app).render_error(document(b"?"), Unauthenticated())
        assert reply is not None
        assert reply.body == b"unauthenticated"


class TestCompleteAvailabilitySet:
    def test_empties_the_cells_that_it_does_not_name(self, app: App) -> None:
        before = cell(number=1, available=3), cell(number=1, room_type="SGL", available=2)
        send(app, *(app.provider.line(each) for each in before))
        complete = AvailabilitySet(
            version=version(2), cells=(cell(number=2, available=1),), complete_from=JUNE.arrival
        )
        assert send(app, app.provider.line(complete)) == "applied"
        assert available(app) == {"DBL": 1, "SGL": 0}
        assert send(app, app.provider.line(complete)) == "unchanged"

    def test_that_is_too_large_is_quarantined(self, app: App) -> None:
        closed = frozenset(JUNE.arrival + timedelta(days=n) for n in range(400))
        types = [cell(number=1, room_type=f"T{n}", available=1) for n in range(260)]
        complete = AvailabilitySet(
            version=version(1),
            cells=tuple(types),
            complete_from=JUNE.arrival,
            closed_days=closed,
        )
        assert send(app, app.provider.line(complete)) == "quarantined"
        assert available(app) == {}

    def test_that_is_older_changes_nothing(self, app: App) -> None:
        send(app, app.provider.line(cell(number=5, available=3)))
        complete = AvailabilitySet(version=version(2), cells=(), complete_from=JUNE.arrival)
        assert send(app, app.provider.line(complete)) == "stale"
        assert available(app) == {"DBL": 3}


class TestFirstAvailability:
    def test_is_that_of_the_hotels_own_today(self, app: App) -> None:
        """At 23:30 UTC it is the next day in Vienna: availability of the UTC date is past."""
        first, second = (date(2026, 3, day) for day in (1, 2))
        app.clock.set(datetime(2026, 3, 1, 12, tzinfo=UTC))
        is_first = [send_cell(app, first), send_cell(app, first)]
        app.clock.set(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
        is_first += [send_cell(app, second), send_cell(app, second)]
        assert is_first == [True, False, True, False]


def send_cell(app: App, day: date) -> bool:
    assert isinstance(app.provider, LineProvider)
    send(app, app.provider.line(cell(day, available=1)))
    return app.provider.handler.results[0].is_first_availability


def available(app: App) -> dict[str, int | None]:
    keys = [(name, JUNE.arrival) for name in ("DBL", "SGL")]
    with app.store.unit_of_work() as uow:
        found = uow.availability.load(app.hotel.id, "scripted", keys)
    return {room_type: held.details.available for (room_type, _), held in found.items()}
