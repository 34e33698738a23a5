"""Names and contact details of people, as providers send them: with blanks around, or masked."""

import re
from typing import Final

_WITHOUT_LETTERS: Final = re.compile(r"[*•●\s.,@()+/_-]+")
_MASK: Final = re.compile(r"[*•●]{2}")


def is_masked(text: str) -> bool:
    """Whether nothing is left but asterisks or bullets, e.g. `*****` or `***@***`: the provider
    hides the value from us."""
    return _WITHOUT_LETTERS.fullmatch(text) is not None and _MASK.search(text) is not None


def contact_value(text: str | None) -> str | None:
    """Trimmed; None for a blank and for a mask, which are no values."""
    trimmed = text.strip() if text else ""
    return trimmed if trimmed and not is_masked(trimmed) else None
