"""Masks payment card numbers, and what belongs to them, before a payload is stored or shown.

PCI DSS 3.3 and 3.4: the security code is never kept, the number at most as its last four digits,
its expiry not beside it. What is found: masking/card_numbers.py, masking/card_details.py.

The values of JSON and XML are masked as they are read, that is without escapes and entities; all
other text stays as it is. A JSON number becomes nines (no issuer range begins with 9), other text
asterisks: masking twice changes nothing. A number in a field of ids (masking/id_fields.py) stays,
unless it is printed like on a card: then the domain refuses the masked id.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from adapters.outbound.provider_kit.masking.card_details import (
    Span,
    has_code_label,
    labelled_spans,
    spans_around,
)
from adapters.outbound.provider_kit.masking.card_numbers import CardNumber, find_card_numbers
from adapters.outbound.provider_kit.masking.id_fields import is_id_field
from adapters.outbound.provider_kit.masking.payload_values import (
    NotStructured,
    PayloadValue,
    Syntax,
    characters,
    decoded,
    is_escaped,
    payload_values,
)
from adapters.outbound.provider_kit.masking.plain_text import to_plain

_SHOWN: Final = 4
_SHORTEST: Final = 6
_ASCII_DIGITS: Final = frozenset(b"0123456789")
_DIGIT: Final = re.compile(rb"[0-9]")
_NINES: Final = str.maketrans("0123456789", "9" * 10)
_ASTERISKS: Final = str.maketrans("0123456789", "*" * 10)
_NESTED: Final = ("{", "[", "<")
_MAX_NESTING: Final = 3
_MAX_PASSES: Final = 4
_ENCODINGS: Final = ("\\", "&", "<!")
_ESCAPED_DIGIT: Final = re.compile(
    r"\\u(?!00[4-7c-f]|01)[0-9a-fA-F]{4}|[0-9]\\[^u\"]|\\[^u\"][0-9]|&\#|[0-9]&[0-9A-Za-z]{1,10};"
    r"|;[0-9]|--?>|\]\]>"
)
"""Text that may be a digit, or a separator beside one, after decoding."""


class _Edits:
    """Replacements in a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[tuple[int, int, str]] = []

    def replace(self, start: int, end: int, replacement: str) -> None:
        self._found.append((start, end, replacement))

    def apply(self) -> str:
        """Of overlapping ones, the first, and the rest of the others."""
        pieces: list[str] = []
        position = 0
        for start, end, replacement in sorted(self._found, key=lambda edit: edit[:2]):
            if end <= position:
                continue
            begin = max(start, position)
            pieces += self._text[position:begin], replacement[begin - start :]
            position = end
        return "".join([*pieces, self._text[position:]]) if pieces else self._text


def scrub(text: str) -> str:
    """A text of people, or a payload of an unknown provider, with its card data masked."""
    return _masked_payload(text, (), depth=0)


def scrub_bytes(body: bytes, id_fields: Collection[str] = ()) -> bytes:
    """A payload in JSON, XML or any other text; fits ports.system.CardMask. `id_fields`: those that
    the provider declares (ports.providers.Capabilities.id_fields)."""
    text, encoding = _decode(body)
    masked = _masked_payload(text, id_fields, depth=0)
    return body if masked is text else masked.encode(encoding, "surrogatepass")


def _decode(body: bytes) -> tuple[str, str]:
    """The text, and its encoding, which gives the same bytes again."""
    for encoding in _likely_encodings(body):
        with suppress(UnicodeDecodeError):
            return body.decode(encoding, "surrogatepass"), encoding
    return body.decode("iso8859-1"), "iso8859-1"


def _likely_encodings(body: bytes) -> Iterator[str]:
    if body.startswith(b"\xff\xfe"):
        yield "utf-16-le"
    if body.startswith(b"\xfe\xff"):
        yield "utf-16-be"
    if b"\0" in body[:2] and len(body) % 2 == 0:
        yield "utf-16-be" if body[:1] == b"\0" else "utf-16-le"
    yield "utf-8"


def _masked_payload(text: str, id_fields: Collection[str], *, depth: int) -> str:
    """The same object if nothing is masked. Repeated, since a number may be recognized only when
    its neighbour is masked; a bounded number of times, so that the time stays linear."""
    for _ in range(_MAX_PASSES):
        masked = _mask_once(text, id_fields, depth)
        if masked == text:
            break
        text = masked
    return text


def _mask_once(text: str, id_fields: Collection[str], depth: int) -> str:
    plain = to_plain(text)
    lowered = plain.lower()
    cards = list(find_card_numbers(plain))
    labelled = list(labelled_spans(lowered))
    if not (cards or labelled or _may_hide_digits(text, lowered)):
        return text
    edits = _Edits(text)
    try:
        values = payload_values(text)
        is_plain = not (cards or labelled)
        numbers = _edit_values(
            edits, text, _encoded_values(text, values) if is_plain else values, id_fields, depth
        )
    except NotStructured:
        edits = _Edits(text)
        _edit_spans(edits, text, plain, _spans(lowered, cards, labelled))
        return edits.apply()
    # In the payload's text, since a label may be a field's name.
    for span in labelled:
        _edit_spans(edits, text, plain, [span], "9" if span.start in numbers else "*")
    return edits.apply()


def _may_hide_digits(text: str, lowered: bytes) -> bool:
    """True if a value may hold a card number or a code that the payload's text does not show."""
    if not any([escape in text for escape in _ENCODINGS]):
        return False
    return _ESCAPED_DIGIT.search(text) is not None or has_code_label(lowered)


def _encoded_values(text: str, values: Iterable[PayloadValue]) -> Iterator[PayloadValue]:
    return (value for value in values if _is_encoded(text, value))


def _is_encoded(text: str, value: PayloadValue) -> bool:
    """False if the payload's text shows whatever the value holds."""
    start, end = value.ranges[0]
    return len(value.ranges) > 1 or any(
        [text.find(escape, start, end) >= 0 for escape in _ENCODINGS]
    )


def _edit_values(
    edits: _Edits,
    text: str,
    values: Iterable[PayloadValue],
    id_fields: Collection[str],
    depth: int,
) -> set[int]:
    """Returns where the digits of numbers start. Raises NotStructured."""
    numbers: set[int] = set()
    for value in values:
        if value.syntax is Syntax.JSON_NUMBER:
            start = value.ranges[0][0]
            numbers.add(start + text.startswith("-", start))
        _edit_value(edits, text, value, id_fields, depth)
    return numbers


def _spans(lowered: bytes, cards: Sequence[CardNumber], labelled: Iterable[Span]) -> list[Span]:
    numbers = [Span(card.start, card.end, _SHOWN if card.groups else 0) for card in cards]
    return [*numbers, *spans_around(lowered, cards), *labelled]


def _edit_spans(
    edits: _Edits, text: str, plain: bytes, spans: Sequence[Span], char: str = "*"
) -> None:
    for span in spans:
        end = span.end - span.keep
        masked = _mask_digits(text[span.start : end], plain[span.start : end], char)
        edits.replace(span.start, end, masked)


def _mask_digits(text: str, plain: bytes, char: str) -> str:
    if text.isascii() and text.encode() == plain:
        return text.translate(_NINES if char == "9" else _ASTERISKS)
    masked = (
        char if place in _ASCII_DIGITS else found for found, place in zip(text, plain, strict=True)
    )
    return "".join(masked)


def _edit_value(
    edits: _Edits, text: str, value: PayloadValue, id_fields: Collection[str], depth: int
) -> None:
    start, end = value.ranges[0][0], value.ranges[-1][1]
    if end - start < _SHORTEST:
        return
    content = decoded(text, value)
    if content.startswith(_NESTED) and depth < _MAX_NESTING:
        masked = _masked_payload(content, id_fields, depth=depth + 1)
    else:
        masked = _masked_content(content, value, id_fields)
    if masked == content:
        return
    if not is_escaped(text, value):
        edits.replace(start, end, masked)
    elif len(masked) == len(content):
        places = characters(text, value)
        for place, old, new in zip(places, content, masked, strict=True):
            if old != new:
                edits.replace(place.start, place.end, new)


def _masked_content(content: str, value: PayloadValue, id_fields: Collection[str]) -> str:
    plain = to_plain(content)
    if _DIGIT.search(plain) is None:
        return content
    cards = list(find_card_numbers(plain))
    if cards and is_id_field(value.keys, id_fields):
        has_space = any(char.isspace() for char in content)
        cards = [card for card in cards if card.is_printed_on_cards or has_space]
    edits = _Edits(content)
    char = "9" if value.syntax is Syntax.JSON_NUMBER else "*"
    lowered = plain.lower()
    _edit_spans(edits, content, plain, _spans(lowered, cards, labelled_spans(lowered)), char)
    return edits.apply()
