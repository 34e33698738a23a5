"""A simulator of the Mews API over the simulated hotel."""

from typing import TYPE_CHECKING

from adapters.outbound.provider_kit.legacy_imports import moved_attribute

if not TYPE_CHECKING:
    __getattr__ = moved_attribute(__name__, "start_simulator", "server")
