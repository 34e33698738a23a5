"""Parts of JSON bodies that several vendors' simulators need."""

from collections.abc import Mapping
from typing import Final

from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject

_EMPTY: Final[tuple[object, ...]] = (None, [], {})


def fields_with(value: object, names: str) -> JsonObject:
    """Every name, separated by spaces, with this value."""
    return dict.fromkeys(names.split(), value)


def without_empty(fields: Mapping[str, object]) -> JsonObject:
    """As a serializer that leaves empty fields out."""
    return {key: value for key, value in fields.items() if value not in _EMPTY}
