"""Names and contact details of people, as providers send them: with blanks around, or masked."""

import re
from typing import Final

_MASK: Final = re.compile(r"(?=.*[*•●]{2})[*•●\s.,@()+/_-]+", re.DOTALL)


def is_masked(text: str) -> bool:
    """Whether nothing is left but asterisks or bullets, e.g. `*****` or `***@***`: the provider
    hides the value from us."""
    return _MASK.fullmatch(text) is not None


def contact_value(text: str | None) -> str | None:
    """Trimmed; None for a blank and for a mask, which are no values."""
    trimmed = text.strip() if text else ""
    return trimmed if trimmed and not is_masked(trimmed) else None
