"""A partner's PMS that pushes canonical JSON, over the neutral hotel of the vendors' simulators.

Its ids look like card numbers. What cannot have changed is left out, and every second hotel's clock
shows whole seconds only, so that versions tie.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from stdnum import luhn

from adapters.outbound.provider_kit.simulation.hotel.records import (
    ROOM_EVENTS,
    TICKS,
    HotelEvent,
    HotelEventType,
    SimulatedRoomStay,
)
from adapters.outbound.provider_kit.simulation.hotel_simulator import HotelSimulator

CANONICAL = "canonical"
_NOT_OF_BOOKINGS = (*ROOM_EVENTS, HotelEventType.GUEST_CHANGED, HotelEventType.GUEST_MERGED)


@dataclass(frozen=True, slots=True)
class PushedDocument:
    """`key`: the Idempotency-Key of the request that sends it."""

    key: str
    body: bytes


class PartnerSimulator(HotelSimulator[PushedDocument]):
    reports_paid = reports_balance = True
    page_size, bookings_path = 1, "none"
    webhook_count = 0

    @cached_property
    def contents(self) -> dict[tuple[str, str], set[str]]:
        """What was sent by id and version; more than one is an error of the sender."""
        return {}

    def tied_ids(self) -> set[str]:
        return {name for (name, _), contents in self.contents.items() if len(contents) > 1}

    def connection_values(self) -> dict[str, str]:
        return {"property_id": self.hotel.id}

    def external_id(self, stay: SimulatedRoomStay) -> str:
        digest = int.from_bytes(hashlib.sha256(stay.id.encode()).digest()[:8])
        digits = f"4{digest % 10**14:014d}"
        return digits + luhn.calc_check_digit(digits)

    def render_events(self, happened: Sequence[HotelEvent]) -> list[PushedDocument]:
        about_bookings = (each for each in happened if each.type not in _NOT_OF_BOOKINGS)
        return [self._document(event) for event in about_bookings]

    def compose(self, events: Sequence[PushedDocument]) -> bytes:
        return events[0].body

    def _document(self, event: HotelEvent) -> PushedDocument:
        self.webhook_count += 1
        stay = self.hotel.stay(event.subject, event.line)
        content: dict[str, Any] = {
            "external_id": self.external_id(stay),
            "property_id": self.hotel.id,
            "source_version": self._version(self.hotel.last_change_or_payment(stay)),
            **self._content(stay, event.type),
        }
        named = content["external_id"], json.dumps(content["source_version"])
        self.contents.setdefault(named, set()).add(json.dumps(content))
        key = f"{self.hotel.id}-{self.webhook_count}"
        return PushedDocument(key, json.dumps(content).encode())

    def _version(self, ticks: int) -> dict[str, Any]:
        seconds, rest = divmod(ticks, TICKS)
        at = datetime.fromtimestamp(seconds, UTC)
        if self.hotel.seed % 2:
            return {"updated_at": at.isoformat()}
        return {"updated_at": at.isoformat(), "sequence": rest}

    def _content(self, stay: SimulatedRoomStay, event: HotelEventType) -> dict[str, Any]:
        """A deletion and a cancellation say nothing else, and only the creation has notes."""
        if stay.deleted is not None:
            return {"deleted": True}
        if event is HotelEventType.CANCELED:
            return {"status": "CANCELED"}
        notes = {"notes": f"booked as {stay.id}"} if event is HotelEventType.CREATED else {}
        return {
            "status": self.statuses[stay.state].value,
            "stay": {
                "arrival": stay.arrival.isoformat(),
                "departure": stay.departure.isoformat(),
            },
            "total": self._money(stay.total),
            "paid": self._money(stay.paid),
            "balance": self._money(stay.total - stay.paid),
            **notes,
        }

    def _money(self, minor: int) -> dict[str, str]:
        amount = Decimal(minor) / self.hotel.minor
        return {"amount": str(amount), "currency": self.hotel.currency}
