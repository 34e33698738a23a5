"""Vendors that send documents over HTTP and want their answer with it, in their own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from domain.errors import PmsError
from domain.messages import ItemOutcome
from domain.values import Reason
from ports.providers import HotelContext, ReadItem


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundDocument:
    """A document as it came. `headers` have lower-case names. `action`: what is asked for, where
    the document came in a form; None where it is the body itself."""

    headers: Mapping[str, str] = field(repr=False)
    document: bytes = field(repr=False)
    action: str | None = None
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class SenderCredentials:
    """Who a letter says that it is from: the connection's key, and headers that prove it to
    `Provider.authentic`."""

    connection_key: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentItemResult:
    """What became of an item. `is_news`: it is of availability, and we held none before."""

    item: ReadItem
    outcome: ItemOutcome | None
    reason: Reason | None = None
    is_first_availability: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReply:
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class DocumentHandler(Protocol):
    """A letter that was read."""

    @property
    def items(self) -> Sequence[ReadItem]:
        """To be applied, all in one transaction."""
        ...

    @property
    def ignored_items(self) -> Sequence[ReadItem]:
        """Understood and none of our business (an offer asked for): kept with its reason."""
        ...

    def answer(self, results: Sequence[DocumentItemResult], *, now: datetime) -> DocumentReply:
        """After the commit. `told`: the items in their order."""
        ...


@runtime_checkable
class DocumentProvider(Protocol):
    """A plug-in whose vendor converses is one as well."""

    def sender_credentials(self, inbound_document: InboundDocument) -> SenderCredentials | None:
        """None where the letter says nothing of its sender. Raises UnreadableMessage."""
        ...

    def read_document(
        self,
        inbound_document: InboundDocument,
        context: HotelContext,
        settings: Mapping[str, str],
        *,
        limit: int,
    ) -> DocumentHandler:
        """Raises UnreadableMessage, TooManyItems where there is nothing to answer in kind."""
        ...

    def render_error(self, inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
        """In the vendor's words, for what `claim`, `hear` or the application raised."""
        ...
