"""The name that `document_exchange` had in version 0.1, with the names of that version."""

from domain.renamed import warn_renamed
from ports.document_exchange import DocumentHandler as Conversation
from ports.document_exchange import DocumentItemResult as Told
from ports.document_exchange import DocumentProvider as ConversingProvider
from ports.document_exchange import DocumentReply as Answer
from ports.document_exchange import InboundDocument as Letter
from ports.document_exchange import SenderCredentials as Claim

__all__ = ["Answer", "Claim", "Conversation", "ConversingProvider", "Letter", "Told"]

warn_renamed(__name__, "ports.document_exchange", stacklevel=2)
