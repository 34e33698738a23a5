"""The declaration of the demo provider. Its API is served by `simulator/server.py` alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.outbound.provider_kit import authoring as pms
from adapters.outbound.provider_kit.parsing.event_lists import read_events
from adapters.outbound.provider_kit.parsing.field_values import as_text
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries
from adapters.outbound.provider_kit.parsing.json_text import Json, RawItem, dumps, loads
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.tracked_object import as_list
from adapters.outbound.provider_kit.provider import VendorProvider
from adapters.outbound.providers.mock.mapping.items import (
    KINDS,
    plain_items_for,
    read_availability,
    read_booking,
)
from domain.messages import ItemKind
from domain.sync_run import TransportCounts
from ports.errors import Misconfigured, UnreadableMessage
from ports.providers import Account, Page, ProviderClient, PullRequest, ReadItem

_PAGES: Final = pms.PageNumbers(size=200, fills_pages=True)
_FORMER_SETTING: Final = "unused: the simulator has its own; kept for connections of version 0.1"


def _read_account(r: pms.Reader) -> pms.AccountReport:
    return pms.AccountReport(
        property_id=r.text("id"),
        property_name=r.text("name"),
        time_zone=r.text("time_zone"),
        currency=r.text("currency"),
        advice=("This hotel is simulated: nothing in it is real.",),
    )


def _read_room_type(r: pms.Reader) -> pms.RoomTypeRecord:
    return pms.RoomTypeRecord(
        external_id=r.text("id"), name=r.text("name"), max_occupancy=r.integer("sleeps")
    )


def _read_room(r: pms.Reader) -> pms.RoomRecord:
    return pms.RoomRecord(
        external_id=r.text("number"),
        number=r.text("number"),
        floor=r.text("floor"),
        room_type_id=r.text("room_type"),
    )


def _read_rate(r: pms.Reader) -> pms.RatePlanRecord:
    return pms.RatePlanRecord(external_id=r.text("id"), name=r.text("name"))


def _read_notification(r: pms.Reader) -> pms.Notification:
    """`{"hotel": "mock-1", "bookings": ["ABCDEFGH-1"]}`, the list optional."""
    hotel = r.optional_text("hotel")
    listed = numbered_entries("bookings", r.optional("bookings", as_list) or [])
    names, unreadable = read_events(
        listed, _read_booking_name, as_message=lambda name: {"hotel": hotel, "bookings": [name]}
    )
    return pms.Notification(
        refs=tuple(pms.Ref(pms.RefKind.BOOKING, name) for name in names),
        property_id=hotel,
        ignored=tuple(r.unread()),
        unreadable=unreadable,
    )


def _read_booking_name(entry: JsonEntry) -> str:
    return as_text(entry.value, entry.path)


VENDOR: Final = pms.VendorDeclaration(
    name="mock",
    title="Simulated hotel",
    base_url="",
    hosts=frozenset(),
    credentials=pms.KeyHeader(help="key of the simulator, as `pms simulate mock` prints it"),
    settings=(
        pms.SettingSpec(name="seed", help=_FORMER_SETTING, required=False),
        pms.SettingSpec(name="bookings", help=_FORMER_SETTING, required=False),
    ),
    account=pms.AccountCall(path="/v1/hotel", read=_read_account),
    bookings=pms.Bookings(
        path="/v1/bookings",
        one="/v1/bookings/{id}",
        items="bookings",
        modified="changed",
        modified_since="changed_since",
        stay_from="from",
        stay_to="to",
        paging=_PAGES,
        read=read_booking,
        property="hotel",
    ),
    availability=pms.Availability(
        path="/v1/availability",
        items="cells",
        paging=_PAGES,
        read=read_availability,
        property="hotel",
    ),
    records=(
        pms.Records(path="/v1/room-types", items="room_types", paging=_PAGES, read=_read_room_type),
        pms.Records(path="/v1/rooms", items="rooms", paging=_PAGES, read=_read_room),
        pms.Records(path="/v1/rates", items="rates", paging=_PAGES, read=_read_rate),
    ),
    webhooks=pms.Webhooks(proof=pms.UnguessableUrl(), read=_read_notification),
    limits="none",
    id_fields=frozenset({"room_type", "room", "rate"}),
)


class MockProvider(VendorProvider):
    """A declared vendor that also has guests: each booking carries its guest's record."""

    def __init__(self, tools: pms.ProviderTools) -> None:
        super().__init__(
            replace(VENDOR.capabilities, kinds=KINDS),
            _map_items,
            _open_client,
            tools,
            parse_notification=_parse_notification,
        )


def _map_items(pushed: PushedItems) -> Sequence[ReadItem]:
    items = plain_items_for(pushed.kind, pushed.context, explain=pushed.explain)
    return items.of(pushed.bodies, limit=pushed.limit)


def _parse_notification(body: bytes) -> pms.Notification:
    try:
        return _read_notification(pms.Reader(loads(body)))
    except pms.UnreadableField as fault:
        raise UnreadableMessage(fault.message, path=fault.path) from None


def _open_client(account: Account, tools: pms.ProviderTools) -> ProviderClient:
    if not account.settings.get("base_url"):
        raise Misconfigured(
            "base_url is missing: run `pms simulate mock`, then set its base_url and api_key",
            setting="base_url",
        )
    context = pms.HotelContext(
        time_zone=account.time_zone, currency=account.currency, observed_at=tools.clock.now()
    )
    return MockClient(pms.DeclarativeProvider(VENDOR, tools).open(account), context)


@dataclass(frozen=True, slots=True)
class MockClient:
    """Adds the guests of each page's bookings."""

    _client: ProviderClient
    _context: pms.HotelContext

    def check(self) -> pms.AccountReport:
        return self._client.check()

    def pull(self, request: PullRequest) -> Iterator[Page]:
        return map(self._with_guests, self._client.pull(request))

    def fetch(self, refs: Sequence[pms.Ref]) -> Page:
        return self._with_guests(self._client.fetch(refs))

    def counts(self) -> TransportCounts:
        return self._client.counts()

    def close(self) -> None:
        self._client.close()

    def _with_guests(self, page: Page) -> Page:
        reader = plain_items_for(
            ItemKind.GUEST, replace(self._context, observed_at=page.observed_at)
        )
        guests: dict[str, Json] = {}
        for item in page.items:
            booking = loads(item.raw) if item.kind is ItemKind.BOOKING else None
            guest = booking.get("guest") if isinstance(booking, dict) else None
            if isinstance(guest, dict):
                guests[dumps(guest)] = guest
        read = [reader.one(RawItem(text, guest)) for text, guest in guests.items()]
        return replace(page, items=[*read, *page.items])
