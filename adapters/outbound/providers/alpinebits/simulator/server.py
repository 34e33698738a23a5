"""A simulated AlpineBits hotel: it answers OTA_Read as a server, and as a client it pushes
reservations and free rooms to a given address."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from adapters.outbound.provider_kit.parsing.xml_text import write_xml
from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import (
    ROOM_EVENTS,
    HotelEvent,
    HotelEventType,
    SimulatedRoomStay,
)
from adapters.outbound.provider_kit.simulation.hotel_simulator import (
    HotelSimulator,
    VendorActivityGenerator,
    activity_generator_from,
)
from adapters.outbound.provider_kit.simulation.scenario import (
    ExpectedBooking,
    ScenarioAction,
    VendorMessage,
)
from adapters.outbound.provider_kit.simulation.server.options import (
    RunConditions,
    SimulatorOptions,
    run_conditions_from,
)
from adapters.outbound.provider_kit.simulation.server.webhook_sender import (
    WebhookFaults,
    WebhookSender,
)
from adapters.outbound.providers.alpinebits.client.client import PAGE_SIZE, VERSION
from adapters.outbound.providers.alpinebits.mapping import documents
from adapters.outbound.providers.alpinebits.simulator.api import (
    PATH,
    SimulatedAlpineBitsApi,
    SimulatedLogin,
)
from adapters.outbound.providers.alpinebits.simulator.dialect import BookingViews, Dialect
from adapters.outbound.providers.alpinebits.simulator.free_rooms import (
    ACTIONS,
    AvailabilityFormat,
    Cells,
    SimulatedFreeRooms,
)
from adapters.outbound.providers.alpinebits.simulator.reservations import ReservationWriter
from ports.errors import Misconfigured

PUSH_ACTION = "OTA_HotelResNotif:GuestRequests"
_GUEST_EVENTS = frozenset({HotelEventType.GUEST_CHANGED, HotelEventType.GUEST_MERGED})


@dataclass(frozen=True, slots=True)
class SentDocument:
    """One document to send. A document of free rooms is written when it is sent: an outdated one
    that arrives after a newer one would withdraw rooms."""

    action: str
    write: Callable[[], bytes]


def start_simulator(options: SimulatorOptions) -> "AlpineBitsSimulator":
    """A running simulator; the caller stops it. Raises Misconfigured for an unknown dialect."""
    if options.dialect not in (None, *Dialect):
        known = ", ".join(Dialect)
        raise Misconfigured(f"dialect: this simulator speaks {known}", setting="dialect")
    dialect_options = DialectOptions(Dialect(options.dialect or Dialect.SMX))
    simulator = AlpineBitsSimulator(
        activity_generator_from(options),
        dialect_options=dialect_options,
        **run_conditions_from(options),
    )
    simulator.begin(options)
    return simulator


@dataclass(frozen=True, slots=True)
class DialectOptions:
    dialect: Dialect = Dialect.SMX
    free_rooms: AvailabilityFormat = AvailabilityFormat.COUNTS


class AlpineBitsSimulator(HotelSimulator[SentDocument]):
    """`webhook_auth`: "user:password" for pushes."""

    page_size = PAGE_SIZE
    bookings_path = documents.READ_ACTION

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        dialect_options: DialectOptions | None = None,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.login = SimulatedLogin.of(activity.hotel.seed)
        dialect_options = dialect_options or DialectOptions()
        self.views = BookingViews(activity.hotel, dialect_options.dialect)
        self.push_source = _PushSource(
            activity, self.views, SimulatedFreeRooms(activity.hotel, dialect_options.free_rooms)
        )
        super().__init__(activity, activity_source=self.push_source, **conditions)
        self.api = SimulatedAlpineBitsApi(activity, self.views, self.login, self.middleware)
        self.serve(self.api.answer)

    @property
    def requests_served(self) -> dict[str, int]:
        """By action: all requests have one path."""
        return dict(self.api.served)

    def connection_values(self) -> dict[str, str]:
        return {
            "url": f"{self.base_url}{PATH}",
            "username": self.login.username,
            "server_password": self.login.password,
            "hotel_code": self.hotel.id,
            "protocol_version": VERSION,
            "password": f"simulated-sender-{self.hotel.seed}",
        }

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        with self.activity.lock:
            return self.views.expected_bookings()

    def external_id(self, stay: SimulatedRoomStay) -> str:
        return stay.booking_id

    def act(self, action: ScenarioAction) -> str | None:
        """Neither format has deletions."""
        return None if action is ScenarioAction.DELETE else super().act(action)

    def render_events(self, happened: Sequence[HotelEvent]) -> Sequence[SentDocument]:
        return self.push_source.reservations(happened)

    def build_message(self, event: SentDocument) -> VendorMessage:
        return VendorMessage(event.write(), {"content-type": "application/xml; charset=utf-8"})

    def unknown_message(self) -> None:
        return None

    def compose(self, events: Sequence[SentDocument]) -> bytes:
        (document,) = events
        return documents.form(document.action, document.write())

    def send_webhooks_to(
        self, url: str, webhook_faults: WebhookFaults | None = None
    ) -> WebhookSender[SentDocument]:
        """One document per message: the complete set of free rooms first, then changes."""
        sender = super().send_webhooks_to(url, webhook_faults)
        sender.send([self.push_source.all_rooms()])
        return sender

    def webhook_proof(self, body: bytes) -> Mapping[str, str]:  # noqa: ARG002 nothing is signed
        pair = b64encode((self.webhook_auth or ":").encode()).decode()
        return {
            "Authorization": f"Basic {pair}",
            "Content-Type": documents.CONTENT_TYPE,
            "X-AlpineBits-ClientProtocolVersion": VERSION,
            "X-AlpineBits-ClientID": "Simulated hotel",
        }


@dataclass(frozen=True, slots=True)
class _FixedDocument:
    document: bytes

    def __call__(self) -> bytes:
        return self.document


class _PushSource(VendorActivityGenerator[SentDocument]):
    """Generates activity as documents to push."""

    def __init__(
        self, activity: ActivityGenerator, views: BookingViews, rooms: SimulatedFreeRooms
    ) -> None:
        super().__init__(activity, self.reservations)
        self._views = views
        self._writer = ReservationWriter(views)
        self._rooms = rooms
        self._last_sent: Cells = {}

    def generate_events(self, events: int) -> Sequence[SentDocument]:
        """One event at a time, so that each document shows the reservation at that moment."""
        with self.lock:
            pushes = [push for _ in range(events) for push in self._generate_event()]
            return [*pushes, *self._changed_rooms()]

    def generate_day(self) -> Sequence[SentDocument]:
        with self.lock:
            return [*super().generate_day(), *self._changed_rooms()]

    def _generate_event(self) -> Sequence[SentDocument]:
        return super().generate_events(1)

    def reservations(self, happened: Iterable[HotelEvent]) -> list[SentDocument]:
        """One document for each changed reservation."""
        named = dict.fromkeys(name for event in happened for name in self._booking_ids_of(event))
        found = []
        for name in named:
            document = write_xml(self._writer.notification(self._views.hotel.bookings[name]))
            found.append(SentDocument(PUSH_ACTION, _FixedDocument(document)))
        return found

    def all_rooms(self) -> SentDocument:
        with self.lock:
            self._last_sent = self._rooms.now()
        return SentDocument(ACTIONS[self._rooms.form], lambda: self._write_free_rooms(None))

    def _changed_rooms(self) -> Iterator[SentDocument]:
        """Nothing before the complete set was sent."""
        if not self._last_sent:
            return
        now = self._rooms.now()
        changed = [cell for cell, count in now.items() if self._last_sent.get(cell) != count]
        self._last_sent = now
        if changed:
            yield SentDocument(
                ACTIONS[self._rooms.form], lambda: self._write_free_rooms(frozenset(changed))
            )

    def _write_free_rooms(self, cells: frozenset[tuple[str, object]] | None) -> bytes:
        """The present counts; `cells` None: all."""
        with self.lock:
            now = self._rooms.now()
        sent = {cell: n for cell, n in now.items() if cells is None or cell in cells}
        return write_xml(self._rooms.document(sent, is_complete_set=cells is None))

    def _booking_ids_of(self, event: HotelEvent) -> Iterator[str]:
        if event.type in _GUEST_EVENTS:
            yield from (b.id for b in self._views.bookings_of_guest(event.subject))
        elif event.type not in (*ROOM_EVENTS, HotelEventType.PAID):
            yield event.subject
