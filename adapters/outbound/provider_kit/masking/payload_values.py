"""The values in the text of a JSON or XML payload, with their places: the text itself stays."""

import html
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

Range: TypeAlias = tuple[int, int]


class NotStructured(Exception):
    """The text is not readable as JSON or XML."""


class Syntax(Enum):
    JSON_TEXT = auto()
    JSON_NUMBER = auto()
    XML_TEXT = auto()
    UNPARSED = auto()


class PayloadValue(NamedTuple):
    """`ranges`: its parts in the payload. `keys`: the names around it, the field's own last; the
    list is reused for the next value."""

    ranges: tuple[Range, ...]
    syntax: Syntax
    keys: list[str]


class Character(NamedTuple):
    start: int
    end: int
    text: str


_ESCAPES: Final = {
    Syntax.JSON_TEXT: "\\",
    Syntax.XML_TEXT: "&",
}
_CHARACTERS: Final = {
    Syntax.JSON_TEXT: re.compile(
        r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.",
        re.DOTALL,
    ),
    Syntax.XML_TEXT: re.compile(r"&#?[0-9A-Za-z]{1,10};|.", re.DOTALL),
}
_JSON_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def is_escaped(text: str, value: PayloadValue) -> bool:
    """True if the value's text differs from the payload's."""
    escape = _ESCAPES.get(value.syntax)
    return len(value.ranges) > 1 or (escape is not None and escape in _joined(text, value))


def decoded(text: str, value: PayloadValue) -> str:
    joined = _joined(text, value)
    escape = _ESCAPES.get(value.syntax)
    if escape is None or escape not in joined:
        return joined
    return _CHARACTERS[value.syntax].sub(lambda match: _unescape(match[0], value.syntax), joined)


def characters(text: str, value: PayloadValue) -> list[Character]:
    """The decoded characters with their places in the payload."""
    pattern = _CHARACTERS[value.syntax]
    found: list[Character] = []
    for start, end in value.ranges:
        for match in pattern.finditer(text, start, end):
            unescaped = _unescape(match[0], value.syntax)
            found += [Character(*match.span(), char) for char in unescaped]
    return found


def payload_values(text: str) -> Iterator[PayloadValue]:
    """Raises NotStructured, possibly after some values."""
    start = text[:200].lstrip("\ufeff \t\r\n")[:1]
    if start == "<":
        return _xml_values(text)
    if start and (start in '{["' or _NUMBER.fullmatch(text)):
        return _json_values(text)
    raise NotStructured


def _joined(text: str, value: PayloadValue) -> str:
    if len(value.ranges) == 1:
        return text[slice(*value.ranges[0])]
    return "".join([text[start:end] for start, end in value.ranges])


def _unescape(found: str, syntax: Syntax) -> str:
    if len(found) == 1:
        return found
    if syntax is Syntax.XML_TEXT:
        return html.unescape(found)
    if len(found) == 12:
        high, low = int(found[2:6], 16), int(found[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if found[1] == "u":
        return chr(int(found[2:], 16)) if len(found) == 6 else found[1]
    return _JSON_ESCAPES.get(found[1], found[1])


_JSON_TOKEN: Final = re.compile(
    r'[\s,:\ufeff]*+(?:"(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)"(?P<colon>\s*+:)?'
    r"|(?P<open>[{\[])|(?P<close>[}\]])"
    r"|(?P<bare>-?[0-9][0-9.eE+-]*+|true|false|null|NaN|-?Infinity)(?=\s*+(?:[,\]}]|\Z)))",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"\s*-?[0-9]+\s*")
_SPACE: Final = re.compile(r"\s*")


def _json_values(text: str) -> Iterator[PayloadValue]:
    keys = [""]
    position = 0
    is_complete = False
    while match := _JSON_TOKEN.match(text, position):
        if is_complete:
            raise NotStructured
        position = match.end()
        kind = match.lastgroup or ""
        if kind in ("open", "close"):
            _enter_or_leave(keys, kind)
        elif kind == "colon":
            yield PayloadValue((match.span("text"),), Syntax.JSON_TEXT, keys[:-1])
            keys[-1] = text[slice(*match.span("text"))]
        else:
            syntax = Syntax.JSON_TEXT if kind == "text" else Syntax.JSON_NUMBER
            yield PayloadValue((match.span(kind),), syntax, keys)
        is_complete = len(keys) == 1
    if len(keys) != 1 or not _SPACE.fullmatch(text, position):
        raise NotStructured


def _enter_or_leave(keys: list[str], kind: str) -> None:
    if kind == "open":
        keys.append(keys[-1])
    elif len(keys) > 1:
        keys.pop()
    else:
        raise NotStructured


_XML_TOKEN: Final = re.compile(
    r"(?P<text>[^<]++)"
    r"|<!--(?P<comment>.*?)-->"
    r"|<!\[CDATA\[(?P<cdata>.*?)\]\]>"
    r"|<\?(?P<instruction>.*?)\?>"
    r"|</(?P<close>[^<>]*+)>"
    r"|<(?P<open>[^\s<>/!?\"'=]++)(?P<attributes>(?:[^<>\"'/]++|\"[^\"<]*+\"|'[^'<]*+'|/(?!>))*+)"
    r"(?P<empty>/?)>",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(r"([^\s=\"'/]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")


def _xml_values(text: str) -> Iterator[PayloadValue]:
    names: list[str] = []
    pieces: list[Range] = []
    position = 0
    while position < len(text):
        match = _XML_TOKEN.match(text, position)
        if match is None:
            raise NotStructured
        position = match.end()
        kind = "open" if match["open"] else match.lastgroup or ""
        if kind in ("text", "cdata"):
            pieces.append(match.span(kind))
        elif kind in ("comment", "instruction"):
            yield PayloadValue((match.span(kind),), Syntax.UNPARSED, names)
        else:
            if pieces:
                yield PayloadValue(tuple(pieces), Syntax.XML_TEXT, names)
                pieces = []
            yield from _tag_values(text, match, names)
    if names:
        raise NotStructured
    if pieces:
        yield PayloadValue(tuple(pieces), Syntax.XML_TEXT, names)


def _tag_values(text: str, tag: re.Match[str], names: list[str]) -> Iterator[PayloadValue]:
    """The attributes; changes `names` to those of the elements that are open after the tag."""
    if tag["open"] is None:
        if not names:
            raise NotStructured
        names.pop()
        return
    names.append(_local_name(tag["open"]))
    for attribute in _ATTRIBUTE.finditer(text, *tag.span("attributes")):
        number = 2 if attribute[2] is not None else 3
        names.append(_local_name(attribute[1]))
        yield PayloadValue((attribute.span(number),), Syntax.XML_TEXT, names)
        names.pop()
    if tag["empty"]:
        names.pop()


def _local_name(name: str) -> str:
    return name.rpartition(":")[2]
