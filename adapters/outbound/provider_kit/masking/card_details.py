"""Finds what stands beside a card number in plain text: its expiry and its security code."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from adapters.outbound.provider_kit.masking.card_labels import BETWEEN, CODE, Span
from adapters.outbound.provider_kit.masking.card_numbers import CardNumber

_AFTER: Final = rb"[^0-9a-z*]{0,8}+(?:\*(?!\*)[^0-9a-z*]{0,8}+)?"
_EXPIRY: Final = re.compile(
    _AFTER + rb"(?:(?:exp[a-z]{0,8}|valid(?:ity)?|until|thru|through|to|date|g(?:\xfc|ue)ltig|bis"
    rb"|ablauf[a-z]{0,6}|verfall[a-z]{0,6}|scad[a-z]{0,8}|mm|yyyy|yy|jj)[^0-9a-z*]{0,6}+){0,5}+"
    rb"(?P<expiry>(?:0?[1-9]|1[0-2])[^0-9a-z*]{1,3}(?:20)?[0-9]{2}|(?:0[1-9]|1[0-2])(?:20)?[0-9]{2}"
    rb"|20[0-9]{2}[^0-9a-z*]{1,3}(?:0[1-9]|1[0-2]))(?![0-9])(?![-/.][0-9])"
)
_CODE_AFTER: Final = re.compile(
    rb"(?![0-9a-z])" + _AFTER + rb"(?P<code>[0-9]{3,4})(?![0-9])(?![-/.:,][0-9])"
)
_CODE_NEAR: Final = re.compile(
    rb"(?<![a-z])(?:code|cid|pin|kode|verification|codice|c[o\xf3]digo"
    rb"|kontroll(?:nummer|ziffer|zahl)|back|hinten|r(?:\xfc|ue)ckseite|dos|retro|reverso|dorso)%b%b"
    % (BETWEEN, CODE)
)
_NEAR: Final = 80


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
        for near in ((max(0, card.start - _NEAR), card.start), (card.end, card.end + _NEAR)):
            for match in _CODE_NEAR.finditer(lowered, *near):
                yield Span(*match.span("code"), 0)
