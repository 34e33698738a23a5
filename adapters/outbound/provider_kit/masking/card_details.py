"""Finds what belongs to a card number in plain text: security codes, expiry dates, and numbers that
are a card's by their label."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.masking.card_numbers import CardNumber


class Span(NamedTuple):
    """Digits to mask; the last `keep` characters stay."""

    start: int
    end: int
    keep: int


_WORDS: Final = (
    rb"(?:(?:is|ist|est|es|e|value|wert|code|number|nummer|no|nr|num)(?![a-z])"
    rb"[^0-9a-z*]{0,40}+){0,4}+"
)
_PLAIN_TEXT_TAG: Final = rb"(?:(?:[a-z][a-z0-9]*:)?plaintext[^<>]{0,99}>\s{0,99})?"
_BETWEEN: Final = rb"[^0-9a-z*]{1,200}+" + _WORDS + _PLAIN_TEXT_TAG
_NEAR_BETWEEN: Final = rb"[^0-9a-z*]{0,200}+" + _WORDS + _PLAIN_TEXT_TAG
_CODE_NAME: Final = (
    rb"(?:cv[vcnd]2?|cv2|csc2?|series_?code|card[ _-]?(?:security[ _-]?)?code"
    rb"|security[ _-]?(?:code|number|no)|card[ _-]?verification[ _-]?(?:value|code|number))"
)
_CODE: Final = rb"[0-9](?:[ -]?[0-9]){2,3}(?![0-9])"
_FIELD: Final = re.compile(
    rb"%b(?P<code>%b)|(?<![0-9a-z])(?<!\*\*\*)%b(?P<near>%b)"
    rb"|(?:(?<![a-z])pan|card[_ ]?(?:number|no|num)|primary_?account_?number)%b"
    rb"(?P<number>[0-9](?:[ -]?[0-9]){11,18})(?![0-9])"
    % (_CODE_NAME + _BETWEEN, _CODE, _CODE_NAME + _NEAR_BETWEEN, _CODE, _BETWEEN)
)
_NAME: Final = re.compile(_CODE_NAME)
_NAME_STARTS: Final = (b"cv", b"csc", b"series", b"card", b"security", b"pan", b"primary")
"""Searched one by one, which is many times faster than searching for the pattern."""

_EXPIRY: Final = re.compile(
    rb"[^0-9a-z*]{0,8}+(?:(?:exp[a-z]{0,8}|valid(?:ity)?|until|thru|through|to|date|g(?:\xfc|ue)ltig|bis"
    rb"|ablauf[a-z]{0,6}|verfall[a-z]{0,6}|scad[a-z]{0,8}|mm|yyyy|yy|jj)[^0-9a-z*]{0,6}+){0,5}+"
    rb"(?P<expiry>(?:0?[1-9]|1[0-2])[^0-9a-z*]{1,3}(?:20)?[0-9]{2}|(?:0[1-9]|1[0-2])(?:20)?[0-9]{2}"
    rb"|20[0-9]{2}[^0-9a-z*]{1,3}(?:0[1-9]|1[0-2]))(?![0-9])(?![-/.][0-9])"
)
_CODE_AFTER: Final = re.compile(rb"[^0-9a-z*]{1,8}+(?P<code>[0-9]{3,4})(?![0-9])(?![-/.:,][0-9])")
_CODE_NEAR: Final = re.compile(
    rb"(?<![a-z])(?:code|cid|pin|kode|verification|sicherheits(?:code|nummer)|cryptogramme"
    rb"|(?:karten)?pr(?:\xfc|ue)f(?:nummer|ziffer|zahl)|codice(?: di sicurezza)?"
    rb"|code de s\xe9curit\xe9|c(?:\xf3|o)digo(?: de seguridad)?)%b(?P<code>%b)"
    % (_NEAR_BETWEEN, _CODE)
)
_NEAR: Final = 80


def labelled_spans(lowered: bytes) -> Iterator[Span]:
    for start in _NAME_STARTS:
        position = lowered.find(start)
        while position >= 0:
            match = _FIELD.match(lowered, position)
            if match is not None and not _is_of_next_field(match):
                group = match.lastgroup or ""
                yield Span(*match.span(group), 4 if group == "number" else 0)
            position = lowered.find(start, position + len(start))


def _is_of_next_field(match: re.Match[bytes]) -> bool:
    """In JSON, unless it is the value of a field whose name is the label."""
    between = match.string[match.start() : match.start(match.lastgroup or "")]
    return b'",' in between and b"value" not in between


def has_code_label(lowered: bytes) -> bool:
    """True if a label of a security code is in the text, whatever follows it."""
    return any(start in lowered for start in _NAME_STARTS) and bool(_NAME.search(lowered))


def spans_around(lowered: bytes, cards: Sequence[CardNumber]) -> Iterator[Span]:
    """The expiry and the security code beside each card number."""
    for card in cards:
        end = card.end
        expiry = _EXPIRY.match(lowered, end)
        if expiry is not None:
            yield Span(*expiry.span("expiry"), 0)
            end = expiry.end()
        code = _CODE_AFTER.match(lowered, end)
        if code is not None:
            yield Span(*code.span("code"), 0)
        earliest = max(0, card.start - _NEAR)
        for match in _CODE_NEAR.finditer(lowered, earliest, card.end + _NEAR):
            yield Span(*match.span("code"), 0)
