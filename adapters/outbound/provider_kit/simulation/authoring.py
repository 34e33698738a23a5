"""The public interface for authors of a declared vendor's simulator: `from
adapters.outbound.provider_kit.simulation import authoring as sim`."""

from typing import TYPE_CHECKING

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
from ports.renamed import renamed_attributes

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

if not TYPE_CHECKING:
    __getattr__ = renamed_attributes(
        globals(),
        {
            "SimpleWords": "SimulatorRenderer",
            "SimpleSimulator": "DeclarativeSimulator",
            "StagedSimulator": "ScenarioSimulator",
            "start_simple": "start_declarative_simulator",
        },
    )
