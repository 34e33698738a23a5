"""All that the author of a simple vendor's simulator needs, in one place:
`from adapters.outbound.provider_kit.simulation import authoring as sim`."""

from .fault_answers import JsonObject
from .hotel_records import StayState
from .options import SimulatorOptions
from .seeded_hotel import SeededHotel
from .simple_simulator import SimpleSimulator, start_simple
from .simple_words import SimpleWords, SimulatedCell, SimulatedEvent, SimulatedStay
from .stage import StagedSimulator

__all__ = [
    "JsonObject",
    "SeededHotel",
    "SimpleSimulator",
    "SimpleWords",
    "SimulatedCell",
    "SimulatedEvent",
    "SimulatedStay",
    "SimulatorOptions",
    "StagedSimulator",
    "StayState",
    "start_simple",
]
