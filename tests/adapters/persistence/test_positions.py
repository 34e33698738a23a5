"""Positions that come back from callers are checked before they reach the database."""

from collections.abc import Callable
from uuid import UUID

import pytest

from adapters.outbound.persistence.queries.positions import (
    parse_position_id,
    parse_position_micros,
)
from domain.errors import InvalidField

ID = UUID(int=0x1234)


class TestPosition:
    @pytest.mark.parametrize("text", [str(ID), ID.hex])
    def test_is_an_id(self, text: str) -> None:
        assert parse_position_id(text) == ID.hex

    @pytest.mark.parametrize("micros", [0, 2**63 - 1, 1 - 2**63])
    def test_is_a_time(self, micros: int) -> None:
        assert parse_position_micros(str(micros)) == micros

    @pytest.mark.parametrize(
        ("parse", "text"),
        [
            *((parse_position_id, text) for text in ("", "x", "0" * 31)),
            *((parse_position_micros, text) for text in ("", "1.5", str(2**63), str(-(2**63)))),
        ],
    )
    def test_of_another_shape_is_refused(self, parse: Callable[[str], object], text: str) -> None:
        with pytest.raises(InvalidField) as caught:
            parse(text)
        assert (caught.value.path, caught.value.code) == ("after", "bad_cursor")
        assert "as it was given" in caught.value.message
