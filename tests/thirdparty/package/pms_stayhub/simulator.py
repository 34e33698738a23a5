"""StayHub simulator: renders the neutral hotel as StayHub's API does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.simulation import authoring as sim
from pms_stayhub.adapter import VENDOR

STATES: Final = {
    sim.StayState.OPTION: "tentative",
    sim.StayState.CONFIRMED: "booked",
    sim.StayState.CHECKED_IN: "in_house",
    sim.StayState.CHECKED_OUT: "departed",
    sim.StayState.CANCELED: "cancelled",
    sim.StayState.NO_SHOW: "no_show",
}
CHANNELS: Final = {
    "direct": "website",
    "walk-in": "desk",
    "ota": "portal",
    "agent": "agency",
    "corporate": "company",
}


def account(hotel: sim.SeededHotel) -> sim.JsonObject:
    return {
        "id": hotel.id,
        "name": hotel.name,
        "timezone": hotel.time_zone,
        "currency": hotel.currency,
    }


def booking(stay: sim.SimulatedStay) -> sim.JsonObject:
    return {
        "id": stay.id,
        "group": stay.booking_id,
        "reference": f"SH-{stay.id}",
        "state": STATES[stay.state],
        "channel": CHANNELS[stay.channel],
        "checkin": stay.arrival.isoformat(),
        "checkout": stay.departure.isoformat(),
        "category": stay.room_type_id,
        "room": stay.room_number,
        "rate": stay.rate_plan_id,
        "adults": stay.adults,
        "children": len(stay.child_ages),
        "lead_guest": {
            "first": stay.guest.first_name,
            "last": stay.guest.last_name,
            "email": stay.guest.email,
            "phone": stay.guest.phone,
            "country": stay.guest.country,
        },
        "price": {
            "currency": stay.currency,
            "gross": str(stay.total),
            "paid": str(stay.paid),
            "nights": [{"date": n.isoformat(), "gross": str(p)} for n, p in stay.nights],
        },
        "wishes": stay.guest_comment,
        "changed_at": stay.modified.isoformat(),
        "arrived_at": _instant(stay.arrived),
        "left_at": _instant(stay.left),
        "cancelled_at": _instant(stay.canceled),
        "newsletter": False,
    }


def cell(cell: sim.SimulatedCell) -> sim.JsonObject:
    return {
        "category": cell.room_type_id,
        "date": cell.day.isoformat(),
        "rooms": cell.total,
        "free": cell.total - cell.sold,
    }


def categories(hotel: sim.SeededHotel) -> Sequence[sim.JsonObject]:
    return [{"code": t.id, "title": t.name, "beds": t.sleeps} for t in hotel.room_types.values()]


def message(event: sim.SimulatedEvent) -> sim.JsonObject:
    return {
        "event": f"reservation.{event.what}",
        "reservation": event.stay_id,
        "hotel": event.hotel_id,
        "sent_at": event.at.isoformat(),
    }


RENDERER: Final = sim.SimulatorRenderer(
    account=account,
    booking=booking,
    state="state",
    needed=("checkin", "category", "timezone", "code", "id"),
    cell=cell,
    records=(categories,),
    message=message,
    settings=lambda hotel: {"hotel_id": hotel.id},
)


def start_simulator(options: sim.SimulatorOptions) -> sim.ScenarioSimulator:
    return sim.start_declarative_simulator(VENDOR, RENDERER, options)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
