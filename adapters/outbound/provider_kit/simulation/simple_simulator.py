"""A simple vendor that can be run on this machine, over the vendor-neutral hotel.

`start_simple(VENDOR, WORDS, options)` is a whole `start_simulator`.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import orjson

from adapters.outbound.provider_kit.simple_rest.vendor import SimpleVendor
from domain.values import Money

from .fault_answers import JsonObject
from .fault_plan import parse_fault
from .hotel_life import HotelLife, seeded_life
from .hotel_records import Happened, HotelEvent
from .journal import Journal
from .options import SimulatorOptions
from .request_window import SlidingWindow
from .running import RunningSimulator
from .seeded_hotel import START_DATE
from .simple_api import SimpleVendorApi
from .simple_words import SimpleWords, SimulatedEvent, StayViews, instant_of, stay_id
from .stage import STATUSES, Act, TrueBooking, VendorMessage, book_at_once, perform
from .webhook_sender import WebhookHabits, WebhookSender

_UNTOLD: Final = frozenset({Happened.ROOM_CLEANED})
_GUESTS: Final = frozenset({Happened.GUEST_CHANGED, Happened.GUEST_MERGED})
_WORDS: Final = {Happened.CREATED: "created", Happened.DELETED: "deleted"}


def start_simple(
    vendor: SimpleVendor, words: SimpleWords, options: SimulatorOptions
) -> "SimpleSimulator":
    """A running simulator; the caller stops it."""
    simulator = SimpleSimulator(vendor, words, options)
    simulator.begin(options)
    return simulator


class SimpleSimulator(RunningSimulator[SimulatedEvent]):
    """stage.StagedSimulator, Bursting and TokenGiving. Its secrets are made of the seed."""

    def __init__(self, vendor: SimpleVendor, words: SimpleWords, options: SimulatorOptions) -> None:
        self.life = seeded_life(
            seed=options.seed,
            bookings=options.bookings,
            currency=options.currency,
            time_zone=options.time_zone,
            start_date=options.start_date or START_DATE,
        )
        self.hotel = self.life.hotel
        self._vendor = vendor
        self._words = words
        self._untold: list[SimulatedEvent] = []
        self._views = StayViews(self.hotel)
        super().__init__(
            living=_Told(self.life),
            compose=self._message,
            seed=options.seed,
            port=options.port,
            faults=[parse_fault(text) for text in options.faults],
            journal=Journal(options.journal),
        )
        self.api = SimpleVendorApi(
            vendor,
            words,
            self.life,
            self.faults,
            values=self._values(),
            limit=SlidingWindow(options.requests_per_window, options.window_seconds),
        )
        self.api.stopping = self.stopping
        self.serve(self.api.answer)

    def connection_values(self) -> dict[str, str]:
        return {**super().connection_values(), **self._values()}

    @property
    def page_size(self) -> int:
        return self._vendor.bookings.paging.size

    @property
    def bookings_path(self) -> str:
        return self.api.bookings_path

    @property
    def token_path(self) -> str | None:
        return self.api.token_path

    def truth(self) -> Sequence[TrueBooking]:
        with self.life.lock:
            return [
                TrueBooking(
                    external_id=stay_id(stay),
                    status=STATUSES[stay.state],
                    arrival=stay.arrival,
                    departure=stay.departure,
                    total=Money(stay.total, self.hotel.currency),
                )
                for stay in self.hotel.stays()
            ]

    def act(self, act: Act) -> str | None:
        stay, happened = perform(self.life, act)
        self._untold += _told(self.life, happened)
        return None if stay is None else stay_id(stay)

    def burst(self, count: int) -> None:
        self._untold += _told(self.life, book_at_once(self.life, count))

    def messages(self) -> Sequence[VendorMessage]:
        untold, self._untold = self._untold, []
        return [self._sent(event) for event in untold] if self._words.message else []

    def unknown_message(self) -> VendorMessage | None:
        if self._words.message is None:
            return None
        at = instant_of(self.hotel.now)
        return self._sent(
            SimulatedEvent(what="unheard-of", stay_id="none", hotel_id=self.hotel.id, at=at)
        )

    def given_tokens(self) -> Sequence[str]:
        return list(self.api.given_tokens)

    def expire_tokens(self) -> None:
        self.api.expire_tokens()

    def webhook_proof(self, body: bytes) -> Mapping[str, str]:
        webhooks = self._vendor.webhooks
        return webhooks.proof.headers(body, self._values()) if webhooks else {}

    def send_webhooks_to(
        self, url: str, habits: WebhookHabits | None = None
    ) -> WebhookSender[SimulatedEvent]:
        """One event a message."""
        return super().send_webhooks_to(url, replace(habits or WebhookHabits(), batch_size=1))

    def _values(self) -> dict[str, str]:
        secrets = {
            spec.name: f"simulated-{spec.name}-{self.hotel.seed}"
            for spec in self._vendor.specs
            if spec.secret
        }
        return {**secrets, **self._words.settings(self.hotel)}

    def _sent(self, event: SimulatedEvent) -> VendorMessage:
        body = self._message([event])
        return VendorMessage(body, self.webhook_proof(body))

    def _message(self, events: Sequence[SimulatedEvent]) -> bytes:
        (event,) = events
        return orjson.dumps(self._words.message(event)) if self._words.message else b"{}"


class _Told:
    """running.Living: the hotel's life, told as a simple vendor tells it."""

    def __init__(self, life: HotelLife) -> None:
        self._life = life

    @property
    def lock(self) -> threading.RLock:
        return self._life.lock

    def wait(self, seconds: int) -> None:
        self._life.wait(seconds)

    def summary(self) -> JsonObject:
        return self._life.summary()

    def live(self, events: int) -> Sequence[SimulatedEvent]:
        return _told(self._life, self._life.live(events))

    def live_one_day(self) -> Sequence[SimulatedEvent]:
        return _told(self._life, self._life.live_one_day())


def _told(life: HotelLife, happened: Sequence[HotelEvent]) -> list[SimulatedEvent]:
    return [
        SimulatedEvent(what=what, stay_id=name, hotel_id=life.hotel.id, at=instant_of(event.at))
        for event in happened
        for what, name in _named(life, event)
    ]


def _named(life: HotelLife, event: HotelEvent) -> Iterator[tuple[str, str]]:
    if event.what in _UNTOLD:
        return
    if event.what in _GUESTS:
        for stay in StayViews(life.hotel).concerned(event.subject):
            yield "changed", stay_id(stay)
    else:
        yield _WORDS.get(event.what, "changed"), f"{event.subject}-{event.line}"
