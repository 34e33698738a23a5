"""Finds what belongs to a card number in plain text: security codes, expiry dates, and numbers that
are a card's by their label."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.masking.card_numbers import CardNumber
from adapters.outbound.provider_kit.masking.plain_text import ENCODED_QUOTE


class Span(NamedTuple):
    """Digits to mask; the last `keep` characters stay."""

    start: int
    end: int
    keep: int


_WORDS: Final = (
    rb"(?:(?:is|ist|est|es|e|\xe8|value|wert|valeur|valore|valor|code|kode|codice|c[o\xf3]digo|number"
    rb"|nummer|num[e\xe9]ro|numero|n[\xfau]mero|no|nr|num|lautet|of|for|on|the|this|that|my|our|your|his|her"
    rb"|card|credit|visa|mastercard|amex|back|der|die|das|dem|des|von|zur|meiner|meine|unserer|ihrer"
    rb"|karte|kreditkarte|rckseite|r(?:\xfc|ue)ckseite|auf|de|du|la|le|ma|sur|au|dos|carte|bancaire|cr[e\xe9]dit"
    rb"|del|della|dello|di|il|mia|sua|sul|retro|carta|credito|mi|su|el|en|tarjeta|cr[e\xe9]dito|dorso"
    rb"|reverso|visuel|visual)(?![a-z])[^0-9a-z*]{0,40}+){0,7}+"
)
_PLAIN_TEXT_TAG: Final = rb"(?:(?:[a-z][a-z0-9]*:)?plaintext[^<>]{0,99}>\s{0,99})?"
_FEW_ASTERISKS: Final = rb"(?:(?<!\*)\*{1,2}(?=[0-9]))?"
_BETWEEN: Final = rb"[^0-9a-z*]{0,200}+" + _WORDS + _PLAIN_TEXT_TAG + _FEW_ASTERISKS
_CODE: Final = rb"(?P<code>[0-9](?:[ -]?[0-9]){2,3})(?![0-9])"
_CARD_NUMBER: Final = rb"(?P<number>[0-9](?:[ -]?[0-9]){11,18})(?![0-9])"

# A pattern that begins with one letter, or with two, is searched many times faster than others:
# labels are found by a part of them, and stand together if it is the same.
_COUNTED: Final = (
    rb"[^0-9*\"`<>{}?!;]{0,60}?" + _FEW_ASTERISKS +
    rb"(?<![0-9])(?P<counted>[0-9]{3,4})(?![0-9])(?![.,:/-][0-9])"
)  # fmt: skip
_C: Final = (
    rb"c(?:(?:v(?:[vcnd]2?|2)|sc2?|av2"
    rb"|[ ._-](?<![0-9a-z]c.)[ ._-]{0,2}v[ ._-]{1,3}(?:[vcnd](?:[ ._-]?2)?|2)(?![a-z])"
    rb"|ard[ _-]?(?:code|(?:verification|validation)[ _-]?(?:value|code|number))"
    rb"|rittogramma)%b%b|ard[_ ]?(?:number|no|num)%b%b|if(?:re|ras)(?![a-z])%b)"
    % (_BETWEEN, _CODE, _BETWEEN, _CARD_NUMBER, _COUNTED)
)
_P: Final = (
    rb"p(?:(?:r(?:\xfc|ue)f[ -]?(?:nummer|ziffern?|zahl|code)|togram[a-z]{0,3})%b%b"
    rb"|(?:(?<![a-z]p)an|rimary_?account_?number)%b%b)" % (_BETWEEN, _CODE, _BETWEEN, _CARD_NUMBER)
)
_S: Final = rb"s(?:eries_?code%b%b|tellige[nrs]?(?![a-z])%b)" % (_BETWEEN, _CODE, _COUNTED)
_SECURITY: Final = (
    rb"ur(?:ity[ _-]?(?:code|number|no)|it[e\xe9](?<=code de s.curit.)|idad(?<=digo de seguridad)"
    rb"|ezza(?<=codice di sicurezza))" + _BETWEEN + _CODE
)
_SECURITY_GERMAN: Final = rb"heits[ -]?(?:code|nummer|zahl)" + _BETWEEN + _CODE
_DIGITS: Final = rb"git(?:s|os)?(?![a-z])" + _COUNTED
_ZIFFERN_CHIFFRES: Final = rb"iff(?:ern|res)(?![a-z])" + _COUNTED
_LABELLED: Final = tuple(
    re.compile(label)
    for label in (_C, _P, _S, _SECURITY, _SECURITY_GERMAN, _DIGITS, _ZIFFERN_CHIFFRES)
)
_COUNT: Final = re.compile(
    rb"(?<![0-9a-z])(?:3|three|drei|trois|tre|tres)[^0-9a-z]{0,3}"
    rb"(?:[a-z\x80-\xff]{2,12}[^0-9a-z]{1,3}){0,2}[a-z\xed]{0,3}\Z"
)
_LOOK_BACK: Final = 40

_EXPIRY: Final = re.compile(
    rb"[^0-9a-z*]{0,8}+(?:(?:exp[a-z]{0,8}|valid(?:ity)?|until|thru|through|to|date|g(?:\xfc|ue)ltig|bis"
    rb"|ablauf[a-z]{0,6}|verfall[a-z]{0,6}|scad[a-z]{0,8}|mm|yyyy|yy|jj)[^0-9a-z*]{0,6}+){0,5}+"
    rb"(?P<expiry>(?:0?[1-9]|1[0-2])[^0-9a-z*]{1,3}(?:20)?[0-9]{2}|(?:0[1-9]|1[0-2])(?:20)?[0-9]{2}"
    rb"|20[0-9]{2}[^0-9a-z*]{1,3}(?:0[1-9]|1[0-2]))(?![0-9])(?![-/.][0-9])"
)
_CODE_AFTER: Final = re.compile(rb"[^0-9a-z*]{1,8}+(?P<code>[0-9]{3,4})(?![0-9])(?![-/.:,][0-9])")
_CODE_NEAR: Final = re.compile(
    rb"(?<![a-z])(?:code|cid|pin|kode|verification|codice|c[o\xf3]digo)%b%b" % (_BETWEEN, _CODE)
)
_NEAR: Final = 80


def has_label(lowered: bytes) -> bool:
    """False if labelled_spans finds nothing."""
    return any([label.search(lowered) for label in _LABELLED])


def labelled_spans(lowered: bytes) -> Iterator[Span]:
    """Security codes and card numbers whose label is before them."""
    for label in _LABELLED:
        for match in label.finditer(lowered):
            group = match.lastgroup or ""
            if _IS_LABEL[group](match):
                yield Span(*match.span(group), 4 if group == "number" else 0)


def _is_counted(match: re.Match[bytes]) -> bool:
    start = match.start()
    return _COUNT.search(match.string, max(0, start - _LOOK_BACK), start) is not None


def _is_named(match: re.Match[bytes]) -> bool:
    return not (_is_of_next_field(match) or _is_in_word(match))


def _is_in_word(match: re.Match[bytes]) -> bool:
    """True for `abcvv123`, as it may be in an id; the label may end with a digit (`cvv2`)."""
    text, start, code = match.string, match.start(), match.start(match.lastgroup or "")
    if not text[code - 1 : code].isalnum() or not text[start - 1 : start]:
        return False
    return text[start - 1 : start].isalnum() or text[max(0, start - 3) : start] == b"***"


def _is_of_next_field(match: re.Match[bytes]) -> bool:
    """In JSON, unless it is the value of a field whose name is the label."""
    between = match.string[match.start() : match.start(match.lastgroup or "")]
    is_next = b'",' in between or ENCODED_QUOTE + b"," in between
    return is_next and b"value" not in between


_IS_LABEL: Final = {"code": _is_named, "number": _is_named, "counted": _is_counted}


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
