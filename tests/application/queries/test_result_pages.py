"""Cursors of pages: opaque, short, and refused where they do not fit."""

import base64
import json

import pytest

from application.errors import BadCursor, InvalidRequest
from application.queries.result_pages import MAX_FIRST, ResultPage, find_page
from ports.queries import Keyset, Slice


def page_of(*positions: Keyset, after: str | None = None, first: int = 2) -> ResultPage[str]:
    """`rows`: the position that the query was asked to continue after."""

    def query(position: Keyset | None) -> Slice[str]:
        return Slice([repr(position)], positions, True)

    return find_page(query, query="rows", first=first, after=after)


def refused(after: str) -> BadCursor:
    with pytest.raises(BadCursor) as caught:
        page_of(after=after)
    return caught.value


class TestCursor:
    @pytest.mark.parametrize("length", range(12))
    def test_continues_after_its_row(self, length: int) -> None:
        [cursor] = page_of(("x" * length, "row")).cursors
        assert page_of(after=cursor).rows == [repr(("x" * length, "row"))]

    @pytest.mark.parametrize("length", range(4))
    def test_has_no_padding_and_no_blanks(self, length: int) -> None:
        [cursor] = page_of(("x" * length, "row")).cursors
        assert not cursor.endswith("=")
        clear = base64.urlsafe_b64decode(cursor + "==")
        assert clear == json.dumps(json.loads(clear), separators=(",", ":")).encode()

    def test_of_the_next_page_is_the_last_one(self) -> None:
        page = page_of(("a", "1"), ("b", "2"), ("c", "3"))
        assert page.next_cursor == page.cursors[2]

    def test_of_another_query_names_its_field(self) -> None:
        [foreign] = find_page(
            lambda _: Slice([], [("a", "1")], False), query="others", first=1, after=None
        ).cursors
        assert refused(foreign).details == {"field": "after"}

    @pytest.mark.parametrize("text", ["é", "x", base64.urlsafe_b64encode(b"[[").decode()])
    def test_that_is_no_cursor_names_its_field(self, text: str) -> None:
        assert refused(text).details == {"field": "after"}

    def test_may_be_long_but_not_endless(self) -> None:
        [cursor] = page_of(("x" * 720, "row")).cursors
        longest = cursor + "=" * (1_000 - len(cursor))
        assert page_of(after=longest).rows == [repr(("x" * 720, "row"))]
        assert refused(longest + "=").details == {"field": "after"}


class TestFirst:
    @pytest.mark.parametrize("first", [0, MAX_FIRST + 1])
    def test_out_of_range_names_its_field(self, first: int) -> None:
        with pytest.raises(InvalidRequest) as caught:
            page_of(first=first)
        assert caught.value.details["field"] == "first"
