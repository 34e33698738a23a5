"""Ids that callers choose. They are stored and logged as they are: never a card or a secret."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.access.authenticate import KEY_PREFIX, TOKEN_PREFIX
from ports.system import CardMask

_CREDENTIAL: Final = re.compile(
    rf"(?i)(?:{TOKEN_PREFIX}|{KEY_PREFIX})_[0-9a-f]{{32}}|\beyJ[A-Za-z0-9_-]{{10,}}\."
    r"|\b(?:bearer|basic) "
    r"|(?:password|secret|api.?key)\s*[=:]"
    r"|\b[sr]k_(?:live|test)_|\bgh[opsu]_[a-z0-9]{20}|\bxox[abpr]-|\bAKIA[0-9A-Z]{16}\b"
)
"""A token or key of ours, a JSON web token, what a header or a form says of a credential, keys of
payment, code and cloud services that are known by their prefix."""
_CORRELATION_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def holds_card_or_secret(text: str, mask_cards: CardMask) -> bool:
    body = text.encode()
    return _CREDENTIAL.search(text) is not None or mask_cards(body) != body


@dataclass(frozen=True, slots=True)
class CorrelationIds:
    new_id: Callable[[], UUID]
    mask_cards: CardMask

    def accept(self, sent: str) -> str:
        """`sent`, or a new one in place of an invalid one and of one that holds a card number or a
        secret. The request or job goes on: refusing it would lose a write for an id that only
        helps to find log lines, and vendors' webhooks do not look at the answer."""
        is_fit = _CORRELATION_ID.fullmatch(sent) and not holds_card_or_secret(sent, self.mask_cards)
        return sent if is_fit else self.new_id().hex
