"""Sunrise PMS on this machine: the neutral hotel in the vendor's words.

TODO: render what the vendor really sends, from its documentation and its payloads, and not from
what the adapter expects. Paths, pages, filters and credentials follow from the declaration.
"""

from typing import Final

from adapters.outbound.provider_kit.simulation import authoring as sim

from pms_sunrise.adapter import VENDOR

STATES: Final = {
    sim.StayState.OPTION: "option",
    sim.StayState.CONFIRMED: "confirmed",
    sim.StayState.CHECKED_IN: "checked_in",
    sim.StayState.CHECKED_OUT: "checked_out",
    sim.StayState.CANCELED: "canceled",
    sim.StayState.NO_SHOW: "no_show",
}


def account(hotel: sim.SeededHotel) -> sim.JsonObject:
    return {
        "id": hotel.id,
        "name": hotel.name,
        "time_zone": hotel.time_zone,
        "currency": hotel.currency,
    }


def booking(stay: sim.SimulatedStay) -> sim.JsonObject:
    return {
        "id": stay.id,
        "group_id": stay.booking_id,
        "status": STATES[stay.state],
        "source": stay.channel,
        "arrival": stay.arrival.isoformat(),
        "departure": stay.departure.isoformat(),
        "room_type": stay.room_type_id,
        "room": stay.room_number,
        "rate": stay.rate_plan_id,
        "adults": stay.adults,
        "children": len(stay.child_ages),
        "guest": {
            "first_name": stay.guest.first_name,
            "last_name": stay.guest.last_name,
            "email": stay.guest.email,
            "phone": stay.guest.phone,
            "country": stay.guest.country,
        },
        "total": str(stay.total),
        "currency": stay.currency,
        "requests": stay.guest_comment,
        "updated_at": stay.modified.isoformat(),
    }


def message(event: sim.SimulatedEvent) -> sim.JsonObject:
    return {"event": f"booking.{event.what}", "booking_id": event.stay_id}


WORDS: Final = sim.SimpleWords(
    account=account,
    booking=booking,
    state="status",
    needed=("arrival", "id"),
    message=message,
)


def start_simulator(options: sim.SimulatorOptions) -> sim.StagedSimulator:
    return sim.start_simple(VENDOR, WORDS, options)
