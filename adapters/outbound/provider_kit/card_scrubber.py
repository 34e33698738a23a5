"""Masks payment card numbers, and what belongs to them, before a payload is stored or shown.

PCI DSS 3.3 and 3.4: the security code is never kept, the number at most as its last four digits,
its expiry not beside it. What is found: masking/card_numbers.py, card_labels.py, card_details.py.

The values of JSON and XML are masked as they are read, that is without escapes and entities; all
other text stays as it is. A JSON number becomes nines (no issuer range begins with 9), other text
asterisks: masking twice changes nothing. A number in a field of ids (masking/id_fields.py) stays,
unless it is printed like on a card: then the domain refuses the masked id.

Most payloads have nothing to mask, which a few searches of the whole text show. Else only the
values at suspicious places are read.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.masking.card_details import spans_around
from adapters.outbound.provider_kit.masking.card_labels import Span, has_label, labelled_spans
from adapters.outbound.provider_kit.masking.card_numbers import (
    find_card_numbers,
    possible_cards,
)
from adapters.outbound.provider_kit.masking.id_fields import is_id_field
from adapters.outbound.provider_kit.masking.payload_values import (
    Format,
    NotStructured,
    PayloadValue,
    Range,
    character_places,
    decoded,
    format_of,
    is_escaped,
    values_at,
)
from adapters.outbound.provider_kit.masking.plain_text import (
    FILLER,
    MARKUP_NAMES,
    compact,
    is_plain,
    may_go_on_after_tags,
    to_plain,
    without_markup,
    without_tags,
)

_SHOWN: Final = 4
_ASCII_DIGITS: Final = frozenset(b"0123456789")
_NINES: Final = str.maketrans("0123456789", "9" * 10)
_ASTERISKS: Final = str.maketrans("0123456789", "*" * 10)
_LOWER: Final = bytes(range(256)).lower()
_SPACE: Final = re.compile(r"\s")
_NESTED: Final = ("{", "[", "<")
_MAX_NESTING: Final = 3
_MAX_PASSES: Final = 4


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
    is_json = body.startswith((b"{", b"["))
    if is_plain(body) and not (possible_cards(body, is_json=is_json) or has_label(body.lower())):
        return body
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


class _Suspects(NamedTuple):
    """What may have to be masked. `places`: those of the characters of `labelled` in the text."""

    plain: bytes
    places: Sequence[int]
    cards: list[Range]
    labelled: list[Span]

    def ranges(self) -> Iterator[Range]:
        yield from self.cards
        for span in self.labelled:
            yield self.places[span.start], self.places[span.end]


def _mask_once(text: str, id_fields: Collection[str], depth: int) -> str:
    form = format_of(text)
    views = _views(text, form)
    found = [each for plain in views if (each := _suspects(plain, form))]
    if not found:
        return text
    edits = _Edits(text)
    ranges = sorted(place for each in found for place in each.ranges())
    try:
        values = list(values_at(text, form, ranges))
    except NotStructured:
        _edit_text(edits, text)
        return edits.apply()
    for value in values:
        _edit_value(edits, text, value, id_fields, depth)
    _edit_labelled(edits, text, found, values)
    if len(views) > 1:
        _edit_across_elements(edits, text, views[1], values, id_fields)
    return edits.apply()


def _views(text: str, form: Format | None) -> list[bytes]:
    plain = to_plain(text)
    if not may_go_on_after_tags(plain, is_xml=form is Format.XML):
        return [plain]
    return [plain, without_tags(plain)] if form is Format.XML else [without_markup(plain)]


def _suspects(plain: bytes, form: Format | None) -> _Suspects | None:
    cards = possible_cards(plain, is_json=form is Format.JSON)
    labelled = list(labelled_spans(plain.translate(_LOWER, FILLER)))
    if not (cards or labelled):
        return None
    return _Suspects(plain, compact(plain).places if labelled else (), cards, labelled)


def _edit_labelled(
    edits: _Edits, text: str, found: Iterable[_Suspects], values: Iterable[PayloadValue]
) -> None:
    numbers = {_first_digit(text, value) for value in values if value.is_number}
    for each in found:
        for span in each.labelled:
            char = "9" if each.places[span.start] in numbers else "*"
            _edit_spans(edits, text, each.plain, each.places, [span], char)


def _first_digit(text: str, number: PayloadValue) -> int:
    start = number.ranges[0][0]
    return start + text.startswith("-", start)


def _edit_spans(
    edits: _Edits,
    text: str,
    plain: bytes,
    places: Sequence[int],
    spans: Iterable[Span],
    char: str,
) -> None:
    for span in spans:
        start, end = places[span.start], places[span.end - span.keep]
        edits.replace(start, end, _mask_digits(text[start:end], plain[start:end], char))


def _mask_digits(text: str, plain: bytes, char: str) -> str:
    if text.isascii() and text.encode() == plain:
        return text.translate(_NINES if char == "9" else _ASTERISKS)
    masked: list[str] = []
    is_digit = False
    for found, place in zip(text, plain, strict=True):
        # A filler belongs to the character before it.
        is_digit = place in _ASCII_DIGITS or (is_digit and not place)
        masked.append(char if is_digit else found)
    return "".join(masked)


def _edit_value(
    edits: _Edits, text: str, value: PayloadValue, id_fields: Collection[str], depth: int
) -> None:
    content = decoded(text, value)
    if content.startswith(_NESTED) and depth < _MAX_NESTING:
        masked = _masked_payload(content, id_fields, depth=depth + 1)
    else:
        masked = _masked_content(content, value, id_fields)
    if masked == content:
        return
    if not is_escaped(text, value):
        edits.replace(value.start, value.end, masked)
    elif len(masked) == len(content):
        starts, ends = character_places(text, value)
        for first, last in _differences(content, masked):
            edits.replace(starts[first], ends[last], masked[first : last + 1])


def _differences(old: str, new: str) -> Iterator[Range]:
    """The first and the last character of each run in which two texts of one length differ."""
    different = [n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    first = 0
    for number, place in enumerate(different, 1):
        if number == len(different) or different[number] != place + 1:
            yield different[first], place
            first = number


def _masked_content(content: str, value: PayloadValue, id_fields: Collection[str]) -> str:
    edits = _Edits(content)
    _edit_text(edits, content, value, id_fields)
    return edits.apply()


def _edit_text(
    edits: _Edits,
    text: str,
    value: PayloadValue | None = None,
    id_fields: Collection[str] = (),
) -> None:
    (plain,) = _views(text, None)
    found, places = compact(plain)
    cards = list(find_card_numbers(found))
    if cards and value is not None and _is_id(text, value, id_fields):
        cards = [card for card in cards if card.is_printed_on_cards]
    lowered = found.lower()
    spans = [
        *(Span(card.start, card.end, _SHOWN if card.groups else 0) for card in cards),
        *spans_around(lowered, cards),
        *labelled_spans(lowered),
    ]
    char = "9" if value is not None and value.is_number else "*"
    _edit_spans(edits, text, plain, places, spans, char)


def _is_id(text: str, value: PayloadValue, id_fields: Collection[str]) -> bool:
    return is_id_field(value.keys, id_fields) and _SPACE.search(text) is None


def _edit_across_elements(
    edits: _Edits,
    text: str,
    plain: bytes,
    values: Sequence[PayloadValue],
    id_fields: Collection[str],
) -> None:
    """The numbers whose groups are in elements of one name, or in the markup of a text."""
    starts = [value.start for value in values]
    found, places = compact(plain)
    for card in find_card_numbers(found):
        start, end = places[card.start], places[card.end]
        inside = [
            value
            for value in values[bisect_right(starts, start) - 1 : bisect_left(starts, end)]
            if not text[value.start : value.end].isspace()
        ]
        if len(inside) > 1 and _may_share_number(inside, id_fields):
            _edit_spans(edits, text, plain, places, [Span(card.start, card.end, _SHOWN)], "*")


def _may_share_number(values: Sequence[PayloadValue], id_fields: Collection[str]) -> bool:
    """Whether they have one name, or are pieces of marked-up text; ids are not joined."""
    if any(is_id_field(value.keys, id_fields) for value in values):
        return False
    names = {value.keys[-1].rstrip("0123456789").lower() for value in values if value.keys}
    return len(names) == 1 or names <= MARKUP_NAMES
