"""Names that a message does not have by the standard: mistakes, or fields of a later version.

A later version adds fields, which are ignored or kept in the extras. A mistake hides a known field,
so that the message would be read without it: it is refused.
"""

from collections.abc import Collection
from functools import lru_cache

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement

_MAX_LENGTH_DIFFERENCE = 2
_MAX_LENGTH = 40
"""Above that of every known name, so that the cache stays small."""


def resembles(name: str, known: Collection[str]) -> bool:
    """True for another spelling of a known name: other case, swapped or repeated letters, or one
    letter more or less. Cheap, because the sender chooses the number of names."""
    letters, length = frozenset(name.lower()), len(name)
    return any(
        abs(len(other) - length) <= _MAX_LENGTH_DIFFERENCE and len(letters ^ _letters(other)) <= 1
        for other in known
    )


def find_similar(name: str, known: frozenset[str]) -> str | None:
    """The known name that `name` is another spelling of. Quick for names that were seen before."""
    return _find_similar(name, known) if len(name) <= _MAX_LENGTH else None


@lru_cache(maxsize=2_048)
def _find_similar(name: str, known: frozenset[str]) -> str | None:
    return next((each for each in sorted(known) if resembles(name, (each,))), None)


def contains(element: XmlElement, known: Collection[str]) -> bool:
    """True if an element within has a known name."""
    return any(each.name in known for each in element.walk() if each is not element)


@lru_cache(maxsize=128)
def _letters(known: str) -> frozenset[str]:
    return frozenset(known.lower())
