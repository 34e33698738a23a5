"""Adapters that are wrong, each in one way that adapters are wrong in, and the checks that must
catch it."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from adapters.outbound.providers.apaleo.client.api import ApaleoApi
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import DateRange, Money, SourceVersion, Stay
from ports.errors import (
    CredentialsRefused,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    UnreadableAnswer,
    UnreadableMessage,
)
from ports.providers import HotelContext, Page, ReadItem
from tests.certification.signed import SETTING, SignedApaleo

DAY = timedelta(days=1)


class Client:
    """What a fault does not touch is the adapter's own."""

    def __init__(self, inner, provider, account):
        self.inner, self.provider, self.account = inner, provider, account

    def check(self):
        return self.inner.check()

    def pull(self, request):
        yield from self.inner.pull(request)

    def fetch(self, refs):
        return self.inner.fetch(refs)

    def counts(self):
        return self.inner.counts()

    def close(self):
        self.inner.close()


class OnPages(Client):
    """Every page passes through `page`."""

    def pull(self, request):
        for page in self.inner.pull(request):
            yield self.page(page)

    def fetch(self, refs):
        return self.page(self.inner.fetch(refs))

    def page(self, page: Page) -> Page:
        items = [made for item in page.items for made in self.items(item)]
        return replace(page, items=items)

    def items(self, item: ReadItem) -> Sequence[ReadItem]:
        if isinstance(item.snapshot, BookingSnapshot):
            return [replace(item, snapshot=self.booking(item.snapshot, item.raw))]
        return [item]

    def booking(self, said: BookingSnapshot, raw: bytes) -> BookingSnapshot:
        return said


def api_of(broken: type[ApaleoApi]) -> type[Client]:
    """A client whose questions are asked by another `ApaleoApi`."""

    class WithApi(Client):
        def __init__(self, inner, provider, account):
            super().__init__(inner, provider, account)
            own = inner.api
            inner.api = broken(
                own._transport,
                own._tokens,
                base_url=own._base_url,
                correlation_id=own._correlation_id,
            )

    return WithApi


class TrustsTheCount(ApaleoApi):
    def page(self, path, key, query, number):
        answer = self.get(path, {**query, "pageNumber": str(number), "pageSize": "200"})
        return answer[key][: answer["count"]] if answer else []


class DropsTheLastPage(ApaleoApi):
    def pages(self, path, key, query, *, first=1):
        found = list(super().pages(path, key, query, first=first))
        yield from found[:-1] if key == "reservations" else found


class LosesTies(ApaleoApi):
    """The second page of one instant is never asked for."""

    def page(self, path, key, query, number):
        if number > 1 and query.get("sort") == "updated:asc":
            return []
        return super().page(path, key, query, number)


class NeverRenewsTokens(ApaleoApi):
    def _authorized(self, path, query):
        return self._send(path, query, self._tokens.header())


class AsksForATokenEachTime(ApaleoApi):
    def _authorized(self, path, query):
        self._tokens._token = ""
        return super()._authorized(path, query)


class TakesHtmlForNothing(ApaleoApi):
    def get(self, path, query):
        try:
            return super().get(path, query)
        except UnreadableAnswer:
            return None


class TakesNotFoundForAnError(ApaleoApi):
    def find(self, path, query):
        return self.get(path, query)


class EndsQuietly(Client):
    """An error in the middle is taken for the end."""

    def pull(self, request):
        try:
            yield from self.inner.pull(request)
        except ProviderError:
            now = datetime(2026, 6, 1, 12, tzinfo=UTC)
            yield Page(items=(), observed_at=now, cursor="2026-06-01T12:00:00Z")


class AsksForEver(Client):
    def pull(self, request):
        for _ in range(20):
            try:
                yield from self.inner.pull(request)
            except (ProviderUnavailable, RateLimited):
                continue
            return
        raise ProviderUnavailable


class CallsAllUnavailable(Client):
    def check(self):
        try:
            return self.inner.check()
        except CredentialsRefused as error:
            raise ProviderUnavailable from error

    def pull(self, request):
        try:
            yield from self.inner.pull(request)
        except CredentialsRefused as error:
            raise ProviderUnavailable from error


class GuessesStates(OnPages):
    """What it does not know is confirmed."""

    def items(self, item):
        if item.reason is None or item.kind is not ItemKind.BOOKING:
            return [item]
        said = json.loads(item.raw)
        if said.get("status") != "Teleported":
            return [item]
        context = HotelContext(
            time_zone=self.account.time_zone,
            currency=self.account.currency,
            observed_at=datetime(2026, 6, 1, tzinfo=UTC),
        )
        body = json.dumps({**said, "status": "Confirmed"}).encode()
        return self.provider.inner.read_items(ItemKind.BOOKING, [body], context, limit=1)


class DropsWhatItCannotRead(OnPages):
    def items(self, item):
        return [] if item.reason is not None else [item]


class DropsNewFields(OnPages):
    def booking(self, said, raw):
        return replace(said, extras=())


class CountsInFloats(OnPages):
    def booking(self, said, raw):
        if not isinstance(said.total, Money):
            return said
        cents = int(float(said.total.amount) * 100)
        return replace(said, total=Money(cents, said.total.currency))


class KeepsFloats(OnPages):
    def booking(self, said, raw):
        if not isinstance(said.total, Money):
            return said
        return replace(said, total=Money(float(said.total.minor), said.total.currency))


class ReadsDatesInUtc(OnPages):
    def booking(self, said, raw):
        sent = json.loads(raw)
        days = [
            datetime.fromisoformat(sent[key]).astimezone(UTC).date()
            for key in ("arrival", "departure")
        ]
        return replace(said, stay=Stay(*days))


class VersionsByArrival(OnPages):
    """The version is when we read it."""

    def booking(self, said, raw):
        now = self.provider.tools.clock.now()
        return replace(said, version=SourceVersion(now))


class NeverANewVersion(OnPages):
    def booking(self, said, raw):
        return replace(said, version=SourceVersion(datetime(2026, 1, 1, tzinfo=UTC)))


class EndsADayEarly(Client):
    """Takes the window's end for its last night."""

    def pull(self, request):
        yield from self.inner.pull(
            replace(request, window=DateRange(request.window.start, request.window.end - DAY))
        )


class SkipsMinutes(Client):
    """The delta begins later than where the last one ended."""

    def pull(self, request):
        if request.kind is SyncKind.DELTA and request.cursor:
            begins = datetime.fromisoformat(request.cursor) + timedelta(minutes=15)
            request = replace(request, cursor=begins.isoformat())
        yield from self.inner.pull(request)


class ForgetsWhereItWas(Client):
    """Takes any checkpoint for the end."""

    def pull(self, request):
        if request.checkpoint is None:
            yield from self.inner.pull(request)
        else:
            now = datetime(2026, 6, 1, 12, tzinfo=UTC)
            yield Page(items=(), observed_at=now, cursor="2026-06-01T12:00:00Z")


class GivesTheCursorEarly(OnPages):
    def page(self, page):
        return replace(page, cursor=page.cursor or "2026-06-01T12:00:00Z")


class ReadsEverythingFirst(Client):
    def pull(self, request):
        yield from list(self.inner.pull(request))


class CallsDeletionsCancellations(Client):
    def fetch(self, refs):
        page = self.inner.fetch(refs)
        there = {item.external_id for item in page.items}
        version = SourceVersion(self.provider.tools.clock.now())
        made = [
            ReadItem(
                kind=ItemKind.BOOKING,
                raw=b"{}",
                external_id=ref.external_id,
                snapshot=BookingSnapshot(
                    external_id=ref.external_id, version=version, status=BookingStatus.CANCELED
                ),
            )
            for ref in refs
            if ref.external_id and ref.external_id not in there
        ]
        return replace(page, items=[*page.items, *made])


class TakesAFailureForGone(Client):
    def fetch(self, refs):
        try:
            return self.inner.fetch(refs)
        except ProviderError:
            return Page(items=(), observed_at=self.provider.tools.clock.now())


class PutsTheTokenIntoErrors(Client):
    def pull(self, request):
        try:
            yield from self.inner.pull(request)
        except ProviderError as error:
            token = self.inner.api._tokens._token
            raise type(error)(f"{error.message}: Bearer {token}", **error.details) from error


class Adapter(SignedApaleo):
    """Its clients are `client`s."""

    client: type[Client] = Client

    def open(self, account):
        return self.client(self.inner.open(account), self, account)


def adapter(client: type[Client]) -> type[Adapter]:
    return type(client.__name__, (Adapter,), {"client": client})


class ImpatientClock:
    """Nobody waits longer than a tenth of a second by it."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def sleep(self, seconds):
        self._inner.sleep(min(seconds, 0.1))


class IgnoresRetryAfter(SignedApaleo):
    def __init__(self, tools):
        super().__init__(replace(tools, clock=ImpatientClock(tools.clock)))


class LogsTheSecrets(SignedApaleo):
    def open(self, account):
        logging.getLogger("broken").debug("opening %s", dict(account.secrets))
        return self.inner.open(account)


class LogsTheGuests(Adapter):
    class client(OnPages):  # noqa: N801
        def booking(self, said, raw):
            logging.getLogger("broken").info("read", extra={"payload": raw.decode()})
            return said


class ShowsItsSecrets(Adapter):
    class client(Client):  # noqa: N801
        def __repr__(self):
            return f"Client({dict(self.account.secrets)})"


class MakesUpItsSecrets(SignedApaleo):
    def open(self, account):
        made_up = dict.fromkeys(("client_id", "client_secret", SETTING), "made-up")
        return super().open(replace(account, secrets={**made_up, **account.secrets}))


class TrustsAnybody(SignedApaleo):
    def authentic(self, headers, secrets):
        return True


class TrustsNobody(SignedApaleo):
    def authentic(self, headers, secrets):
        return False


class KnowsAllEvents(SignedApaleo):
    """What it does not know is no message."""

    def read_notification(self, body, context):
        said = self.inner.read_notification(body, context)
        if said.ignored:
            raise UnreadableMessage("an event of this type does not exist")
        return said


class HearsEveryHotel(SignedApaleo):
    def read_notification(self, body, context):
        return replace(self.inner.read_notification(body, context), property_id=None)


class HearsNothing(SignedApaleo):
    def read_notification(self, body, context):
        return replace(self.inner.read_notification(body, context), refs=())


class TakesRubbish(SignedApaleo):
    def read_notification(self, body, context):
        try:
            return self.inner.read_notification(body, context)
        except UnreadableMessage:
            raise KeyError("topic") from None


class DeclaresNoSecrets(SignedApaleo):
    @property
    def capabilities(self):
        can = super().capabilities
        return replace(can, settings=tuple(replace(each, secret=False) for each in can.settings))


@dataclass(frozen=True)
class Broken:
    """`caught_by`: of the checks that catch it, those that are named for it."""

    make: type
    caught_by: frozenset[str]

    @property
    def name(self) -> str:
        return self.make.__name__


def on_client(client: type[Client], *caught_by: str) -> Broken:
    return Broken(adapter(client), frozenset(caught_by))


def on_api(api: type[ApaleoApi], *caught_by: str) -> Broken:
    made = type(api.__name__, (Adapter,), {"client": api_of(api)})
    return Broken(made, frozenset(caught_by))


def on_plugin(made: type, *caught_by: str) -> Broken:
    return Broken(made, frozenset(caught_by))


ALL = (
    on_api(TrustsTheCount, "window.whole_hotel", "paging.one"),
    on_api(DropsTheLastPage, "window.whole_hotel", "window.first_night"),
    on_api(LosesTies, "paging.ties"),
    on_api(NeverRenewsTokens, "auth.token_expired", "auth.token_withdrawn", "auth.one_401"),
    on_api(AsksForATokenEachTime, "auth.token_kept"),
    on_api(TakesHtmlForNothing, "fault.html_for_good", "fault.midway", "failed.html"),
    on_api(TakesNotFoundForAnError, "fetch.unknown", "fetch.deleted", "synced.delete"),
    on_client(EndsQuietly, "fault.500_for_good", "fault.midway", "auth.401_for_good"),
    on_client(AsksForEver, "fault.500_for_good", "limit.for_good", "limit.too_long"),
    on_client(CallsAllUnavailable, "auth.wrong_secrets", "auth.401_for_good", "failed.401"),
    on_client(GuessesStates, "reading.unknown_state", "partial.unknown_state"),
    on_client(
        DropsWhatItCannotRead,
        "reading.unknown_state",
        "reading.wrong_type",
        "reading.missing_field",
        "partial.wrong_type",
    ),
    on_client(DropsNewFields, "reading.new_field"),
    on_client(CountsInFloats, "money.eur", "money.jpy", "money.kwd"),
    on_client(KeepsFloats, "money.eur"),
    on_client(ReadsDatesInUtc, "time.auckland_spring", "time.kiritimati", "time.honolulu"),
    on_client(VersionsByArrival, "reading.stable"),
    on_client(NeverANewVersion, "reading.versions"),
    on_client(EndsADayEarly, "window.first_night", "window.last_night", "window.within"),
    on_client(SkipsMinutes, "delta.chain", "synced.book"),
    on_client(ForgetsWhereItWas, "paging.resume"),
    on_client(GivesTheCursorEarly, "paging.cursor_last"),
    on_client(ReadsEverythingFirst, "paging.lazy"),
    on_client(CallsDeletionsCancellations, "fetch.deleted", "fetch.unknown", "notified.delete"),
    on_client(TakesAFailureForGone, "fetch.failure"),
    on_client(PutsTheTokenIntoErrors, "redaction.tokens"),
    on_plugin(IgnoresRetryAfter, "limit.seconds", "limit.date", "limit.503"),
    on_plugin(LogsTheSecrets, "redaction.logs"),
    on_plugin(LogsTheGuests, "redaction.logs"),
    on_plugin(ShowsItsSecrets, "redaction.reprs"),
    on_plugin(MakesUpItsSecrets, "auth.missing_setting"),
    on_plugin(TrustsAnybody, "trust.stripped", "trust.forged", "trust.other_hotel"),
    on_plugin(TrustsNobody, "trust.genuine"),
    on_plugin(KnowsAllEvents, "notified.unknown_event"),
    on_plugin(HearsEveryHotel, "notified.foreign_property"),
    on_plugin(HearsNothing, "notified.book", "notified.cancel", "notified.twice"),
    on_plugin(TakesRubbish, "notified.rubbish"),
    on_plugin(DeclaresNoSecrets, "auth.secrets_declared"),
)
