"""Adapters with one typical bug each, and the checks that must detect it."""

import json
import logging
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from adapters.outbound.providers.apaleo.client.api import ApaleoApi
from adapters.outbound.providers.mock.provider import MockProvider
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import DateRange, Money, Reason, SourceVersion, Stay
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
CURSOR = "2026-06-01T12:00:00Z"
LIST_CAP, LIST_CAP_ABOVE_A_PAGE = 20, 250


class Client:
    """Delegates to the client of the unmodified adapter."""

    def __init__(self, inner, provider, account):
        self.inner, self.provider, self.account = inner, provider, account

    def __getattr__(self, name):
        return getattr(self.inner, name)


class PageMappingClient(Client):
    """Maps every page with `map_page`, every item with `map_item`, every snapshot with
    `map_booking`."""

    def pull(self, request):
        for page in self.inner.pull(request):
            yield self.map_page(page)

    def fetch(self, refs):
        return self.map_page(self.inner.fetch(refs))

    def map_page(self, page: Page) -> Page:
        items = [mapped for item in page.items for mapped in self.map_item(item)]
        return replace(page, items=items)

    def map_item(self, item: ReadItem) -> Sequence[ReadItem]:
        if isinstance(item.snapshot, BookingSnapshot):
            return [replace(item, snapshot=self.map_booking(item.snapshot, item.raw))]
        return [item]

    def map_booking(self, snapshot: BookingSnapshot, raw: bytes) -> BookingSnapshot:
        return snapshot


def client_with_api(api: type[ApaleoApi]) -> type[Client]:
    class ClientWithApi(Client):
        def __init__(self, inner, provider, account):
            super().__init__(inner, provider, account)
            own = inner.api
            inner.api = api(
                own._transport,
                own._tokens,
                base_url=own._base_url,
                correlation_id=own._correlation_id,
            )

    return ClientWithApi


class TrustsReportedCount(ApaleoApi):
    def page(self, path, key, query, number):
        answer = self.get(path, {**query, "pageNumber": str(number), "pageSize": "200"})
        return answer[key][: answer["count"]] if answer else []


class DropsLastPage(ApaleoApi):
    def pages(self, path, key, query, *, first=1):
        found = list(super().pages(path, key, query, first=first))
        yield from found[:-1] if key == "reservations" else found


class LosesTies(ApaleoApi):
    """Never requests a second page of changes with one time stamp."""

    def page(self, path, key, query, number):
        if number > 1 and query.get("sort") == "updated:asc":
            return []
        return super().page(path, key, query, number)


class NeverRenewsTokens(ApaleoApi):
    def _authorized(self, path, query):
        return self._send(path, query, self._tokens.header())


class RequestsATokenPerCall(ApaleoApi):
    def _authorized(self, path, query):
        self._tokens._token = ""
        return super()._authorized(path, query)


class TakesHtmlForAnEmptyAnswer(ApaleoApi):
    def get(self, path, query):
        try:
            return super().get(path, query)
        except UnreadableAnswer:
            return None


class TakesNotFoundForAnError(ApaleoApi):
    def find(self, path, query):
        return self.get(path, query)


def empty_last_page() -> Page:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    return Page(items=(), observed_at=now, cursor=CURSOR)


class SwallowsErrors(Client):
    def pull(self, request):
        try:
            yield from self.inner.pull(request)
        except ProviderError:
            yield empty_last_page()


class RetriesForever(Client):
    def pull(self, request):
        for _ in range(20):
            try:
                yield from self.inner.pull(request)
            except (ProviderUnavailable, RateLimited):
                continue
            return
        raise ProviderUnavailable


@contextmanager
def refused_as_unavailable():
    try:
        yield
    except CredentialsRefused as error:
        raise ProviderUnavailable from error


class ReportsRefusalAsUnavailable(Client):
    @refused_as_unavailable()
    def check(self):
        return self.inner.check()

    def pull(self, request):
        with refused_as_unavailable():
            yield from self.inner.pull(request)


class GuessesStates(PageMappingClient):
    """Maps unknown states to CONFIRMED."""

    def map_item(self, item):
        if item.reason is None or item.kind is not ItemKind.BOOKING:
            return [item]
        payload = json.loads(item.raw)
        if payload.get("status") != "Teleported":
            return [item]
        context = HotelContext(
            time_zone=self.account.time_zone,
            currency=self.account.currency,
            observed_at=datetime(2026, 6, 1, tzinfo=UTC),
        )
        body = json.dumps({**payload, "status": "Confirmed"}).encode()
        return self.provider.inner.read_items(ItemKind.BOOKING, [body], context, limit=1)


class DropsUnreadableItems(PageMappingClient):
    def map_item(self, item):
        return [] if item.reason is not None else [item]


class DropsUnknownFields(PageMappingClient):
    def map_booking(self, snapshot, raw):
        return replace(snapshot, extras=())


class ConvertsAmountsThroughFloats(PageMappingClient):
    def map_booking(self, snapshot, raw):
        if not isinstance(snapshot.total, Money):
            return snapshot
        cents = int(float(snapshot.total.amount) * 100)
        return replace(snapshot, total=Money(cents, snapshot.total.currency))


class ReturnsFloatAmounts(PageMappingClient):
    def map_booking(self, snapshot, raw):
        if not isinstance(snapshot.total, Money):
            return snapshot
        return replace(snapshot, total=Money(float(snapshot.total.minor), snapshot.total.currency))


class ReadsDatesInUtc(PageMappingClient):
    def map_booking(self, snapshot, raw):
        payload = json.loads(raw)
        days = [
            datetime.fromisoformat(payload[key]).astimezone(UTC).date()
            for key in ("arrival", "departure")
        ]
        return replace(snapshot, stay=Stay(*days))


class VersionsByReceiptTime(PageMappingClient):
    def map_booking(self, snapshot, raw):
        now = self.provider.tools.clock.now()
        return replace(snapshot, version=SourceVersion(now))


class NeverChangesTheVersion(PageMappingClient):
    def map_booking(self, snapshot, raw):
        return replace(snapshot, version=SourceVersion(datetime(2026, 1, 1, tzinfo=UTC)))


class EndsTheWindowADayEarly(Client):
    def pull(self, request):
        yield from self.inner.pull(
            replace(request, window=DateRange(request.window.start, request.window.end - DAY))
        )


class StartsTheDeltaTooLate(Client):
    def pull(self, request):
        if request.kind is SyncKind.DELTA and request.cursor:
            begins = datetime.fromisoformat(request.cursor) + timedelta(minutes=15)
            request = replace(request, cursor=begins.isoformat())
        yield from self.inner.pull(request)


class TakesACheckpointForTheEnd(Client):
    def pull(self, request):
        if request.checkpoint is None:
            yield from self.inner.pull(request)
        else:
            yield empty_last_page()


class ReturnsTheCursorEarly(PageMappingClient):
    def map_page(self, page):
        return replace(page, cursor=page.cursor or CURSOR)


class PullsAllPagesFirst(Client):
    def pull(self, request):
        yield from list(self.inner.pull(request))


class ReportsDeletionsAsCancellations(Client):
    def fetch(self, refs):
        page = self.inner.fetch(refs)
        existing = {item.external_id for item in page.items}
        version = SourceVersion(self.provider.tools.clock.now())
        canceled = [
            ReadItem(
                kind=ItemKind.BOOKING,
                raw=b"{}",
                external_id=ref.external_id,
                snapshot=BookingSnapshot(
                    external_id=ref.external_id, version=version, status=BookingStatus.CANCELED
                ),
            )
            for ref in refs
            if ref.external_id and ref.external_id not in existing
        ]
        return replace(page, items=[*page.items, *canceled])


class TakesAFailureForADeletion(Client):
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


class BrokenProvider(SignedApaleo):
    """Opens clients of the class `client`."""

    client: type[Client] = Client

    def open(self, account):
        return self.client(self.inner.open(account), self, account)


def provider_of(client: type[Client], name: str) -> type[BrokenProvider]:
    return type(name, (BrokenProvider,), {"client": client})


class ShortSleepClock:
    """Sleeps for at most a tenth of a second."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def sleep(self, seconds):
        self._inner.sleep(min(seconds, 0.1))


class IgnoresRetryAfter(SignedApaleo):
    def __init__(self, tools):
        super().__init__(replace(tools, clock=ShortSleepClock(tools.clock)))


class LogsSecrets(SignedApaleo):
    def open(self, account):
        logging.getLogger("broken").debug("opening %s", dict(account.secrets))
        return self.inner.open(account)


class LogsGuests(PageMappingClient):
    def map_booking(self, snapshot, raw):
        logging.getLogger("broken").info("read", extra={"payload": raw.decode()})
        return snapshot


class ShowsSecretsInRepr(Client):
    def __repr__(self):
        return f"Client({dict(self.account.secrets)})"


class ReplacesMissingSecrets(SignedApaleo):
    def open(self, account):
        made_up = dict.fromkeys(("client_id", "client_secret", SETTING), "made-up")
        return super().open(replace(account, secrets={**made_up, **account.secrets}))


class AcceptsEverySender(SignedApaleo):
    def authentic(self, headers, secrets):
        return True


class RejectsEverySender(SignedApaleo):
    def authentic(self, headers, secrets):
        return False


class RejectsUnknownEvents(SignedApaleo):
    def read_notification(self, body, context):
        notification = self.inner.read_notification(body, context)
        if notification.ignored:
            raise UnreadableMessage("an event of this type does not exist")
        return notification


class DropsThePropertyId(SignedApaleo):
    def read_notification(self, body, context):
        return replace(self.inner.read_notification(body, context), property_id=None)


class DeclaresACapAndIgnoresIt(SignedApaleo):
    @property
    def capabilities(self):
        return replace(super().capabilities, list_cap=LIST_CAP)


class ReadsBeyondTheCap(MockProvider):
    """Its lists are sorted by change, so that each request starts where the last one ended."""

    @property
    def capabilities(self):
        return replace(super().capabilities, list_cap=LIST_CAP_ABOVE_A_PAGE)


class AcceptsEveryProperty(SignedApaleo):
    def read_items(self, kind, bodies, context, **options):
        context = replace(context, property_id=None)
        items = self.inner.read_items(kind, bodies, context, **options)
        return [replace(item, source_property=None) for item in items]

    def open(self, account):
        return DropsThePropertyOfItems(super().open(account), self, account)


class DropsThePropertyOfItems(PageMappingClient):
    def map_item(self, item):
        return [replace(item, source_property=None)]


class KeepsCardFields(PageMappingClient):
    def map_booking(self, snapshot, raw):
        card = json.loads(raw).get("registeredCard")
        kept = (("registeredCard", json.dumps(card)),) if card else ()
        return replace(snapshot, extras=(*snapshot.extras, *kept))


class KeepsDeclaredFields(SignedApaleo):
    @property
    def capabilities(self):
        return replace(super().capabilities, sensitive_fields=frozenset({"pin", "door.code"}))


class KeepsIdsInAnUndeclaredField(SignedApaleo):
    def read_items(self, kind, bodies, context, **options):
        renamed = [body.replace(b'"ident":', b'"id":') for body in bodies]
        return self.inner.read_items(kind, renamed, context, **options)

    def open(self, account):
        return RenamesIds(super().open(account), self, account)


class RenamesIds(PageMappingClient):
    def map_item(self, item):
        return [replace(item, raw=item.raw.replace(b'"id":', b'"ident":'))]


class TakesAnyMessageForAnEmptyList(SignedApaleo):
    def read_items(self, kind, bodies, context, **options):
        try:
            return self.inner.read_items(kind, bodies, context, **options)
        except UnreadableMessage:
            return []


class RejectsAllItemsForOne(SignedApaleo):
    def read_items(self, kind, bodies, context, **options):
        items = self.inner.read_items(kind, bodies, context, **options)
        if any(item.reason for item in items):
            raise UnreadableMessage
        return items


class RequiresAName(SignedApaleo):
    def read_items(self, kind, bodies, context, **options):
        items = self.inner.read_items(kind, bodies, context, **options)
        return [self._without_name(item) for item in items]

    def _without_name(self, item):
        guest = getattr(item.snapshot, "primary_guest", None)
        if item.snapshot is None or (guest and guest.last_name):
            return item
        return replace(item, snapshot=None, reason=Reason("missing_field", "name", "no name"))


class StoresEmptyCells(SignedApaleo):
    def read_items(self, kind, bodies, context, **options):
        if kind is not ItemKind.AVAILABILITY:
            return self.inner.read_items(kind, bodies, context, **options)
        empty = AvailabilitySnapshot(
            room_type_id="A",
            day=context.observed_at.date(),
            version=SourceVersion(context.observed_at),
            available=0,
        )
        return [ReadItem(kind=kind, raw=bodies[0], external_id=empty.external_id, snapshot=empty)]


class DropsTheReferences(SignedApaleo):
    def read_notification(self, body, context):
        return replace(self.inner.read_notification(body, context), refs=())


class IgnoresPayments(SignedApaleo):
    def read_notification(self, body, context):
        found = self.inner.read_notification(body, context)
        is_folio = json.loads(body)["topic"] == "Folio"
        return replace(found, refs=(), ignored=("folio",)) if is_folio else found


class ClaimsPaymentsInItsDelta(SignedApaleo):
    @property
    def capabilities(self):
        return replace(super().capabilities, delta_reports_payments=True)


class RaisesKeyError(SignedApaleo):
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
class BrokenAdapter:
    """`caught_by`: the checks made for this bug; others may fail as well."""

    make: type
    caught_by: frozenset[str]

    @property
    def name(self) -> str:
        return self.make.__name__


def on_client(client: type[Client], *caught_by: str) -> BrokenAdapter:
    return on_provider(provider_of(client, client.__name__), *caught_by)


def on_api(api: type[ApaleoApi], *caught_by: str) -> BrokenAdapter:
    return on_provider(provider_of(client_with_api(api), api.__name__), *caught_by)


def on_provider(make: type, *caught_by: str) -> BrokenAdapter:
    return BrokenAdapter(make, frozenset(caught_by))


ALL = (
    on_api(TrustsReportedCount, "window.full_range", "paging.one"),
    on_api(DropsLastPage, "window.full_range", "window.first_night"),
    on_api(LosesTies, "paging.ties"),
    on_api(NeverRenewsTokens, "auth.token_expired", "auth.token_revoked", "auth.401_once"),
    on_api(RequestsATokenPerCall, "auth.token_reused"),
    on_api(TakesHtmlForAnEmptyAnswer, "fault.html_permanent", "fault.midway", "failed.html"),
    on_api(TakesNotFoundForAnError, "fetch.unknown", "fetch.deleted", "synced.delete"),
    on_client(SwallowsErrors, "fault.500_permanent", "fault.midway", "auth.401_permanent"),
    on_client(RetriesForever, "fault.500_permanent", "limit.permanent", "limit.too_long"),
    on_client(
        ReportsRefusalAsUnavailable, "auth.wrong_secrets", "auth.401_permanent", "failed.401"
    ),
    on_client(GuessesStates, "reading.unknown_state", "partial.unknown_state"),
    on_client(
        DropsUnreadableItems,
        "reading.unknown_state",
        "reading.wrong_type",
        "reading.missing_field",
        "partial.wrong_type",
    ),
    on_client(DropsUnknownFields, "reading.new_field"),
    on_client(ConvertsAmountsThroughFloats, "money.eur", "money.jpy", "money.kwd"),
    on_client(ReturnsFloatAmounts, "money.eur"),
    on_client(ReadsDatesInUtc, "time.auckland_spring", "time.kiritimati", "time.honolulu"),
    on_client(VersionsByReceiptTime, "reading.stable"),
    on_client(NeverChangesTheVersion, "reading.versions"),
    on_client(EndsTheWindowADayEarly, "window.first_night", "window.last_night", "window.within"),
    on_client(StartsTheDeltaTooLate, "delta.chain", "synced.book"),
    on_client(TakesACheckpointForTheEnd, "paging.resume"),
    on_client(ReturnsTheCursorEarly, "paging.cursor_last"),
    on_client(PullsAllPagesFirst, "paging.lazy"),
    on_client(ReportsDeletionsAsCancellations, "fetch.deleted", "fetch.unknown", "notified.delete"),
    on_client(TakesAFailureForADeletion, "fetch.failure"),
    on_client(PutsTheTokenIntoErrors, "redaction.tokens"),
    on_provider(IgnoresRetryAfter, "limit.seconds", "limit.date", "limit.503"),
    on_provider(LogsSecrets, "redaction.logs"),
    on_client(LogsGuests, "redaction.logs"),
    on_client(ShowsSecretsInRepr, "redaction.reprs"),
    on_provider(ReplacesMissingSecrets, "auth.missing_setting"),
    on_provider(AcceptsEverySender, "trust.stripped", "trust.forged", "trust.other_hotel"),
    on_provider(RejectsEverySender, "trust.genuine"),
    on_provider(RejectsUnknownEvents, "notified.unknown_event"),
    on_provider(DropsThePropertyId, "notified.foreign_property"),
    on_provider(AcceptsEveryProperty, "property.fetched", "property.listed", "property.pushed"),
    on_client(KeepsCardFields, "sensitive.fields"),
    on_provider(KeepsDeclaredFields, "sensitive.fields"),
    on_provider(KeepsIdsInAnUndeclaredField, "sensitive.card_like_ids"),
    on_provider(TakesAnyMessageForAnEmptyList, "reading.without_items"),
    on_provider(RejectsAllItemsForOne, "reading.one_bad_item"),
    on_provider(RequiresAName, "reading.details"),
    on_provider(StoresEmptyCells, "reading.empty_cell"),
    on_provider(DropsTheReferences, "notified.book", "notified.cancel", "notified.twice"),
    on_provider(IgnoresPayments, "notified.pay"),
    on_provider(ClaimsPaymentsInItsDelta, "synced.pay"),
    on_provider(RaisesKeyError, "notified.malformed"),
    on_provider(DeclaresNoSecrets, "auth.secrets_declared"),
)
