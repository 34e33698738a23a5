"""A simple vendor that can be run on this machine, over the vendor-neutral hotel.

`start_simple(VENDOR, WORDS, options)` is a whole `start_simulator`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import orjson

from adapters.outbound.provider_kit.simple_rest.vendor import SimpleVendor
from domain.values import Money

from .hotel_life import HotelLife
from .hotel_records import Happened, HotelEvent
from .neutral_simulator import NeutralSimulator, life_of
from .options import SimulatorOptions, conditions_of
from .simple_api import SimpleVendorApi
from .simple_words import SimpleWords, SimulatedEvent, StayViews, instant_of, stay_id
from .stage import STATUSES, Act, TrueBooking, VendorMessage

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


class SimpleSimulator(NeutralSimulator[SimulatedEvent]):
    """Its secrets are made of the seed."""

    def __init__(self, vendor: SimpleVendor, words: SimpleWords, options: SimulatorOptions) -> None:
        self._vendor = vendor
        self._words = words
        super().__init__(
            life_of(options), tell=self._told, compose=self._message, **conditions_of(options)
        )
        self.api = SimpleVendorApi(
            vendor, words, self.life, values=self._values(), tokens=self.tokens, gate=self.gate
        )
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
        stay = self.perform(act)
        return None if stay is None else stay_id(stay)

    def messages(self) -> Sequence[VendorMessage]:
        return super().messages() if self._words.message else []

    def unknown_message(self) -> VendorMessage | None:
        if self._words.message is None:
            return None
        at = instant_of(self.hotel.now)
        return self.message_of(
            SimulatedEvent(what="unheard-of", stay_id="none", hotel_id=self.hotel.id, at=at)
        )

    def webhook_proof(self, body: bytes) -> Mapping[str, str]:
        webhooks = self._vendor.webhooks
        return webhooks.proof.headers(body, self._values()) if webhooks else {}

    def _values(self) -> dict[str, str]:
        secrets = {
            spec.name: f"simulated-{spec.name}-{self.hotel.seed}"
            for spec in self._vendor.specs
            if spec.secret
        }
        return {**secrets, **self._words.settings(self.hotel)}

    def _told(self, happened: Sequence[HotelEvent]) -> list[SimulatedEvent]:
        return [
            SimulatedEvent(what=what, stay_id=name, hotel_id=self.hotel.id, at=instant_of(event.at))
            for event in happened
            for what, name in _named(self.life, event)
        ]

    def _message(self, events: Sequence[SimulatedEvent]) -> bytes:
        (event,) = events
        return orjson.dumps(self._words.message(event)) if self._words.message else b"{}"


def _named(life: HotelLife, event: HotelEvent) -> Iterator[tuple[str, str]]:
    if event.what in _UNTOLD:
        return
    if event.what in _GUESTS:
        for stay in StayViews(life.hotel).concerned(event.subject):
            yield "changed", stay_id(stay)
    else:
        yield _WORDS.get(event.what, "changed"), f"{event.subject}-{event.line}"
