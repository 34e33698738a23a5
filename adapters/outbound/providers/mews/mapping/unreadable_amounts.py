"""What is unreadable in the order items and payments of a booking.

They never refuse it: an amount that cannot be known is absent, and the mapping report shows why.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import Parse, as_text
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import NOT_KEPT
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace, MappingError
from adapters.outbound.providers.mews.mapping.code_tables import ACCOUNTING_STATES
from adapters.outbound.providers.mews.mapping.parsing import prefix_error
from domain.errors import InvalidField
from domain.values import Money


@dataclass(slots=True)
class UnreadableAmounts:
    """By path in the message: what was expected."""

    expected_by_path: dict[str, str] = field(default_factory=dict)

    def add(self, prefix: str, error: MappingError) -> None:
        if isinstance(error, InvalidField):
            self.expected_by_path[prefix] = error.fix
        else:
            self.expected_by_path[prefix_error(prefix, error).path] = error.expected

    def trace(self) -> FieldTrace:
        return tuple(
            (path, f"{NOT_KEPT} (expected {expected})")
            for path, expected in self.expected_by_path.items()
        )


def as_known_state(states: frozenset[str]) -> Parse[str]:
    """A parser: an unknown state is never guessed."""

    def parse(value: Json, path: str) -> str:
        text = as_text(value, path)
        if text not in states:
            raise UnreadableField(path, "unknown_value", "a known state")
        return text

    return parse


as_accounting_state: Final = as_known_state(ACCOUNTING_STATES)


@lru_cache(maxsize=256)
def as_currency(code: str, path: str) -> str:
    """A hotel has few. Raises UnreadableField."""
    try:
        return Money(0, code).currency
    except InvalidField as error:
        raise UnreadableField(path, error.code, "a known currency") from error
