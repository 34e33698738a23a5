"""The plug-in: a seeded hotel behind the same port as a real vendor."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import loads
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.mock.client.client import MockClient
from adapters.outbound.providers.mock.mapping.items import KINDS, plain_items_for
from adapters.outbound.providers.mock.simulator.hotel import MockHotel
from domain.messages import ItemKind
from ports.errors import Misconfigured, UnreadableMessage, Unsupported
from ports.providers import (
    Account,
    Capabilities,
    HotelContext,
    Notification,
    ProviderClient,
    ReadItem,
    Ref,
    RefKind,
    SettingSpec,
)
from ports.system import Clock, Secrets

MAX_SEED: Final = 10**9
MAX_BOOKINGS: Final = 100_000

_CAPABILITIES: Final = Capabilities(
    name="mock",
    title="Simulated hotel",
    kinds=KINDS,
    pulls=True,
    fetches_by_id=True,
    reports_deletions=True,
    webhooks=True,
    day_use=True,
    trust="the unguessable URL alone",
    limits="none",
    settings=(
        SettingSpec(name="seed", help="Another number, another hotel", required=False, default="1"),
        SettingSpec(
            name="bookings",
            help="About how many bookings the hotel has in a year",
            required=False,
            default="1000",
        ),
    ),
)


class MockProvider:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        if kind not in KINDS:
            raise Unsupported(kind=kind.value)
        return plain_items_for(kind, context, explain=explain).of(bodies, limit=limit)

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        """`{"hotel": "mock-1", "bookings": ["M0-20260310"], "guests": []}`, lists optional."""
        try:
            return _notification(Reader(loads(body)))
        except UnreadableField as fault:
            raise UnreadableMessage(fault.message, path=fault.path) from None

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """The URL is all the proof there is."""
        return True

    def open(self, account: Account) -> ProviderClient:
        settings = {spec.name: spec.default or "" for spec in _CAPABILITIES.settings}
        settings |= account.settings
        hotel = MockHotel(
            seed=_number("seed", settings["seed"], MAX_SEED),
            bookings=_number("bookings", settings["bookings"], MAX_BOOKINGS),
            zone=zone(account.time_zone),
        )
        return MockClient(hotel, account, self._clock)


def _notification(reader: Reader) -> Notification:
    bookings, guests = reader.optional_texts("bookings"), reader.optional_texts("guests")
    refs = [
        *(Ref(RefKind.BOOKING, name) for name in bookings or ()),
        *(Ref(RefKind.GUEST, name) for name in guests or ()),
    ]
    return Notification(
        refs=tuple(refs),
        property_id=reader.optional_text("hotel"),
        ignored=tuple(reader.unread()),
    )


def _number(name: str, text: str, limit: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and 1 <= int(text) <= limit):
        raise Misconfigured(f"{name}: send a number from 1 to {limit}", setting=name)
    return int(text)
