"""The neutral hotel in the mock provider's format."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.simulation import authoring as sim
from adapters.outbound.provider_kit.simulation.declarative_renderer import instant_from_ticks
from adapters.outbound.providers.mock.provider import VENDOR

_STATES: Final = {
    sim.StayState.OPTION: "Option",
    sim.StayState.CONFIRMED: "Confirmed",
    sim.StayState.CHECKED_IN: "InHouse",
    sim.StayState.CHECKED_OUT: "Departed",
    sim.StayState.CANCELED: "Canceled",
    sim.StayState.NO_SHOW: "NoShow",
}
_ORIGINS: Final = {
    "direct": "web",
    "ota": "portal",
    "walk-in": "desk",
    "corporate": "company",
    "agent": "agency",
}
_EVENTS: Final = frozenset({"created", "changed", "deleted"})


def _account(hotel: sim.SeededHotel) -> sim.JsonObject:
    return {
        "id": f"mock-{hotel.seed}",
        "name": hotel.name,
        "time_zone": hotel.time_zone,
        "currency": hotel.currency,
    }


def _booking(stay: sim.SimulatedStay) -> sim.JsonObject:
    guest = stay.guest
    return {
        "id": stay.id,
        "changed": stay.modified.isoformat(),
        "state": _STATES[stay.state],
        "origin": _ORIGINS[stay.channel],
        "arrives": stay.arrival.isoformat(),
        "leaves": stay.departure.isoformat(),
        "room_type": stay.room_type_id,
        "room": stay.room_number,
        "rate": stay.rate_plan_id,
        "adults": stay.adults,
        "children": len(stay.child_ages),
        "guest": {
            "id": guest.id,
            "changed": instant_from_ticks(guest.updated).isoformat(),
            "first": guest.first_name,
            "last": guest.last_name,
            "mail": guest.email,
            "country": guest.country,
            "language": guest.language,
            "vip": guest.is_vip,
        },
        "total": stay.total,
        "paid": stay.paid,
        "currency": stay.currency,
        "request": stay.guest_comment,
        "came": _instant(stay.arrived),
        "left": _instant(stay.left),
        "canceled": _instant(stay.canceled),
        "cancel_reason": "Plans changed" if stay.canceled else None,
    }


def _cell(cell: sim.SimulatedCell) -> sim.JsonObject:
    return {
        "room_type": cell.room_type_id,
        "day": cell.day.isoformat(),
        "rooms": cell.total,
        "sold": cell.sold,
        "free": cell.total - cell.sold,
        "price_from": cell.price,
        "currency": cell.currency,
    }


def _room_types(hotel: sim.SeededHotel) -> Sequence[sim.JsonObject]:
    return [{"id": t.id, "name": t.name, "sleeps": t.sleeps} for t in hotel.room_types.values()]


def _rooms(hotel: sim.SeededHotel) -> Sequence[sim.JsonObject]:
    return [
        {"number": room.number, "floor": room.floor, "room_type": room.room_type_id}
        for room in hotel.rooms.values()
    ]


def _rates(hotel: sim.SeededHotel) -> Sequence[sim.JsonObject]:
    return [{"id": plan.id, "name": plan.name} for plan in hotel.rate_plans.values()]


def _message(event: sim.SimulatedEvent) -> sim.JsonObject:
    hotel_id = event.hotel_id.replace("SIM", "mock-")
    if event.what in _EVENTS:
        return {"hotel": hotel_id, "bookings": [event.stay_id]}
    return {"hotel": hotel_id, event.what: [event.stay_id]}


_RENDERER: Final = sim.SimulatorRenderer(
    account=_account,
    booking=_booking,
    state="state",
    needed=("arrives", "room_type", "time_zone", "number", "id"),
    cell=_cell,
    records=(_room_types, _rooms, _rates),
    message=_message,
    reports_paid=True,
)


def start_simulator(options: sim.SimulatorOptions) -> sim.ScenarioSimulator:
    return sim.start_declarative_simulator(VENDOR, _RENDERER, options)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
