"""Finds security codes and card numbers in plain text by the label before them, as people write it
in English, German, French, Italian and Spanish."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Span(NamedTuple):
    """Digits to mask; the last `keep` characters stay."""

    start: int
    end: int
    keep: int


_WORDS: Final = (
    rb"(?:(?:is|ist|est|es|e|\xe8|value|wert|valeur|valore|valor|code|kode|codice|c[o\xf3]digo"
    rb"|number|nummer|num[e\xe9]ro|n[\xfau]mero|no|nr|num|n|lautet|name|label|key|of|for|on|the|this"
    rb"|that|my|our|your|his|her|card|credit|visa|mastercard|amex|back|der|die|das|dem|des|von|zur"
    rb"|mein|meiner|meine|unserer|ihrer|karte|kreditkarte|r(?:\xfc|ue)ckseite|auf|kpn|de|du|la|le|ma"
    rb"|sur|au|dos|carte|bancaire|cr[e\xe9]dit|v[e\xe9]rification|visuel|del|della|di|il|mia|sua|sul"
    rb"|retro|carta|credito|verifica|mi|su|el|en|tarjeta|cr[e\xe9]dito|dorso|reverso"
    rb"|be|was|will|should|to|use|as|follows|below|here|it|c|war|wie|folgt|booking|reservation|guest"
    rb"|holder|payment|buchung|gastes|r[e\xe9]servation|client|prenotazione|ospite|reserva"
    rb"|verificaci[o\xf3]n)(?![a-z])[^0-9a-z*]{0,40}+){0,8}+"
)
_PLAIN_TEXT_TAG: Final = rb"(?:(?:[a-z][a-z0-9]*:)?plaintext[^<>]{0,99}>\s{0,99})?"
_FEW_ASTERISKS: Final = rb"(?:(?<!\*)\*{1,2} {0,2}(?=[0-9]))?"
BETWEEN: Final = rb"[^0-9a-z*]{0,200}+" + _WORDS + _PLAIN_TEXT_TAG + _FEW_ASTERISKS
CODE: Final = rb"(?P<code>[0-9](?:[ -]?[0-9]){2,3})(?![0-9])"
_CARD_NUMBER: Final = rb"(?P<number>[0-9](?:[ -]?[0-9]){11,18})(?![0-9])"

# A pattern that begins with one letter, or with two, is searched many times faster than others:
# labels are found by a part of them, and stand together if it is the same.
_COUNTED: Final = (
    rb"[^0-9*\"`<>{}?!;]{0,60}?" + _FEW_ASTERISKS +
    rb"(?<![0-9])(?P<counted>[0-9]{3,4})(?![0-9])(?![.,:/-][0-9])"
)  # fmt: skip
_C: Final = (
    rb"c(?=[vs ._/-]|a[rv]|if|rit)"
    rb"(?:(?:v(?:[vcnd](?:[ -]?2(?![0-9]))?|2)(?:[|']?s(?![a-z]))?|sc2?|av2"
    rb"|[ ._/-](?<![0-9a-z]c.)[ ._/-]{0,2}v[ ._/-]{1,3}"
    rb"(?:[vcnd](?:[ ._-]{0,2}2(?![0-9]))?|2)(?![a-z])"
    rb"|ard[ _-]?(?:code|(?:verification|validation)[ _-]?(?:value|code|number))"
    rb"|rittogramma)%b%b"
    rb"|ard[_ ]?(?:number|no|num)%b%b|if(?:re|ras)(?![a-z])%b)"
    % (BETWEEN, CODE, BETWEEN, _CARD_NUMBER, _COUNTED)
)
_P: Final = (
    rb"p(?=r[i\xfcu]|an|to)"
    rb"(?:(?:r(?:\xfc|ue)f[ -]?(?:nummer|nr|ziffern?|zahl|code)|togram[a-z]{0,3})%b%b"
    rb"|(?:(?<![a-z]p)an|rimary_?account_?number)%b%b)" % (BETWEEN, CODE, BETWEEN, _CARD_NUMBER)
)
_S: Final = rb"s(?:(?:eries_?|ec\.?[ _-])code%b%b|tell(?:ige[nrs]?|en)(?![a-z])%b)" % (
    BETWEEN,
    CODE,
    _COUNTED,
)
_U: Final = (
    rb"u(?=r(?:it|id|ez)|m(?:b|er|\xe9|me))(?:(?:rity[ _-]?(?:code|number|no|digits)"
    rb"|rit[e\xe9](?:(?<=code de s.curit.)|(?<=num.ro de s.curit.)|(?<=code s.curit.))"
    rb"|ridad(?:(?<=digo de seguridad)|(?<=mero de seguridad)|(?<=lave de seguridad)"
    rb"|(?<=digo seguridad)|(?<=d\. seguridad))"
    rb"|rezza(?:(?<=codice di sicurezza)|(?<=numero di sicurezza)|(?<=codice sicurezza)))%b%b"
    rb"|m(?:bers|er[io]s?|\xe9ros|mern)(?![a-z])%b)" % (BETWEEN, CODE, _COUNTED)
)
_SECURITY_GERMAN: Final = rb"heits[ -]?(?:code|nummer|zahl|ziffern?)" + BETWEEN + CODE
_DIGITS: Final = rb"git(?:s|os)?(?![a-z])" + _COUNTED
_ZIFFERN_CHIFFRES: Final = rb"iff(?:ern|res)(?![a-z])" + _COUNTED
_LABELLED: Final = tuple(
    re.compile(label) for label in (_C, _P, _S, _U, _SECURITY_GERMAN, _DIGITS, _ZIFFERN_CHIFFRES)
)
_COUNT: Final = re.compile(
    rb"(?<![0-9a-z])(?:3|three|drei|trois|tre|tres|(?P<four>4|four|vier|quatre|quattro|cuatro))"
    rb"[^0-9a-z]{0,3}(?:[a-z\x80-\xff]{2,12}[^0-9a-z]{1,3}){0,2}[a-z\xed]{0,3}\Z"
)
_NEXT_FIELD: Final = re.compile(rb"[\"`],|=\s*(?:\"\"|'')|/>")
_FRONT: Final = re.compile(rb"front|vorn|vorder|recto|devant|face|frente|anverso")
_BACK: Final = re.compile(
    rb"last|back|reverse|letzt|hinten|r(?:\xfc|ue)ck|dernier|dos|verso|ultim|[u\xfa]ltim|retro|atr[a\xe1]s"
)
_LOOK_BACK: Final = 40


def has_label(lowered: bytes) -> bool:
    """False if labelled_spans finds nothing."""
    for label in _LABELLED:  # noqa: SIM110 - faster for small payloads than `any`
        if label.search(lowered):
            return True
    return False


def labelled_spans(lowered: bytes) -> Iterator[Span]:
    """Security codes and card numbers whose label is before them."""
    for label in _LABELLED:
        for match in label.finditer(lowered):
            group = match.lastgroup or ""
            if _IS_LABEL[group](match):
                yield Span(*match.span(group), 4 if group == "number" else 0)


def _is_counted(match: re.Match[bytes]) -> bool:
    """Three digits, or four that are on the front; three numbers, if they are the last ones or on
    the back."""
    start = match.start()
    earliest = max(0, start - _LOOK_BACK)
    count = _COUNT.search(match.string, earliest, start)
    if count is None or count["four"]:
        return count is not None and _FRONT.search(match[0]) is not None
    is_of_digits = not match[0].startswith(b"um")
    return is_of_digits or _BACK.search(match.string, earliest, match.end()) is not None


def _is_named(match: re.Match[bytes]) -> bool:
    return not (_is_of_next_field(match) or _is_in_word(match) or _is_end_tag(match))


def _is_end_tag(match: re.Match[bytes]) -> bool:
    text, start = match.string, match.start()
    tag = text.rfind(b"</", max(0, start - _LOOK_BACK), start)
    return tag >= 0 and text.find(b">", tag, start) < 0


def _is_in_word(match: re.Match[bytes]) -> bool:
    """True for `abcvv123`, as it may be in an id; the label may end with a digit (`cvv2`)."""
    text, start, code = match.string, match.start(), match.start(match.lastgroup or "")
    if not text[code - 1 : code].isalnum() or not text[start - 1 : start]:
        return False
    return text[start - 1 : start].isalnum() or text[max(0, start - 3) : start] == b"***"


def _is_of_next_field(match: re.Match[bytes]) -> bool:
    """True if the label's own field or element is empty; a field named `value` is the label's."""
    between = match.string[match.start() : match.start(match.lastgroup or "")]
    return _NEXT_FIELD.search(between) is not None and b"value" not in between


_IS_LABEL: Final = {"code": _is_named, "number": _is_named, "counted": _is_counted}
