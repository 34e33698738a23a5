"""Synchronous document exchange: vendors that expect a reply in their format."""

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
    """A document as received. `headers` have lower-case names. `action`: the requested action, if
    the document came in a form; None if it is the body."""

    headers: Mapping[str, str] = field(repr=False)
    document: bytes = field(repr=False)
    action: str | None = None
    is_form: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentScope:
    """The hotel and the settings of the sender's connection. `limit`: of the items in one
    document."""

    context: HotelContext
    settings: Mapping[str, str]
    limit: int


@dataclass(frozen=True, slots=True)
class SenderCredentials:
    """The connection's key, and headers that `Provider.authentic` verifies."""

    connection_key: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentItemResult:
    """The result for one item. `outcome` None: undecided until a job fetches from the provider.
    `is_first_availability`: we stored no availability from today on before this document."""

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
    """A document that was read."""

    @property
    def items(self) -> Sequence[ReadItem]:
        """To apply, all in one transaction."""
        ...

    @property
    def ignored_items(self) -> Sequence[ReadItem]:
        """Understood, but not applied (such as a request for an offer): stored with a reason."""
        ...

    def answer(self, results: Sequence[DocumentItemResult], *, now: datetime) -> DocumentReply:
        """Called after the commit. `results`: one per item, in order."""
        ...


@runtime_checkable
class DocumentProvider(Protocol):
    """Implemented as well by a plug-in whose vendor exchanges documents."""

    def sender_credentials(self, inbound_document: InboundDocument) -> SenderCredentials | None:
        """None if the document carries no credentials. `document` has only its first 16 KB,
        or nothing if it came in a form; reading it must be cheap, since anybody may send it.
        Raises UnreadableMessage."""
        ...

    def read_document(
        self, inbound_document: InboundDocument, scope: DocumentScope
    ) -> DocumentHandler:
        """Raises UnreadableMessage, TooManyItems."""
        ...

    def render_error(self, inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
        """The error in the vendor's format."""
        ...
