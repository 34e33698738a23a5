"""Positions of pages, which come back from callers."""

from uuid import UUID

from domain.errors import InvalidField


def invalid_position() -> InvalidField:
    return InvalidField("after", "send a position as it was given", code="bad_cursor")


def parse_position_id(text: str) -> str:
    """Raises InvalidField."""
    try:
        return UUID(text).hex
    except ValueError as error:
        raise invalid_position() from error


def parse_position_micros(text: str) -> int:
    """Raises InvalidField, also beyond a 64-bit column."""
    try:
        micros = int(text)
    except ValueError as error:
        raise invalid_position() from error
    if abs(micros) >= 2**63:
        raise invalid_position()
    return micros
