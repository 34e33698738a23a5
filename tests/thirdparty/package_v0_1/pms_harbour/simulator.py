"""Harbour PMS on this machine."""

from typing import Final

from adapters.outbound.provider_kit.simulation import authoring as sim
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from pms_harbour.adapter import VENDOR

STATES: Final = {
    sim.StayState.OPTION: "tentative",
    sim.StayState.CONFIRMED: "booked",
    sim.StayState.CHECKED_IN: "in_house",
    sim.StayState.CHECKED_OUT: "departed",
    sim.StayState.CANCELED: "cancelled",
    sim.StayState.NO_SHOW: "no_show",
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
        "state": STATES[stay.state],
        "checkin": stay.arrival.isoformat(),
        "checkout": stay.departure.isoformat(),
        "category": stay.room_type_id,
        "guest": stay.guest.last_name,
        "price": str(stay.total),
        "currency": stay.currency,
        "changed_at": stay.modified.isoformat(),
    }


def message(event: sim.SimulatedEvent) -> sim.JsonObject:
    return {"event": f"reservation.{event.what}", "reservation": event.stay_id}


WORDS: Final = sim.SimpleWords(
    account=account,
    booking=booking,
    message=message,
    state="state",
    needed=("checkin", "id"),
    settings=lambda hotel: {"hotel_id": hotel.id},
)


def start_simulator(options: SimulatorOptions) -> sim.StagedSimulator:
    return sim.start_simple(VENDOR, WORDS, options)
