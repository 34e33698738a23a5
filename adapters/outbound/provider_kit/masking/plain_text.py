"""Text as one byte per character, for searches that must not depend on script, width, dashes or
encoding."""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import compress
from typing import Final, NamedTuple

_ASCII: Final = bytes(range(128))
_CATEGORIES: Final = {"Pd": "-", "Zs": " ", "Zl": "\n", "Zp": "\n", "Cf": " ", "Pc": "_"}
_SYMBOLS: Final = frozenset(["Po", "Ps", "Pe", "Pi", "Pf", "Sm", "Sk", "So"])
_CHARACTERS: Final = {
    # The dashes of cp1252, in texts that were read as ISO 8859-1.
    "\x96": "-",
    "\x97": "-",
    # Around digits in emoji.
    **dict.fromkeys("\ufe0e\ufe0f\u20e3", " "),
    "\u2212": "-",
    "\u2044": "/",
    "\u2215": "/",
    **dict.fromkeys("\u00b7\u2022\u2027\u2219\u22c5\u30fb", "."),
}
_MANY: Final = 16

FILLER: Final = b"\0"
"""Stands for the rest of an encoded character, after its byte."""

ENCODED_QUOTE: Final = b"`"
"""An encoded quotation mark, which ends no text in JSON."""

BLOCK: Final = b"\x02"
"""A tag between paragraphs, cells of a table or elements of a payload."""

_PAIR: Final = re.compile(rb"\\\\")
_QUOTE: Final = re.compile(rb'\\"')
"""As patterns, since these are found faster than by `in`."""

_OTHER_LETTER: Final = (
    rb"(?:00[c-fC-F](?![3789acdACD])[0-9a-fA-F]|0[14][0-9a-fA-F]{2})(?![0-9\\&%])"
)
"""A letter that is in no label (unlike u-umlaut and some with accents) and not before a digit: such
escapes are frequent, and not projected."""

_ESCAPE: Final = re.compile(
    rb"\\(?:\0*+(?:u[dD][89abAB][0-9a-fA-F]{2}\\\0*+u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|u(?!%b)[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,5}\}|U000[0-9a-fA-F]{5}|x[0-9a-fA-F]{2}|[nrtbf/]))"
    % _OTHER_LETTER
)
_ENTITY: Final = re.compile(
    rb"&\0*+(?:(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,9});"
    rb"|#[0-9]{2}(?![0-9;]))"
)
_PERCENT: Final = re.compile(
    rb"%\0*+(?:[c-fC-F][0-9a-fA-F](?:%\0*+[89abAB][0-9a-fA-F]){1,3}|[0-9a-fA-F]{2})"
)
_HEX: Final = re.compile(rb"[0-9a-fA-F]{2,}")
_JSON_ESCAPES: Final = {b"n": "\n", b"t": "\t", b"r": "\r", b"b": "\b", b"f": "\f", b"/": "/"}
_MARKUP: Final = re.compile(
    rb"<!--.{0,300}?-->|<!--|-->|<!\[CDATA\[|\]\]>|<\0*/?\0*[A-Za-z][^<>]{0,300}>", re.DOTALL
)

_INLINE_NAMES: Final = (
    "a|b|br|em|font|i|small|span|strong|sub|sup|tt|u"  # Within a line, except `br`.
)
MARKUP_NAMES: Final = frozenset(
    [*_INLINE_NAMES.split("|"), "div", "li", "p", "pre", "table", "td", "th", "tr"]
)
_INLINE: Final = re.compile(
    rb"<\0*/?\0*(?:%b)(?![A-Za-z0-9:_-])" % _INLINE_NAMES.encode(), re.IGNORECASE
)
_ADJACENT: Final = re.compile(
    rb">[^0-9A-Za-z<>]{0,8}+(?:[0-9]{1,19}+[^0-9A-Za-z<>]{0,8}+</(?:%b)>"
    rb"|[0-9]{4,19}+[^0-9A-Za-z<>]{0,8}+(?:<[^<>]{1,99}>[^0-9A-Za-z<>]{0,8}+){1,4}[0-9]{4})"
    % "|".join(sorted(MARKUP_NAMES)).encode()
)

_DIGIT_AFTER_TAG: Final = re.compile(rb">[^0-9A-Za-z<>]{0,8}+[0-9]")
_DIGIT_AFTER_ENCODED_TAG: Final = re.compile(rb">\0[^0-9A-Za-z<>]{0,8}+[0-9]")
_DIGIT_AFTER_MARK: Final = tuple(
    re.compile(mark + rb"[^0-9A-Za-z<>]{0,8}+[0-9]")
    for mark in (rb"-->", rb"\]\]>", rb"<!\[CDATA\[")
)
_DATA_IN_TAG: Final = re.compile(
    rb"(?i)(?:[0-9][^0-9]{0,3}){12}|card|code|cv[cv]|(?<![a-z])pan[^a-z]"
)


class Compact(NamedTuple):
    """Plain text without fillers. `places`: where each of its characters stands in the text; one
    more for the end."""

    plain: bytes
    places: Sequence[int]


def is_plain(text: bytes) -> bool:
    """True if the text is its own plain text, and has no tags."""
    return text.isascii() and not (
        b"\\" in text or b"&" in text or b"%" in text or b"<" in text or FILLER in text
    )


def to_plain(text: str) -> bytes:
    """Digits, letters and punctuation of every script and width as ASCII, every dash as `-`, every
    space and invisible character as a space, every other symbol as `|`, other characters as bytes
    above 127 or `?`; encoded ones (`&nbsp;`, `%20`, `\\n`, `\\u0034`, `&#52;`) as their byte and
    fillers. Of the text's length."""
    plain = _to_bytes(text)
    if FILLER in plain:
        plain = plain.replace(FILLER, b"\x01")
    if b"\\" in plain:
        # What is left of a pair may encode once more, except a quotation mark.
        if _PAIR.search(plain):
            plain = plain.replace(b"\\\\", b"\\\0")
        if _QUOTE.search(plain):
            plain = plain.replace(b'\\"', ENCODED_QUOTE + FILLER)
        plain = _project(plain, _ESCAPE, _projected)
    if b"&" in plain:
        plain = _project(plain.replace(b"&amp;", b"&\0\0\0\0"), _ENTITY, _projected)
    if b"%" in plain:
        plain = _project(plain.replace(b"%25", b"%\0\0"), _PERCENT, _projected)
    return plain


def may_go_on_after_tags(plain: bytes, *, is_xml: bool) -> bool:
    """True if a number may begin in one element, and end in another."""
    if not is_xml:
        return b"<" in plain and _DIGIT_AFTER_TAG.search(plain) is not None
    if FILLER in plain and _DIGIT_AFTER_ENCODED_TAG.search(plain):
        return True
    if b"!" in plain and any(mark.search(plain) for mark in _DIGIT_AFTER_MARK):
        return True
    return _ADJACENT.search(plain) is not None


def without_markup(plain: bytes) -> bytes:
    """Every tag that holds no data, and the marks of comments, as one separator and fillers."""
    return _project(
        plain, _MARKUP, lambda tag: tag if _DATA_IN_TAG.search(tag) else _separator(tag)
    )


def without_tags(plain: bytes) -> bytes:
    """Every tag and comment as one separator and fillers."""
    return _project(plain, _MARKUP, _separator)


def _separator(tag: bytes) -> bytes:
    is_inline = tag.startswith((b"<!", b"-->", b"]]>")) or _INLINE.match(tag)
    return (b"|" if is_inline else BLOCK).ljust(len(tag), FILLER)


def compact(plain: bytes) -> Compact:
    size = len(plain)
    if FILLER not in plain:
        return Compact(plain, range(size + 1))
    places = [*compress(range(size), plain), size]
    return Compact(plain.translate(None, FILLER), places)


def _to_bytes(text: str) -> bytes:
    if text.isascii():
        return text.encode()
    others = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    found = {char: _ascii_equal(char) for char in set(others.decode("utf-8", "surrogatepass"))}
    equal = {char: plain for char, plain in found.items() if plain is not None}
    if len(equal) > _MANY:
        text = text.translate({ord(char): plain for char, plain in equal.items()})
    else:
        # Many times faster than `translate`, which looks up every character.
        for char, plain in equal.items():
            text = text.replace(char, plain)
    return text.encode("latin-1", "replace")


def _project(
    plain: bytes, pattern: re.Pattern[bytes], projected: Callable[[bytes], bytes]
) -> bytes:
    found = set(pattern.findall(plain))
    if len(found) > _MANY:
        return pattern.sub(lambda match: projected(match[0]), plain)
    for each in found:
        plain = plain.replace(each, projected(each))
    return plain


@lru_cache(maxsize=4096)
def _projected(encoded: bytes) -> bytes:
    char = _decode(encoded.translate(None, FILLER))
    if char == '"':
        return ENCODED_QUOTE.ljust(len(encoded), FILLER)
    if char == "&" or len(char) != 1:
        return encoded
    byte = (_ascii_equal(char) or char).encode("latin-1", "replace").replace(FILLER, b"\x01")
    return byte.ljust(len(encoded), FILLER)


def _decode(encoded: bytes) -> str:
    if encoded.startswith(b"&"):
        return html.unescape(encoded.decode())
    if encoded.startswith(b"%"):
        return bytes.fromhex(encoded.replace(b"%", b"").decode()).decode("utf-8", "replace")
    kind = encoded[1:2]
    if kind not in b"uUx":
        return _JSON_ESCAPES[kind]
    codes = [int(code, 16) for code in _HEX.findall(encoded)]
    if len(codes) == 2:
        return chr(0x10000 + ((codes[0] - 0xD800) << 10) + (codes[1] - 0xDC00))
    return chr(codes[0])


@lru_cache(maxsize=4096)
def _ascii_equal(char: str) -> str | None:
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(char)
    known = _CHARACTERS.get(char) or _CATEGORIES.get(category)
    if known is not None:
        return known
    compatible = unicodedata.normalize("NFKC", char)
    if len(compatible) == 1 and compatible.isascii():
        return compatible
    return "|" if category in _SYMBOLS and not char.isascii() else None
