"""Vendors that send documents over HTTP and want their answer with it, in their own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from domain.errors import PmsError
from domain.sync import ItemOutcome
from domain.values import Reason
from ports.providers import HotelContext, ReadItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A document as it came. `headers` have lower-case names. `action`: what is asked for, where
    the document came in a form; None where it is the body itself."""

    headers: Mapping[str, str] = field(repr=False)
    document: bytes = field(repr=False)
    action: str | None = None
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Who a letter says that it is from: the connection's key, and headers that prove it to
    `Provider.authentic`."""

    connection_key: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of an item. `is_news`: it is of availability, and we held none before."""

    item: ReadItem
    outcome: ItemOutcome
    reason: Reason | None = None
    is_news: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Conversation(Protocol):
    """A letter that was read."""

    @property
    def items(self) -> Sequence[ReadItem]:
        """To be applied, all in one transaction."""
        ...

    @property
    def passed_over(self) -> Sequence[ReadItem]:
        """Understood and none of our business (an offer asked for): kept with its reason."""
        ...

    def answer(self, told: Sequence[Told], *, now: datetime) -> Answer:
        """After the commit. `told`: the items in their order."""
        ...


@runtime_checkable
class ConversingProvider(Protocol):
    """A plug-in whose vendor converses is one as well."""

    def claim(self, letter: Letter) -> Claim | None:
        """None where the letter says nothing of its sender. Raises UnreadableMessage."""
        ...

    def hear(
        self,
        letter: Letter,
        context: HotelContext,
        settings: Mapping[str, str],
        *,
        limit: int,
    ) -> Conversation:
        """Raises UnreadableMessage, TooManyItems where there is nothing to answer in kind."""
        ...

    def refuse(self, letter: Letter, error: PmsError) -> Answer:
        """In the vendor's words, for what `claim`, `hear` or the application raised."""
        ...
