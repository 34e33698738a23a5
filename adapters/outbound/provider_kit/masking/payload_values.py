"""The values in the text of a JSON or XML payload, with their places: the text itself stays."""

import html
import re
from array import array
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from adapters.outbound.provider_kit.masking.plain_text import MARKUP_NAMES

Range: TypeAlias = tuple[int, int]


class NotStructured(Exception):
    """The text is not readable as JSON or XML."""


class Format(Enum):
    JSON = auto()
    XML = auto()


class Syntax(Enum):
    JSON_TEXT = auto()
    JSON_NUMBER = auto()
    XML_TEXT = auto()
    UNPARSED = auto()


class PayloadValue(NamedTuple):
    """`ranges`: its parts in the payload. `keys`: the names around it, the field's own last."""

    ranges: tuple[Range, ...]
    syntax: Syntax
    keys: tuple[str, ...]

    @property
    def start(self) -> int:
        return self.ranges[0][0]

    @property
    def end(self) -> int:
        return self.ranges[-1][1]

    @property
    def is_number(self) -> bool:
        return self.syntax is Syntax.JSON_NUMBER


_ESCAPES: Final = {
    Syntax.JSON_TEXT: "\\",
    Syntax.XML_TEXT: "&",
}
_ESCAPED: Final = {
    Syntax.JSON_TEXT: re.compile(
        r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.",
        re.DOTALL,
    ),
    Syntax.XML_TEXT: re.compile(r"&#?[0-9A-Za-z]{1,10};"),
}
_JSON_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


_HTML: Final = re.compile(rf"\s*<(?:{'|'.join(sorted(MARKUP_NAMES))})[\s/>]", re.IGNORECASE)
"""Text with markup."""


def is_escaped(text: str, value: PayloadValue) -> bool:
    """True if the value's text differs from the payload's."""
    escape = _ESCAPES.get(value.syntax)
    return len(value.ranges) > 1 or (escape is not None and escape in _joined(text, value))


def decoded(text: str, value: PayloadValue) -> str:
    joined = _joined(text, value)
    escape = _ESCAPES.get(value.syntax)
    if escape is None or escape not in joined:
        return joined
    return _ESCAPED[value.syntax].sub(lambda match: _unescape(match[0], value.syntax), joined)


def character_places(text: str, value: PayloadValue) -> tuple[Sequence[int], Sequence[int]]:
    """Where each decoded character starts and ends in the payload."""
    starts, ends = array("q"), array("q")
    for begin, end in value.ranges:
        position = begin
        for match in _ESCAPED[value.syntax].finditer(text, begin, end):
            starts.extend(range(position, match.start()))
            ends.extend(range(position + 1, match.start() + 1))
            position = match.end()
            for _ in _unescape(match[0], value.syntax):
                starts.append(match.start())
                ends.append(position)
        starts.extend(range(position, end))
        ends.extend(range(position + 1, end + 1))
    return starts, ends


def format_of(text: str) -> Format | None:
    """None if it is neither; the rest of the text may still not be readable as such."""
    start = text[:200].lstrip("\ufeff \t\r\n")[:1]
    if start == "<":
        return None if _HTML.match(text) else Format.XML
    if start in ("{", "[") or _JSON_SCALAR.fullmatch(text):
        return Format.JSON
    return None


def values_at(text: str, form: Format | None, places: Sequence[Range]) -> Iterator[PayloadValue]:
    """The values at these places, which are sorted by their start; the others are skipped, which
    is many times faster. Raises NotStructured, possibly after some values."""
    if form is None:
        raise NotStructured
    return (_xml_values if form is Format.XML else _json_values)(text, places)


def _joined(text: str, value: PayloadValue) -> str:
    if len(value.ranges) == 1:
        return text[slice(*value.ranges[0])]
    return "".join([text[start:end] for start, end in value.ranges])


def _unescape(found: str, syntax: Syntax) -> str:
    if syntax is Syntax.XML_TEXT:
        return html.unescape(found)
    if len(found) == 12:
        high, low = int(found[2:6], 16), int(found[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if found[1] == "u":
        return chr(int(found[2:], 16)) if len(found) == 6 else found[1]
    return _JSON_ESCAPES.get(found[1], found[1])


_CHARACTERS: Final = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
_STRING: Final = f'"{_CHARACTERS}"'
_STRING_OR_NAME: Final = rf'"(?P<text>{_CHARACTERS})"(?P<colon>\s*+:)?'
_BARE: Final = r"-?[0-9][0-9.eE+-]*+|true|false|null|NaN|-?Infinity"
_JSON_TOKEN: Final = re.compile(
    rf"[\s,:\ufeff]*+(?:{_STRING_OR_NAME}"
    r"|(?P<open>[{\[])|(?P<close>[}\]])"
    rf"|(?P<bare>{_BARE})(?=\s*+(?:[,\]}}]|\Z)))",
    re.DOTALL,
)
_LEVELS: Final = 3
"""How deep containers are skipped as a whole."""


def _nested(container: str) -> str:
    """The pattern of a container, in which `%s` stands for the containers in it."""
    pattern = "(?!)"
    for _ in range(_LEVELS):
        pattern = container % pattern
    return pattern


_JSON_CONTAINER: Final = _nested(rf'[{{\[](?:[^{{}}\[\]"]++|{_STRING}|%s)*+[}}\]]')
_JSON_SKIPPED: Final = re.compile(
    rf"(?:[\s,]*+(?:{_STRING_OR_NAME}"
    rf"|(?:{_BARE})(?=\s*+[,\]}}])"
    rf"|\s*+{_JSON_CONTAINER}))*+",
    re.DOTALL,
)
_SHORT_NUMBERS: Final = re.compile(r"(?:[\s,]*+-?[0-9][0-9.]{0,11}+(?=\s*+[,\]}]))++")
"""Too short for a card number."""

_JSON_SCALAR: Final = re.compile(rf"\s*+(?:-?[0-9]++|{_STRING})\s*+", re.DOTALL)


def _json_values(text: str, places: Sequence[Range]) -> Iterator[PayloadValue]:
    keys = [""]
    position = 0
    is_complete = False
    for start, end in places:
        while position < end:
            position = _skip_json(text, position, start, keys)
            match = _JSON_TOKEN.match(text, position)
            if match is None or is_complete:
                raise NotStructured
            position = match.end()
            kind = match.lastgroup or ""
            if kind in ("open", "close"):
                _enter_or_leave(keys, kind)
            elif position > start:
                yield _json_value(match, keys)
            if kind == "colon":
                keys[-1] = match["text"]
            is_complete = len(keys) == 1


def _skip_json(text: str, position: int, end: int, keys: list[str]) -> int:
    """Where the token begins that is at `end`, or the next bracket."""
    if position < end:
        skipped = _JSON_SKIPPED.match(text, position, end)
        if skipped is not None:
            position = skipped.end()
            if skipped.end("colon") == position:
                keys[-1] = skipped["text"]
        return position
    numbers = _SHORT_NUMBERS.match(text, position)
    return position if numbers is None else numbers.end()


def _json_value(match: re.Match[str], keys: list[str]) -> PayloadValue:
    if match["bare"] is not None:
        return PayloadValue((match.span("bare"),), Syntax.JSON_NUMBER, tuple(keys))
    is_name = match["colon"] is not None
    return PayloadValue(
        (match.span("text"),), Syntax.JSON_TEXT, tuple(keys[:-1] if is_name else keys)
    )


def _enter_or_leave(keys: list[str], kind: str) -> None:
    if kind == "open":
        keys.append(keys[-1])
    elif len(keys) > 1:
        keys.pop()
    else:
        raise NotStructured


_NAME: Final = r"[^\s<>/!?\"'=]++"
_ATTRIBUTES: Final = r"(?:[^<>\"'/]++|\"[^\"<]*+\"|'[^'<]*+'|/(?!>))*+"
_XML_TOKEN: Final = re.compile(
    r"(?P<text>[^<]++)"
    r"|<!--(?P<comment>.*?)-->"
    r"|<!\[CDATA\[(?P<cdata>.*?)\]\]>"
    r"|<\?(?P<instruction>.*?)\?>"
    r"|</(?P<close>[^<>]*+)>"
    rf"|<(?P<open>{_NAME})(?P<attributes>{_ATTRIBUTES})(?P<empty>/?)>",
    re.DOTALL,
)
_COMMENT: Final = r"<!--(?:[^-]++|-(?!->))*+-->"
_XML_ELEMENT: Final = _nested(
    rf"<{_NAME}{_ATTRIBUTES}"
    rf"(?:/>|>(?:[^<]++|{_COMMENT}|<!\[CDATA\[(?:[^\]]++|\](?!\]>))*+\]\]>|%s)*+"
    r"</[^<>]*+>)"
)
_XML_SKIPPED: Final = re.compile(rf"(?:[^<]*+(?:{_XML_ELEMENT}|{_COMMENT}(?=\s*+<[^!])))*+")
"""Elements, and the text between them; no comment inside a text."""

_ATTRIBUTE: Final = re.compile(r"([^\s=\"'/]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")


def _xml_values(text: str, places: Sequence[Range]) -> Iterator[PayloadValue]:
    names: list[str] = []
    pieces: list[Range] = []
    position = 0
    for start, end in places:
        while position < end or (pieces and position < len(text)):
            if names and not pieces:
                position = _skip_xml(text, position, start)
            match = _XML_TOKEN.match(text, position)
            if match is None:
                raise NotStructured
            position = match.end()
            values = list(_token_values(text, match, names, pieces))
            if position > start:
                yield from values
    if pieces:
        yield PayloadValue(tuple(pieces), Syntax.XML_TEXT, tuple(names))


def _token_values(
    text: str, match: re.Match[str], names: list[str], pieces: list[Range]
) -> Iterator[PayloadValue]:
    """Collects the pieces of a text; returns it before the next tag."""
    kind = match.lastgroup or ""
    if kind in ("text", "cdata"):
        pieces.append(match.span(kind))
    elif kind in ("comment", "instruction"):
        yield PayloadValue((match.span(kind),), Syntax.UNPARSED, tuple(names))
    else:
        if pieces:
            yield PayloadValue(tuple(pieces), Syntax.XML_TEXT, tuple(names))
            pieces.clear()
        yield from _tag_values(text, match, names)


def _skip_xml(text: str, position: int, end: int) -> int:
    match = _XML_SKIPPED.match(text, position, end) if position < end else None
    return position if match is None else match.end()


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
        yield PayloadValue((attribute.span(number),), Syntax.XML_TEXT, tuple(names))
        names.pop()
    if tag["empty"]:
        names.pop()


def _local_name(name: str) -> str:
    return name.rpartition(":")[2]
