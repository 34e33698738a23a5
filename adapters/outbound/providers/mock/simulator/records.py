"""What the hotel's interface would answer: one JSON object per booking, guest and cell."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import days_from
from adapters.outbound.providers.mock.simulator.booking_lifecycle import (
    BookingTimeline,
    TimelineStep,
)
from adapters.outbound.providers.mock.simulator.hotel import (
    ROOM_TYPES,
    MockHotel,
    room_number,
    room_type,
    vendor_state,
)
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.values import Money

T = TypeVar("T")

_RATE_NAMES: Final = {"FLEX": "Flexible", "SAVER": "Saver, not refundable"}
_FIRST_NAMES: Final = ("Ada", "Ben", "Chiara", "Dae", "Elif", "Femi", "Gita", "Hugo", "Ines", "Jun")
_LAST_NAMES: Final = ("Aalto", "Berg", "Costa", "Diallo", "Ito", "Kaya", "Novak", "Silva", "Weber")
_COUNTRIES: Final = (
    ("AT", "de"),
    ("FR", "fr"),
    ("GB", "en"),
    ("IT", "it"),
    ("JP", "ja"),
    ("TR", "tr"),
)
_ORIGINS: Final = ("web", "web", "portal", "portal", "portal", "company", "agency")


def guest_id(timeline: BookingTimeline) -> str:
    return f"G{timeline.id}"


def booking_record(timeline: BookingTimeline, now: datetime, currency: str) -> dict[str, Json]:
    """As it is at `now`; a deleted one has only its tombstone."""
    past_events = timeline.events_until(now)
    head: dict[str, Json] = {
        "id": timeline.id,
        "changed": _iso(past_events[-1].at),
        "revision": len(past_events),
    }
    if past_events[-1].step is TimelineStep.DELETE:
        return head | {"deleted": True}
    return (
        head
        | _reservation_fields(timeline)
        | _price_fields(timeline, now, currency)
        | _state_fields(timeline, now)
    )


def guest_record(timeline: BookingTimeline) -> dict[str, Json]:
    country, language = _pick(timeline.traits[2], _COUNTRIES)
    person: dict[str, Json] = {
        "changed": _iso(timeline.events[0].at),
        "vip": timeline.traits[3] > 0.95,
    }
    return _person(timeline) | person | {"country": country, "language": language}


def availability_records(
    hotel: MockHotel, first: date, end: date, now: datetime, currency: str
) -> Iterator[dict[str, Json]]:
    sold = hotel.sold(first, end, now)
    kinds = [room_type(room).id for room in range(hotel.rooms)]
    for kind in ROOM_TYPES:
        total = kinds.count(kind.id)
        for day in days_from(first, end):
            taken = sold.get((kind.id, day), 0)
            yield {
                "room_type": kind.id,
                "day": day.isoformat(),
                "rooms": total,
                "sold": taken,
                "free": total - taken,
                "price_from": _price(kind.price, currency),
                "currency": currency,
            }


def hotel_records(hotel: MockHotel) -> HotelRecords:
    return HotelRecords(
        room_types=[
            RoomTypeRecord(external_id=kind.id, name=kind.name, max_occupancy=kind.sleeps)
            for kind in ROOM_TYPES
        ],
        rooms=[_room_record(room) for room in range(hotel.rooms)],
        rate_plans=[RatePlanRecord(external_id=i, name=name) for i, name in _RATE_NAMES.items()],
    )


def _room_record(room: int) -> RoomRecord:
    number = room_number(room)
    kind = room_type(room).id
    return RoomRecord(external_id=number, number=number, floor=number[:-2], room_type_id=kind)


def _reservation_fields(timeline: BookingTimeline) -> dict[str, Json]:
    kind = room_type(timeline.room)
    walk_in = timeline.events[0].step is TimelineStep.CHECK_IN
    adults = 1 + int(timeline.traits[4] * kind.sleeps)
    return {
        "arrives": timeline.arrival.isoformat(),
        "leaves": timeline.departure.isoformat(),
        "room_type": kind.id,
        "room": room_number(timeline.room),
        "rate": _pick(timeline.traits[5], tuple(_RATE_NAMES)),
        "origin": "desk" if walk_in else _pick(timeline.traits[6], _ORIGINS),
        "guest": _person(timeline),
        "adults": adults,
        "children": kind.sleeps - adults if timeline.traits[7] > 0.7 else 0,
    }


def _price_fields(timeline: BookingTimeline, now: datetime, currency: str) -> dict[str, Json]:
    season = 90 + 5 * (timeline.arrival.month % 6)
    night = _price(room_type(timeline.room).price * season // 100, currency)
    total = night * max(1, (timeline.departure - timeline.arrival).days)
    paid = total if vendor_state(timeline, now) == "Departed" else total * 0
    return {"night_price": night, "total": total, "paid": paid, "currency": currency}


def _state_fields(timeline: BookingTimeline, now: datetime) -> dict[str, Json]:
    when = {event.step: _iso(event.at) for event in timeline.events_until(now)}
    return {
        "state": vendor_state(timeline, now),
        "request": "A quiet room, please" if TimelineStep.REQUEST in when else None,
        "came": when.get(TimelineStep.CHECK_IN),
        "left": when.get(TimelineStep.CHECK_OUT),
        "canceled": when.get(TimelineStep.CANCEL),
        "cancel_reason": "Plans changed" if TimelineStep.CANCEL in when else None,
    }


def _person(timeline: BookingTimeline) -> dict[str, Json]:
    first, last = _pick(timeline.traits[0], _FIRST_NAMES), _pick(timeline.traits[1], _LAST_NAMES)
    mail = f"{first}.{last}.{timeline.room}@guest.example".lower()
    return {"id": guest_id(timeline), "first": first, "last": last, "mail": mail}


def _price(hundredths: int, currency: str) -> Decimal:
    return Money.rounded(Decimal(hundredths).scaleb(-2), currency).amount


def _pick(trait: float, values: Sequence[T]) -> T:
    return values[int(trait * len(values))]


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
