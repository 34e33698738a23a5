"""A vendor's simulator over the vendor-neutral hotel: only the vendor's words are left to it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar, Unpack

from .fault_answers import JsonObject
from .hotel_life import HotelLife, seeded_life
from .hotel_records import HotelEvent, RoomStay
from .options import Conditions, SimulatorOptions
from .running import RunningSimulator
from .seeded_hotel import START_DATE
from .stage import Act, VendorMessage, book_at_once, perform
from .token_book import TokenBook
from .webhook_sender import WebhookHabits, WebhookSender

E = TypeVar("E")


def life_of(options: SimulatorOptions) -> HotelLife:
    return seeded_life(
        seed=options.seed,
        bookings=options.bookings,
        currency=options.currency,
        time_zone=options.time_zone,
        start_date=options.start_date or START_DATE,
    )


class NeutralSimulator(RunningSimulator[E]):
    """stage.Bursting and TokenGiving, and what of StagedSimulator is the same everywhere. `tell`
    makes the vendor's events of what happened, `compose` a webhook of them."""

    one_event_a_message = True

    def __init__(
        self,
        life: HotelLife,
        *,
        tell: Callable[[Sequence[HotelEvent]], Sequence[E]],
        compose: Callable[[Sequence[E]], bytes],
        **conditions: Unpack[Conditions],
    ) -> None:
        self.life = life
        self.hotel = life.hotel
        self.tokens = TokenBook(life.hotel.seed)
        self._tell = tell
        self._untold: list[E] = []
        super().__init__(
            living=ToldLife(life, tell), compose=compose, seed=life.hotel.seed, **conditions
        )

    def perform(self, act: Act) -> RoomStay | None:
        with self.life.lock:
            stay, happened = perform(self.life, act)
            self.note(happened)
        return stay

    def burst(self, count: int) -> None:
        with self.life.lock:
            self.note(book_at_once(self.life, count))

    def note(self, happened: Sequence[HotelEvent]) -> None:
        """For the next `messages`."""
        self._untold += self._tell(happened)

    def messages(self) -> Sequence[VendorMessage]:
        untold, self._untold = self._untold, []
        return [self.message_of(event) for event in untold]

    def message_of(self, event: E) -> VendorMessage:
        body = self._compose([event])
        return VendorMessage(body, self.webhook_proof(body))

    def given_tokens(self) -> Sequence[str]:
        return self.tokens.given()

    def expire_tokens(self) -> None:
        self.tokens.expire()

    def send_webhooks_to(self, url: str, habits: WebhookHabits | None = None) -> WebhookSender[E]:
        if self.one_event_a_message:
            habits = replace(habits or WebhookHabits(), batch_size=1)
        return super().send_webhooks_to(url, habits)


class ToldLife(Generic[E]):
    """running.Living: the hotel's life, told in the vendor's events."""

    def __init__(
        self, life: HotelLife, tell: Callable[[Sequence[HotelEvent]], Sequence[E]]
    ) -> None:
        self._life = life
        self._tell = tell

    @property
    def lock(self) -> threading.RLock:
        return self._life.lock

    def wait(self, seconds: int) -> None:
        self._life.wait(seconds)

    def summary(self) -> JsonObject:
        return self._life.summary()

    def live(self, events: int) -> Sequence[E]:
        return self._tell(self._life.live(events))

    def live_one_day(self) -> Sequence[E]:
        return self._tell(self._life.live_one_day())
