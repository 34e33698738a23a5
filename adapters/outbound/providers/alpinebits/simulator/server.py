"""A simulated AlpineBits hotel: it answers OTA_Read as a server, and as a client it pushes
reservations and free rooms to a given address."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from adapters.outbound.provider_kit.parsing.xml_text import write_xml
from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import (
    ROOM_EVENTS,
    HotelEvent,
    HotelEventType,
)
from adapters.outbound.provider_kit.simulation.hotel_simulator import activity_generator_from
from adapters.outbound.provider_kit.simulation.scenario import (
    ExpectedBooking,
    ScenarioAction,
    VendorMessage,
    apply_action,
    create_bookings_at_once,
)
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.options import (
    RunConditions,
    SimulatorOptions,
    run_conditions_from,
)
from adapters.outbound.provider_kit.simulation.server.running_simulator import RunningSimulator
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


class AlpineBitsSimulator(RunningSimulator[SentDocument]):
    """Implements scenario.ScenarioSimulator and SupportsBurst. `webhook_auth`: "user:password" for
    pushes."""

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        dialect_options: DialectOptions | None = None,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.activity = activity
        self.hotel = activity.hotel
        self.login = SimulatedLogin.of(activity.hotel.seed)
        dialect_options = dialect_options or DialectOptions()
        self.views = BookingViews(activity.hotel, dialect_options.dialect)
        self.push_source = _PushSource(
            activity, self.views, SimulatedFreeRooms(activity.hotel, dialect_options.free_rooms)
        )
        self._pending_pushes: list[SentDocument] = []
        super().__init__(
            activity_source=self.push_source,
            compose=_encode_push,
            seed=activity.hotel.seed,
            **conditions,
        )
        self.api = SimulatedAlpineBitsApi(activity, self.views, self.login, self.middleware)
        self.serve(self.api.answer)

    @property
    def page_size(self) -> int:
        return PAGE_SIZE

    @property
    def bookings_path(self) -> str:
        return documents.READ_ACTION

    @property
    def token_path(self) -> None:
        return None

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

    def act(self, action: ScenarioAction) -> str | None:
        """Neither format has deletions."""
        if action is ScenarioAction.DELETE:
            return None
        with self.activity.lock:
            stay, happened = apply_action(self.activity, action)
            self._pending_pushes += self.push_source.reservations(happened)
        return None if stay is None else stay.booking_id

    def burst(self, count: int) -> None:
        with self.activity.lock:
            self._pending_pushes += self.push_source.reservations(
                create_bookings_at_once(self.activity, count)
            )

    def messages(self) -> Sequence[VendorMessage]:
        pending, self._pending_pushes = self._pending_pushes, []
        return [
            VendorMessage(push.write(), {"content-type": "application/xml; charset=utf-8"})
            for push in pending
        ]

    def unknown_message(self) -> None:
        return None

    def expire_tokens(self) -> None:
        return None

    def send_webhooks_to(
        self, url: str, webhook_faults: WebhookFaults | None = None
    ) -> WebhookSender[SentDocument]:
        """One document per message: the complete set of free rooms first, then changes."""
        sender = super().send_webhooks_to(
            url, replace(webhook_faults or WebhookFaults(), batch_size=1)
        )
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


def _encode_push(pushes: Sequence[SentDocument]) -> bytes:
    (push,) = pushes
    return documents.form(push.action, push.write())


class _PushSource:
    """Implements running_simulator.ActivitySource in documents to push."""

    def __init__(
        self, activity: ActivityGenerator, views: BookingViews, rooms: SimulatedFreeRooms
    ) -> None:
        self._activity = activity
        self._views = views
        self._writer = ReservationWriter(views)
        self._rooms = rooms
        self._last_sent: Cells = {}

    @property
    def lock(self) -> threading.RLock:
        return self._activity.lock

    def advance_clock(self, seconds: int) -> None:
        self._activity.advance_clock(seconds)

    def summary(self) -> JsonObject:
        return self._activity.summary()

    def generate_events(self, events: int) -> Sequence[SentDocument]:
        """One event at a time, so that each document shows the reservation at that moment."""
        with self.lock:
            pushes = [
                push
                for _ in range(events)
                for push in self.reservations(self._activity.generate_events(1))
            ]
            return [*pushes, *self._changed_rooms()]

    def generate_day(self) -> Sequence[SentDocument]:
        with self.lock:
            return [*self.reservations(self._activity.generate_day()), *self._changed_rooms()]

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
        push_source = {cell: n for cell, n in now.items() if cells is None or cell in cells}
        return write_xml(self._rooms.document(push_source, is_complete_set=cells is None))

    def _booking_ids_of(self, event: HotelEvent) -> Iterator[str]:
        if event.type in _GUEST_EVENTS:
            yield from (b.id for b in self._views.bookings_of_guest(event.subject))
        elif event.type not in ROOM_EVENTS:
            yield event.subject
