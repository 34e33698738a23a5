"""The public interface for authors of a declared vendor's simulator: `from
adapters.outbound.provider_kit.simulation import authoring as sim`."""

from adapters.outbound.provider_kit.simulation.declarative_renderer import (
    SimulatedCell,
    SimulatedEvent,
    SimulatedStay,
    SimulatorRenderer,
)
from adapters.outbound.provider_kit.simulation.declarative_simulator import (
    DeclarativeSimulator,
    start_declarative_simulator,
)
from adapters.outbound.provider_kit.simulation.hotel.records import StayState
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.scenario import ScenarioSimulator
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions

__all__ = [
    "DeclarativeSimulator",
    "JsonObject",
    "ScenarioSimulator",
    "SeededHotel",
    "SimulatedCell",
    "SimulatedEvent",
    "SimulatedStay",
    "SimulatorOptions",
    "SimulatorRenderer",
    "StayState",
    "start_declarative_simulator",
]
