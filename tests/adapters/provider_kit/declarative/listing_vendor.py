"""A vendor whose list the test has in its hands: its order, its pages, what happens in between."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import orjson

from adapters.outbound.provider_kit import authoring as pms
from adapters.outbound.provider_kit.declarative.client import DeclarativeClient
from adapters.outbound.provider_kit.simulation.server.loopback_http import (
    Call,
    LoopbackServer,
    Reply,
)
from domain.sync_run import SyncKind
from domain.values import DateRange
from ports.providers import Account, PullRequest
from tests.providers.mews.payloads import SkippingClock, tools

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Booking = dict[str, Any]


def booking(number: int, *, seconds: float | None = None, **changes: Any) -> Booking:
    """Changed so many seconds before noon; the higher the number, the later."""
    before = 1_000 - number if seconds is None else seconds
    payload = {
        "id": f"B{number:04}",
        "state": "ok",
        "from": "2026-03-10",
        "to": "2026-03-12",
        "changed": (NOW - timedelta(seconds=before)).isoformat(),
    }
    return payload | changes


def read(r: pms.Reader, context: pms.HotelContext) -> pms.BookingSnapshot:
    status = r.choice("state", {"ok": pms.BookingStatus.CONFIRMED}, "status")
    return pms.BookingSnapshot(
        external_id=r.text("id", "external_id"),
        version=pms.SourceVersion(*r.precise_instant("changed", "version")),
        status=status,
        stay=pms.Stay(r.local_date("from", "stay.arrival"), r.local_date("to", "stay.departure")),
        notes=r.field_text("note", "notes"),
    )


def account(r: pms.Reader) -> pms.AccountReport:
    return pms.AccountReport(
        property_id=r.text("id"),
        property_name=r.text("id"),
        time_zone=r.optional_text("zone"),
        currency="CHF",
    )


BOOKINGS = pms.Bookings(
    path="/hotels/{hotel}/stays",
    one="/hotels/{hotel}/stays/{id}",
    items="stays",
    modified="changed",
    modified_since="since",
    paging=pms.PageNumbers(size=5),
    read=read,
)
VENDOR = pms.VendorDeclaration(
    name="listing",
    title="Listing",
    base_url="https://api.listing.example",
    hosts=frozenset({"api.listing.example"}),
    credentials=pms.KeyHeader(),
    settings=(pms.SettingSpec(name="hotel", help="its id"),),
    account=pms.AccountCall(path="/hotels/{hotel}", read=account),
    bookings=BOOKINGS,
)


@dataclass
class StaysApi:
    """`sort`: None leaves the order as it is. `between` is called after each page. `heeds_*`: the
    parameters that this vendor applies."""

    stays: list[Booking]
    paging: Any = BOOKINGS.paging
    sort: Callable[[Booking], Any] | None = lambda stay: stay["changed"]
    heeds_since: bool = True
    heeds_pages: bool = True
    includes_since: bool = True
    past_end: int = 200
    account_status: int = 200
    account_fields: dict[str, str] = field(default_factory=dict)
    between: Callable[["StaysApi"], None] = lambda _: None
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def answer(self, call: Call) -> Reply:
        parts = urlsplit(call.path)
        self.paths.append(parts.path)
        if call.headers.get("x-api-key") != "key":
            return Reply(401)
        if parts.path == "/hotels/h%2F1":
            return Reply(self.account_status, orjson.dumps({"id": "h/1", **self.account_fields}))
        if parts.path == "/hotels/h%2F1/stays":
            reply = self._page(dict(parse_qsl(parts.query)))
            self.between(self)
            return reply
        found = [stay for stay in self.stays if parts.path.endswith(f"/{stay['id']}")]
        return Reply(200, orjson.dumps(found[0])) if found else Reply(404)

    def _page(self, query: dict[str, str]) -> Reply:
        self.asked.append(query)
        found = sorted(self.stays, key=self.sort) if self.sort else list(self.stays)
        if self.heeds_since and "since" in query:
            found = [stay for stay in found if self._is_since(stay, query["since"])]
        size = self.paging.size
        start = self._start(query) if self.heeds_pages else 0
        if start > len(found) and self.past_end != 200:
            return Reply(self.past_end)
        following = str(start + size) if start + size < len(found) else None
        payload = {"stays": found[start : start + size], "next_cursor": following}
        return Reply(200, orjson.dumps(payload))

    def _is_since(self, stay: Booking, since: str) -> bool:
        changed, asked = (datetime.fromisoformat(text) for text in (stay["changed"], since))
        return changed >= asked if self.includes_since else changed > asked

    def _start(self, query: dict[str, str]) -> int:
        if "page" in query:
            return (int(query["page"]) - 1) * self.paging.size
        return int(query.get("offset", query.get("cursor", 0)))


@contextmanager
def opened(stays_api: StaysApi, vendor: pms.VendorDeclaration = VENDOR) -> Iterator[Any]:
    """A client of the vendor with the API's paging."""
    vendor = replace(vendor, bookings=replace(vendor.bookings, paging=stays_api.paging))
    server = LoopbackServer(0, stays_api.answer)
    server.start()
    made = pms.DeclarativeProvider(vendor, local_tools())
    client = made.open(asked(f"http://127.0.0.1:{server.port}"))
    assert isinstance(client, DeclarativeClient)
    try:
        yield client
    finally:
        client.close()
        server.stop()


def local_tools() -> Any:
    return tools(SkippingClock(NOW), allowed_hosts=frozenset({"127.0.0.1"}), plain_http=True)


def asked(base_url: str, **changes: Any) -> Account:
    payload: dict[str, Any] = {
        "connection_id": UUID(int=3),
        "time_zone": "Europe/Zurich",
        "currency": "CHF",
        "settings": {"base_url": base_url, "hotel": "h/1"},
        "secrets": {"api_key": "key"},
        "correlation_id": "test",
    }
    return Account(**payload | changes)


def request(kind: SyncKind = SyncKind.FULL, **changes: Any) -> PullRequest:
    payload: dict[str, Any] = {
        "kind": kind,
        "cursor": None,
        "checkpoint": None,
        "window": DateRange(date(2026, 2, 1), date(2026, 6, 1)),
    }
    return PullRequest(**payload | changes)
