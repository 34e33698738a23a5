"""A hotel that speaks AlpineBits, on this machine: it answers OTA_Read like a server, and as a
client it pushes reservations and free rooms to an address that it is given.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs.
"""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from adapters.outbound.provider_kit.simulation.fault_answers import JsonObject
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife
from adapters.outbound.provider_kit.simulation.hotel_records import Happened, HotelEvent
from adapters.outbound.provider_kit.simulation.neutral_simulator import life_of
from adapters.outbound.provider_kit.simulation.options import (
    Conditions,
    SimulatorOptions,
    conditions_of,
)
from adapters.outbound.provider_kit.simulation.running import RunningSimulator
from adapters.outbound.provider_kit.simulation.stage import (
    Act,
    TrueBooking,
    VendorMessage,
    book_at_once,
    perform,
)
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits, WebhookSender
from adapters.outbound.provider_kit.xml_text import write_xml
from adapters.outbound.providers.alpinebits import documents
from adapters.outbound.providers.alpinebits.client import PAGE_SIZE, VERSION
from adapters.outbound.providers.alpinebits.simulated_dialect import Dialect, Views
from adapters.outbound.providers.alpinebits.simulated_reservations import ReservationWriter
from adapters.outbound.providers.alpinebits.simulated_rooms import (
    ACTIONS,
    Cells,
    FreeRooms,
    FreeRoomsForm,
)
from adapters.outbound.providers.alpinebits.simulator_api import PATH, AlpineBitsApi, Login
from ports.errors import Misconfigured

PUSH_ACTION = "OTA_HotelResNotif:GuestRequests"
_OF_PEOPLE = frozenset({Happened.GUEST_CHANGED, Happened.GUEST_MERGED})


@dataclass(frozen=True, slots=True)
class Push:
    """One document to be sent. That of free rooms is written when it is sent: an elder one that
    comes after a newer one would take rooms back."""

    action: str
    write: Callable[[], bytes]


def start_simulator(options: SimulatorOptions) -> "AlpineBitsSimulator":
    """A running simulator; the caller stops it. Raises Misconfigured for an unknown dialect."""
    if options.dialect not in (None, *Dialect):
        known = ", ".join(Dialect)
        raise Misconfigured(f"dialect: this simulator speaks {known}", setting="dialect")
    speech = Speech(Dialect(options.dialect or Dialect.SMX))
    simulator = AlpineBitsSimulator(life_of(options), speech=speech, **conditions_of(options))
    simulator.begin(options)
    return simulator


@dataclass(frozen=True, slots=True)
class Speech:
    dialect: Dialect = Dialect.SMX
    free_rooms: FreeRoomsForm = FreeRoomsForm.COUNTS


class AlpineBitsSimulator(RunningSimulator[Push]):
    """stage.StagedSimulator and Bursting. `webhook_auth`: "user:password" for what it pushes."""

    def __init__(
        self, life: HotelLife, *, speech: Speech | None = None, **conditions: Unpack[Conditions]
    ) -> None:
        self.life = life
        self.hotel = life.hotel
        self.login = Login.of(life.hotel.seed)
        speech = speech or Speech()
        self.views = Views(life.hotel, speech.dialect)
        self.told = _Told(life, self.views, FreeRooms(life.hotel, speech.free_rooms))
        self._untold: list[Push] = []
        super().__init__(living=self.told, compose=_posted, seed=life.hotel.seed, **conditions)
        self.api = AlpineBitsApi(life, self.views, self.login, self.gate)
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

    def truth(self) -> Sequence[TrueBooking]:
        with self.life.lock:
            return self.views.truth()

    def act(self, act: Act) -> str | None:
        """A deletion is no word of these dialects."""
        if act is Act.DELETE:
            return None
        with self.life.lock:
            stay, happened = perform(self.life, act)
            self._untold += self.told.reservations(happened)
        return None if stay is None else stay.booking_id

    def burst(self, count: int) -> None:
        with self.life.lock:
            self._untold += self.told.reservations(book_at_once(self.life, count))

    def messages(self) -> Sequence[VendorMessage]:
        untold, self._untold = self._untold, []
        return [
            VendorMessage(push.write(), {"content-type": "application/xml; charset=utf-8"})
            for push in untold
        ]

    def unknown_message(self) -> None:
        return None

    def expire_tokens(self) -> None:
        return None

    def send_webhooks_to(
        self, url: str, habits: WebhookHabits | None = None
    ) -> WebhookSender[Push]:
        """One document a message. Free rooms are told as a whole first, then as they change."""
        sender = super().send_webhooks_to(url, replace(habits or WebhookHabits(), batch_size=1))
        sender.send([self.told.all_rooms()])
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
class _Written:
    document: bytes

    def __call__(self) -> bytes:
        return self.document


def _posted(pushes: Sequence[Push]) -> bytes:
    (push,) = pushes
    return documents.form(push.action, push.write())


class _Told:
    """running.Living: the hotel's life, told in documents."""

    def __init__(self, life: HotelLife, views: Views, rooms: FreeRooms) -> None:
        self._life = life
        self._views = views
        self._writer = ReservationWriter(views)
        self._rooms = rooms
        self._said: Cells = {}

    @property
    def lock(self) -> threading.RLock:
        return self._life.lock

    def wait(self, seconds: int) -> None:
        self._life.wait(seconds)

    def summary(self) -> JsonObject:
        return self._life.summary()

    def live(self, events: int) -> Sequence[Push]:
        """One by one, so that each document tells the reservation as it was then."""
        with self.lock:
            pushes = [push for _ in range(events) for push in self.reservations(self._life.live(1))]
            return [*pushes, *self._changed_rooms()]

    def live_one_day(self) -> Sequence[Push]:
        with self.lock:
            return [*self.reservations(self._life.live_one_day()), *self._changed_rooms()]

    def reservations(self, happened: Iterable[HotelEvent]) -> list[Push]:
        """One document for each reservation that anything happened to."""
        named = dict.fromkeys(name for event in happened for name in self._named(event))
        found = []
        for name in named:
            document = write_xml(self._writer.notification(self._views.hotel.bookings[name]))
            found.append(Push(PUSH_ACTION, _Written(document)))
        return found

    def all_rooms(self) -> Push:
        with self.lock:
            self._said = self._rooms.now()
        return Push(ACTIONS[self._rooms.form], lambda: self._written(None))

    def _changed_rooms(self) -> Iterator[Push]:
        """Nothing before they were told as a whole."""
        if not self._said:
            return
        now = self._rooms.now()
        changed = [place for place, count in now.items() if self._said.get(place) != count]
        self._said = now
        if changed:
            yield Push(ACTIONS[self._rooms.form], lambda: self._written(frozenset(changed)))

    def _written(self, places: frozenset[tuple[str, object]] | None) -> bytes:
        """As it is now; `places` None: all."""
        with self.lock:
            now = self._rooms.now()
        told = {place: n for place, n in now.items() if places is None or place in places}
        return write_xml(self._rooms.document(told, whole=places is None))

    def _named(self, event: HotelEvent) -> Iterator[str]:
        if event.what in _OF_PEOPLE:
            yield from (b.id for b in self._views.bookings_of_guest(event.subject))
        elif event.what is not Happened.ROOM_CLEANED:
            yield event.subject
