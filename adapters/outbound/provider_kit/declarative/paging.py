"""How a vendor's lists are paged. `page_ref`: the vendor's name for a page; None for the first.

`after` gives the next page; None at the end of the list. A page shorter than requested is not the
end, since the vendor may have a limit of its own; with `fills_pages` it is. `past_end_is_404`: the
vendor responds 404 to a page after the last one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.outbound.provider_kit.parsing.json_text import Json
from ports.errors import UnreadableAnswer


class Paging(Protocol):
    @property
    def size(self) -> int:
        """Items requested per page."""
        ...

    @property
    def past_end_is_404(self) -> bool: ...

    def query(self, page_ref: str | None) -> Mapping[str, str]: ...

    def after(self, page_ref: str | None, answer: Json, found: int) -> str | None:
        """Raises UnreadableAnswer if there is no way to the next page."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNumbers:
    """`?page=2&per_page=100`; an empty page is the end."""

    size: int
    number_query: str = "page"
    size_query: str = "per_page"
    first: int = 1
    fills_pages: bool = False
    past_end_is_404: bool = False

    def query(self, page_ref: str | None) -> Mapping[str, str]:
        return {self.number_query: page_ref or str(self.first), self.size_query: str(self.size)}

    def after(self, page_ref: str | None, answer: Json, found: int) -> str | None:  # noqa: ARG002 one shape for all
        if found < (self.size if self.fills_pages else 1):
            return None
        return str(int(page_ref or self.first) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offsets:
    """`?offset=100&limit=100`; an empty page is the end."""

    size: int
    offset_query: str = "offset"
    size_query: str = "limit"
    fills_pages: bool = False
    past_end_is_404: bool = False

    def query(self, page_ref: str | None) -> Mapping[str, str]:
        return {self.offset_query: page_ref or "0", self.size_query: str(self.size)}

    def after(self, page_ref: str | None, answer: Json, found: int) -> str | None:  # noqa: ARG002 one shape for all
        if found < (self.size if self.fills_pages else 1):
            return None
        return str(int(page_ref or 0) + found)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTokens:
    """`?cursor=abc&limit=100`: `next_key` of the response holds the next page's cursor; null, empty
    or missing at the end."""

    size: int
    token_query: str = "cursor"  # noqa: S105 a name
    size_query: str = "limit"
    next_key: str = "next_cursor"
    past_end_is_404: bool = False

    def query(self, page_ref: str | None) -> Mapping[str, str]:
        query_params = {self.size_query: str(self.size)}
        return query_params if page_ref is None else {**query_params, self.token_query: page_ref}

    def after(self, page_ref: str | None, answer: Json, found: int) -> str | None:  # noqa: ARG002 one shape for all
        token = answer.get(self.next_key) if isinstance(answer, dict) else None
        if token is None or token == "":
            return None
        if not isinstance(token, str | int) or isinstance(token, bool) or str(token) == page_ref:
            raise UnreadableAnswer(reason="the page does not move", path=self.next_key)
        return str(token)
