"""What the hotel's interface would answer: one JSON object per booking, guest and cell."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import days_from
from adapters.outbound.providers.mock.simulated_hotel import (
    ROOM_TYPES,
    SimulatedHotel,
    room_number,
    room_type,
    state_of,
)
from adapters.outbound.providers.mock.simulated_lives import Life, Step
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.values import Money

T = TypeVar("T")

_RATE_NAMES: Final = {"FLEX": "Flexible", "SAVER": "Saver, not refundable"}
_FIRST_NAMES: Final = ("Ada", "Ben", "Chiara", "Dae", "Elif", "Femi", "Gita", "Hugo", "Ines", "Jun")
_LAST_NAMES: Final = ("Aalto", "Berg", "Costa", "Diallo", "Ito", "Kaya", "Novak", "Silva", "Weber")
_HOMES: Final = (("AT", "de"), ("FR", "fr"), ("GB", "en"), ("IT", "it"), ("JP", "ja"), ("TR", "tr"))
_ORIGINS: Final = ("web", "web", "portal", "portal", "portal", "company", "agency")


def guest_id(life: Life) -> str:
    return f"G{life.id}"


def booking_record(life: Life, now: datetime, currency: str) -> dict[str, Json]:
    """As it is at `now`; a deleted one has only its tombstone."""
    told = life.until(now)
    head: dict[str, Json] = {
        "id": life.id,
        "changed": _iso(told[-1].at),
        "revision": len(told),
    }
    if told[-1].step is Step.DELETE:
        return head | {"deleted": True}
    return head | _agreed(life) | _billed(life, now, currency) | _happened(life, now)


def guest_record(life: Life) -> dict[str, Json]:
    country, language = _pick(life.traits[2], _HOMES)
    person: dict[str, Json] = {"changed": _iso(life.happenings[0].at), "vip": life.traits[3] > 0.95}
    return _person(life) | person | {"country": country, "language": language}


def cell_records(
    hotel: SimulatedHotel, first: date, end: date, now: datetime, currency: str
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


def hotel_records(hotel: SimulatedHotel) -> HotelRecords:
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


def _agreed(life: Life) -> dict[str, Json]:
    kind = room_type(life.room)
    walk_in = life.happenings[0].step is Step.CHECK_IN
    adults = 1 + int(life.traits[4] * kind.sleeps)
    return {
        "arrives": life.arrival.isoformat(),
        "leaves": life.departure.isoformat(),
        "room_type": kind.id,
        "room": room_number(life.room),
        "rate": _pick(life.traits[5], tuple(_RATE_NAMES)),
        "origin": "desk" if walk_in else _pick(life.traits[6], _ORIGINS),
        "guest": _person(life),
        "adults": adults,
        "children": kind.sleeps - adults if life.traits[7] > 0.7 else 0,
    }


def _billed(life: Life, now: datetime, currency: str) -> dict[str, Json]:
    season = 90 + 5 * (life.arrival.month % 6)
    night = _price(room_type(life.room).price * season // 100, currency)
    total = night * max(1, (life.departure - life.arrival).days)
    paid = total if state_of(life, now) == "Departed" else total * 0
    return {"night_price": night, "total": total, "paid": paid, "currency": currency}


def _happened(life: Life, now: datetime) -> dict[str, Json]:
    when = {happening.step: _iso(happening.at) for happening in life.until(now)}
    return {
        "state": state_of(life, now),
        "request": "A quiet room, please" if Step.REQUEST in when else None,
        "came": when.get(Step.CHECK_IN),
        "left": when.get(Step.CHECK_OUT),
        "canceled": when.get(Step.CANCEL),
        "cancel_reason": "Plans changed" if Step.CANCEL in when else None,
    }


def _person(life: Life) -> dict[str, Json]:
    first, last = _pick(life.traits[0], _FIRST_NAMES), _pick(life.traits[1], _LAST_NAMES)
    mail = f"{first}.{last}.{life.room}@guest.example".lower()
    return {"id": guest_id(life), "first": first, "last": last, "mail": mail}


def _price(hundredths: int, currency: str) -> Decimal:
    return Money.rounded(Decimal(hundredths).scaleb(-2), currency).amount


def _pick(trait: float, values: Sequence[T]) -> T:
    return values[int(trait * len(values))]


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
