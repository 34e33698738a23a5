"""Masks payment card numbers and security codes in any text, before it is stored or shown.

PCI DSS 3.3 and 3.4: the security code is never kept, the number at most as its last four digits.
Length, JSON validity and all other text are unchanged. An unquoted JSON number becomes nines (no
issuer range begins with 9), other text becomes asterisks: scrubbing twice changes nothing.

A card number is 14 to 19 digits, contiguous or in the groups printed on cards, of a known issuer
range, with a valid Luhn digit, not part of a longer run of digits, of a decimal fraction, of a
phone number (+) or of a UUID or other hex id. In a field named as a card number (CardNumber, pan,
…) 12 to 19 digits are masked without a Luhn check; security codes are found by field name only.
Expiry dates are not masked: they are useless without the number. Maestro's ranges (12 to 19 digits,
retired by the scheme in 2023) are found by field name only, since every tenth booking number would
match them.

Limit: text in UTF-16 and digits written as entities or escapes are not scanned.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from stdnum import luhn

_SPACERS: Final = b" .-\xc2\xa0\xe2\x80\x91"
"""Space, point, dash; the bytes of no-break space and no-break hyphen."""

_SHAPES: Final = bytes.maketrans(b"0123456789" + _SPACERS, b"0" * 10 + b"-" * len(_SPACERS))
_SHAPE: Final = re.compile(rb"0000(?:0{10}|-{1,3}0000-{1,3}0000-{1,3}0000|-{1,3}000000-{1,3}0000)")
_RUN: Final = re.compile(rb"0+")
_SPACER: Final = rb"(?:[ .-]|\xc2\xa0|\xe2\x80\x91)"
_CARD: Final = re.compile(
    rb"(?<![0-9+])(?<![0-9]\.)(?:[0-9]{14,19}"
    rb"|[0-9]{4}(?P<a>%b)[0-9]{4}(?P=a)[0-9]{4}(?P=a)[0-9]{4}(?P<tail>(?P=a)[0-9]{3})?"
    rb"|[0-9]{4}(?P<b>%b)[0-9]{6}(?P=b)[0-9]{4,5})(?![0-9])" % (_SPACER, _SPACER)
)
_ISSUERS: Final = re.compile(
    rb"4(?:[0-9]{15}|[0-9]{18})"
    rb"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    rb"|3[47][0-9]{13}"
    rb"|(?:30[0-5][0-9]|3095|3[689][0-9]{2})[0-9]{10}"
    rb"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"
    rb"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12,15}"
    rb"|(?:62|81)[0-9]{14,17}"
)
_BETWEEN: Final = rb"[\"'\\\s:=>]{1,200}(?:<(?:[a-z][a-z0-9]*:)?plaintext[^<>]{0,99}>\s{0,99})?"
_FIELD: Final = re.compile(
    rb"(?:cvv2?|cvc2?|cvn2?|csc|seriescode|card_?code|security_?code|card_?verification_?"
    rb"(?:value|code|number))%b(?P<code>[0-9]{3,4})(?![0-9])"
    rb"|(?:(?<![a-z])pan|card[_ ]?(?:number|no|num)|primary_?account_?number)%b"
    rb"(?P<number>[0-9](?:[ -]?[0-9]){11,18})(?![0-9])" % (_BETWEEN, _BETWEEN)
)
_NAME_STARTS: Final = (b"cv", b"csc", b"seriesc", b"card", b"security", b"pan", b"primary")
"""Searched one by one, which is many times faster than searching for the pattern."""

_HEX_ID: Final = re.compile(rb"[0-9a-f-]{20,}", re.IGNORECASE)
_TOKEN_END: Final = re.compile(rb"[0-9A-Za-z-]*")
_DIGIT: Final = re.compile(rb"[0-9]")
_UNQUOTED_NUMBER: Final = re.compile(rb"(?:^|[:\[,])\s*-?\Z")
_LOOK_AROUND: Final = 40


class _Span(NamedTuple):
    start: int
    end: int
    keep: int


def scrub(text: str) -> str:
    """The text with card numbers masked; of the same length."""
    return scrub_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def scrub_bytes(body: bytes) -> bytes:
    """For UTF-8 and every encoding that keeps ASCII digits; fits ports.system.CardMask."""
    spans = [*_card_numbers(body), *_labelled_numbers(body.lower())]
    if not spans:
        return body
    masked = bytearray(body)
    for span in spans:
        shown = masked[span.start : span.end]
        hidden = len(shown) - span.keep
        masked[span.start : span.start + hidden] = _DIGIT.sub(
            _mask_char(body, span), shown[:hidden]
        )
    return bytes(masked)


def _card_numbers(body: bytes) -> Iterator[_Span]:
    shape = body.translate(_SHAPES)
    hit = _SHAPE.search(shape)
    while hit is not None:
        run = _RUN.match(shape, hit.start())
        position = run.end() if run else hit.end()
        match = _CARD.match(body, hit.start())
        if match is not None and (spans := _card_spans(match)) and not _is_inside_hex_id(match):
            yield from spans
            position = match.end()
        hit = _SHAPE.search(shape, position)


def _card_spans(match: re.Match[bytes]) -> list[_Span]:
    digits = b"".join(_DIGIT.findall(match[0]))
    if _is_card(digits):
        return [_Span(match.start(), match.end(), 4)]
    if match["tail"] and _is_card(digits[:16]):
        # Three digits after a card's sixteen are its security code.
        split = match.start("tail")
        return [_Span(match.start(), split, 4), _Span(split, match.end(), 0)]
    return []


def _is_card(digits: bytes) -> bool:
    return _ISSUERS.fullmatch(digits) is not None and luhn.is_valid(digits.decode("ascii"))


def _is_inside_hex_id(match: re.Match[bytes]) -> bool:
    body, start, end = match.string, match.start(), match.end()
    before = _TOKEN_END.match(body[max(0, start - _LOOK_AROUND) : start][::-1])
    after = _TOKEN_END.match(body, end, end + _LOOK_AROUND)
    token = (before[0][::-1] if before else b"") + match[0] + (after[0] if after else b"")
    return not token.replace(b"-", b"").isdigit() and _HEX_ID.fullmatch(token) is not None


def _labelled_numbers(lowered: bytes) -> Iterator[_Span]:
    for start in _NAME_STARTS:
        position = lowered.find(start)
        while position >= 0:
            match = _FIELD.match(lowered, position)
            if match is not None and match["code"]:
                yield _Span(*match.span("code"), 0)
            elif match is not None:
                yield _Span(*match.span("number"), 4)
            position = lowered.find(start, position + len(start))


def _mask_char(body: bytes, span: _Span) -> bytes:
    before = body[max(0, span.start - _LOOK_AROUND) : span.start]
    return b"9" if _UNQUOTED_NUMBER.search(before) else b"*"
