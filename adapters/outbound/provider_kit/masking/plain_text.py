"""Text as one byte per character, for searches that must not depend on script, width or dashes."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_CATEGORIES: Final = {"Pd": "-", "Zs": " ", "Zl": "\n", "Zp": "\n", "Cf": " ", "Pc": "_"}
_CHARACTERS: Final = {
    # The dashes of cp1252, in texts that were read as ISO 8859-1.
    "\x96": "-",
    "\x97": "-",
    "\u2212": "-",
    "\u2044": "/",
    "\u2215": "/",
    **dict.fromkeys("\u00b7\u2022\u2027\u2219\u22c5\u30fb", "."),
}
_MANY: Final = 16
_ENCODED_SEPARATOR: Final = re.compile(
    rb"&(?:nbsp|thinsp|ensp|emsp|ndash|mdash|shy|#(?:9|10|13|32|4[4-7]|160|173|82[0-9]{2}));"
    rb"|&#x(?:9|a|d|20|2[c-f]|a0|ad|20[0-9a-f]{2});"
    rb"|%(?:09|0[ad]|20|2[c-f]|5f|c2%a0)"
    rb"|\\(?:[nrt/]|u00a0|u20[0-6][0-9a-f])",
    re.IGNORECASE,
)


def to_plain(text: str) -> bytes:
    """Digits, letters and punctuation of every script and width as ASCII, every dash as `-`, every
    space, invisible character and encoded separator (`&nbsp;`, `%20`, `\\n`) as spaces; other
    characters as bytes above 127 or `?`."""
    plain = _to_bytes(text)
    if b"&" in plain or b"\\" in plain or b"%" in plain:
        return _ENCODED_SEPARATOR.sub(lambda match: b" " * len(match[0]), plain)
    return plain


def _to_bytes(text: str) -> bytes:
    if text.isascii():
        return text.encode()
    found = {char: _ascii_equal(char) for char in set(_NON_ASCII.findall(text))}
    equal = {char: plain for char, plain in found.items() if plain is not None}
    if len(equal) > _MANY:
        text = text.translate({ord(char): plain for char, plain in equal.items()})
    else:
        # Many times faster than `translate`, which looks up every character.
        for char, plain in equal.items():
            text = text.replace(char, plain)
    return text.encode("latin-1", "replace")


@lru_cache(maxsize=4096)
def _ascii_equal(char: str) -> str | None:
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    known = _CHARACTERS.get(char) or _CATEGORIES.get(unicodedata.category(char))
    if known is not None:
        return known
    compatible = unicodedata.normalize("NFKC", char)
    return compatible if len(compatible) == 1 and compatible.isascii() else None
