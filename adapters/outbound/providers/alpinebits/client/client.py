"""The client of one connection: reads the reservations of an AlpineBits server.

A delta reads undelivered reservations and acknowledges them once they are stored: after a crash in
between they are delivered again, which is harmless. A full sync and a reconcile read all
reservations since a day, delivered or not. A reconcile acknowledges nothing; a full sync then reads
the undelivered ones as a delta does, or the first delta would bring all of them again.

A connection without `url` is push-only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from adapters.outbound.provider_kit.http.endpoint import (
    VendorEndpoint,
    require_secret,
    require_setting,
)
from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, write_xml
from adapters.outbound.provider_kit.pull.client import ApiClient
from adapters.outbound.provider_kit.pull.reading import batches
from adapters.outbound.providers.alpinebits.capabilities import CAPABILITIES, NAME
from adapters.outbound.providers.alpinebits.client.api import (
    MAX_ANSWER_BYTES,
    AlpineBitsApi,
    ServerAddress,
)
from adapters.outbound.providers.alpinebits.mapping import documents
from adapters.outbound.providers.alpinebits.mapping.handshake import HANDSHAKE_STATUS, objects_at
from adapters.outbound.providers.alpinebits.mapping.protocol_versions import PING
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import (
    AlpineBitsEntry,
    find_reservation_id,
    split_document,
)
from adapters.outbound.providers.alpinebits.mapping.reservations import (
    is_quote_request,
    read_entries,
)
from domain.snapshots import BookingSnapshot
from domain.sync_run import SyncKind, TransportCounts
from domain.values import ABSENT
from ports.errors import UnreadableAnswer, UnreadableMessage, Unsupported
from ports.providers import (
    Account,
    AccountReport,
    HotelContext,
    Page,
    ProviderClient,
    ProviderTools,
    PullRequest,
    ReadItem,
    Ref,
)

VERSION: Final = "2020-10"
PAGE_SIZE: Final = 200
MAX_LEAD_TIME: Final = timedelta(days=730)
"""The longest time between booking and arrival: `Start` filters by the day of the booking."""

_ENDPOINT: Final = VendorEndpoint(
    provider=NAME,
    hosts=frozenset(),
    max_answer_bytes=MAX_ANSWER_BYTES,
    id_fields=CAPABILITIES.id_fields,
)
_MAX_ROUNDS: Final = 100


def open_client(account: Account, tools: ProviderTools) -> ProviderClient:
    """Raises Misconfigured for a missing setting, HostRefused for a host that is not allowed."""
    require_secret(account, "password")
    url = account.settings.get("url")
    hotel_code = account.settings.get("hotel_code")
    if not url:
        return PushOnlyClient(hotel_code)
    server = ServerAddress(
        url,
        require_setting(account, "username"),
        require_secret(account, "server_password"),
        account.settings.get("protocol_version") or VERSION,
    )
    transport = _ENDPOINT.transport(account, tools, url)
    return AlpineBitsClient(
        api=AlpineBitsApi(transport, server, account.correlation_id),
        clock=tools.clock,
        hotel_code=hotel_code,
        time_zone=account.time_zone,
        currency=account.currency,
    )


@dataclass(frozen=True, slots=True)
class PushOnlyClient:
    """For a connection without a url."""

    hotel_code: str | None

    def check(self) -> AccountReport:
        advice = "No url is set: bookings can only be pushed to this connection."
        return _account_report(self.hotel_code, [advice])

    def pull(self, request: PullRequest) -> Iterator[Page]:  # noqa: ARG002 the port's shape
        raise Unsupported("no url is set: this connection is push-only")

    def fetch(self, refs: Sequence[Ref]) -> Page:  # noqa: ARG002 the port's shape
        raise Unsupported("no url is set: this connection is push-only")

    def counts(self) -> TransportCounts:
        return TransportCounts()

    def close(self) -> None:
        return None


@dataclass(slots=True, kw_only=True)
class AlpineBitsClient(ApiClient):
    api: AlpineBitsApi
    hotel_code: str | None
    time_zone: str
    currency: str

    def check(self) -> AccountReport:
        """The handshake."""
        version = self.api.server.version
        root = self.api.request(PING, documents.ping_request(version), expected="OTA_PingRS")
        return _account_report(self.hotel_code, _advice(_common_capabilities(root), version))

    def pull(self, request: PullRequest) -> Iterator[Page]:
        stored: set[bytes] = set()
        if request.kind is not SyncKind.DELTA or request.cursor is None:
            yield from self._pull_all(request, stored)
        if request.kind is not SyncKind.RECONCILE:
            yield from self._pull_undelivered(stored)
        cursor = None if request.kind is SyncKind.RECONCILE else self.clock.now().isoformat()
        yield Page(items=(), observed_at=self.clock.now(), cursor=cursor)

    def fetch(self, refs: Sequence[Ref]) -> Page:  # noqa: ARG002 the port's shape
        raise Unsupported("AlpineBits has no request for a single reservation")

    def _pull_undelivered(self, stored: set[bytes]) -> Iterator[Page]:
        """Until nothing new comes: a server may hand out reservations in parts. A server that keeps
        handing out acknowledged ones is asked again by the next run. Reservations that this run
        has `stored` are only acknowledged."""
        seen: set[bytes] = set()
        for _ in range(_MAX_ROUNDS):
            observed_at = self.clock.now()
            entries_by_text = {_entry_text(entry): entry for entry in self._fetch_entries(None)}
            unseen = [(text, entry) for text, entry in entries_by_text.items() if text not in seen]
            if not unseen:
                return
            seen.update(entries_by_text)
            yield from self._deliver(unseen, stored, observed_at)

    def _deliver(
        self,
        entries: Sequence[tuple[bytes, AlpineBitsEntry]],
        stored: set[bytes],
        observed_at: datetime,
    ) -> Iterator[Page]:
        for part in batches(entries, PAGE_SIZE):
            new = [entry for text, entry in part if text not in stored]
            if new:
                yield Page(items=self._items(new, observed_at), observed_at=observed_at)
            # The generator is resumed only after the page has been stored.
            self._acknowledge([entry for _, entry in part])

    def _pull_all(self, request: PullRequest, stored: set[bytes]) -> Iterator[Page]:
        """The server keeps every message; the last one of each reservation counts."""
        since = datetime.combine(request.stay_from - MAX_LEAD_TIME, time.min, tzinfo=UTC)
        observed_at = self.clock.now()
        entries = self._fetch_entries(since)
        items = latest_snapshots(self._items(entries, observed_at))
        for part in batches(items, PAGE_SIZE):
            yield Page(items=part, observed_at=observed_at, expected=len(items))
        stored.update(map(_entry_text, entries))

    def _fetch_entries(self, since: datetime | None) -> list[AlpineBitsEntry]:
        root = self.api.request(
            documents.READ_ACTION,
            documents.read_request_document(self.hotel_code, since),
            expected="OTA_ResRetrieveRS",
        )
        try:
            return split_document(root)
        except UnreadableMessage:
            message = "neither reservations nor a success"
            raise UnreadableAnswer(message, path=root.name) from None

    def _items(self, entries: Sequence[AlpineBitsEntry], observed_at: datetime) -> list[ReadItem]:
        """Without quote requests, which are no bookings."""
        context = HotelContext(
            time_zone=self.time_zone,
            currency=self.currency,
            observed_at=observed_at,
            property_id=self.hotel_code,
        )
        return [item for item in read_entries(entries, context) if not is_quote_request(item)]

    def _acknowledge(self, entries: Sequence[AlpineBitsEntry]) -> None:
        found = [find_reservation_id(entry.element) for entry in entries]
        reservation_ids = list(dict.fromkeys(each for each in found if each is not None))
        if reservation_ids:
            self.api.request(
                documents.REPORT_ACTION,
                documents.report_request(reservation_ids),
                expected="OTA_NotifReportRS",
            )


def _account_report(hotel_code: str | None, advice: Iterable[str]) -> AccountReport:
    return AccountReport(
        property_id=hotel_code or "",
        property_name=hotel_code or "",
        time_zone=None,
        currency=None,
        advice=tuple(advice),
    )


def _entry_text(entry: AlpineBitsEntry) -> bytes:
    """Identifies a reservation message that is delivered again."""
    return write_xml(entry.element, declaration=False)


def latest_snapshots(items: Sequence[ReadItem]) -> list[ReadItem]:
    """The newest message of each reservation, completed from older ones: a cancellation has only
    the id. Rejected items are kept."""
    latest: dict[str, ReadItem] = {}
    rejected = []
    for item in items:
        if item.snapshot is None:
            rejected.append(item)
            continue
        earlier = latest.get(item.snapshot.external_id)
        latest[item.snapshot.external_id] = _merge_messages(earlier, item) if earlier else item
    return [*latest.values(), *rejected]


def _merge_messages(earlier: ReadItem, item: ReadItem) -> ReadItem:
    older, newer = earlier.snapshot, item.snapshot
    if not isinstance(older, BookingSnapshot) or not isinstance(newer, BookingSnapshot):
        return item
    winner = item
    if newer.version < older.version:
        winner, older, newer = earlier, newer, older
    gaps = {
        f.name: getattr(older, f.name) for f in fields(newer) if getattr(newer, f.name) is ABSENT
    }
    return replace(winner, snapshot=replace(newer, **gaps))


def _common_capabilities(root: XmlElement) -> Json:
    """The capabilities of both sides as the server reports them; None if unreadable."""
    for element in root.walk():
        if element.name == "Warning" and element.get("Status") == HANDSHAKE_STATUS:
            try:
                return loads(element.value)
            except UnreadableJson:
                return None
    return None


def _advice(capabilities: Json, version: str) -> Iterator[str]:
    listed = objects_at(capabilities, "versions")
    matching = [each for each in listed if each.get("version") == version]
    actions = [action.get("action") for each in matching for action in objects_at(each, "actions")]
    if not matching:
        yield f"The server does not list AlpineBits {version} among its versions."
    elif "action_OTA_Read" not in actions:
        yield "The server does not list the reading of guest requests (action_OTA_Read)."
