"""Safe XML parsing to plain elements: no DTD, no custom entities, nothing fetched or expanded.

Entity bombs and external references need a document type, and no supported message has one: it is
rejected before libxml2 parses the text. Size, depth and number of elements are limited. UTF-16 and
other encodings that are not ASCII-compatible are rejected, since the card scrubber works on bytes.
"""

import codecs
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias, cast

from lxml import etree

from adapters.outbound.provider_kit.parsing.errors import ForbiddenXml, OversizeXml, UnreadableXml

MAX_BYTES: Final = 2 * 1024 * 1024
"""SiteMinder's own limit per message; AlpineBits messages are far smaller."""

MAX_DEPTH: Final = 60
MAX_ELEMENTS: Final = 100_000
MAX_ATTRIBUTES: Final = 200
"""Per element: libxml2 compares each with all before it, which takes minutes for 2 MB of them."""

MAX_START_BYTES: Final = 16 * 1024
MAX_START_ELEMENTS: Final = 200
_FED_BYTES: Final = 1024

_PARSER_OPTIONS: Final[dict[str, Any]] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
}
_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "ascii": "ascii",
    "iso8859-1": "iso8859-1",
    "iso8859-15": "iso8859-15",
    "cp1252": "cp1252",
}
_DECLARATION: Final = re.compile(r"<\?xml(?=\s)(?P<declaration>[^>]*)\?>")
_ENCODING: Final = re.compile(r"\sencoding\s*=\s*[\"'](?P<name>[A-Za-z][A-Za-z0-9._-]{0,39})[\"']")
_PROLOG: Final = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_ASSIGNMENT: Final = re.compile(r"=\s*[\"']")
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE_IN_ATTRIBUTE: Final = {9: "&#9;", 10: "&#10;", 13: "&#13;"}


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlElement:
    """`name` is the local name. Keys of `attributes`: the name, or `{namespace}name`. `text` is
    before the first child, `tail` after this element; comments are removed."""

    name: str
    namespace: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple["XmlElement", ...] = ()
    tail: str = ""

    def get(self, attribute: str) -> str | None:
        return self.attributes.get(attribute)

    def child(self, name: str) -> "XmlElement | None":
        """The first child of this local name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> tuple["XmlElement", ...]:
        return tuple(child for child in self.children if child.name == name)

    def walk(self) -> "Iterator[XmlElement]":
        """The element and all elements in it, in the order of the document."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))

    @property
    def value(self) -> str:
        """All text directly inside the element, stripped."""
        if not self.children:
            return self.text.strip()
        return "".join((self.text, *(child.tail for child in self.children))).strip()


def parse_xml(
    body: bytes, *, max_bytes: int = MAX_BYTES, max_elements: int = MAX_ELEMENTS
) -> XmlElement:
    """The root element. Raises UnreadableXml, ForbiddenXml (possible attack) and OversizeXml; raise
    the limits only for responses to our own requests."""
    if len(body) > max_bytes:
        raise OversizeXml(f"more than {max_bytes} bytes")
    text = _decode_body(body)
    _require_no_document_type(text)
    _check_attributes(text)
    try:
        root = etree.fromstring(text.encode(), etree.XMLParser(**_PARSER_OPTIONS))
    except etree.XMLSyntaxError as error:
        raise UnreadableXml("not well formed", *error.position) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ForbiddenXml("a document type is not accepted")
    return _TreeConverter(max_elements).element(root, depth=1)


def parse_xml_start(body: bytes, name: str) -> XmlElement | None:
    """The root with its first child `name`, without the other children; for a sender who is not
    authenticated. Nothing behind that child is parsed, nor beyond the first MAX_START_BYTES and
    MAX_START_ELEMENTS. None if there is no root so far. Raises as `parse_xml` does."""
    text = _decode_body(body[:MAX_START_BYTES], errors="ignore")
    _require_no_document_type(text)
    _check_attributes(text)
    parser = etree.XMLPullParser(events=("start", "end"), **_PARSER_OPTIONS)
    encoded = text.encode()
    start = _Start(name)
    try:
        for position in range(0, len(encoded), _FED_BYTES):
            parser.feed(encoded[position : position + _FED_BYTES])
            if start.is_complete(cast("Iterator[_Event]", parser.read_events())):
                break
    except etree.XMLSyntaxError as error:
        raise UnreadableXml("not well formed", *error.position) from None
    return start.root()


_Event: TypeAlias = tuple[str, "etree._Element"]  # noqa: SLF001  # the only name of the type


class _Start:
    """What has been parsed so far of the root and its child `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._root: etree._Element | None = None
        self._child: etree._Element | None = None
        self._count = 0

    def is_complete(self, events: Iterable[_Event]) -> bool:
        for event, element in events:
            self._count += 1
            if self._root is None:
                self._root = element
            elif event == "end" and self._is_wanted(element):
                self._child = element
            if self._child is not None or self._count > 2 * MAX_START_ELEMENTS:
                return True
        return False

    def _is_wanted(self, element: etree._Element) -> bool:
        is_child = element.getparent() is self._root
        return is_child and etree.QName(element).localname == self._name

    def root(self) -> XmlElement | None:
        if self._root is None:
            return None
        convert = _TreeConverter(MAX_START_ELEMENTS)
        child = () if self._child is None else (convert.element(self._child, depth=2),)
        return replace(convert.element(self._root, depth=1, is_deep=False), children=child)


def write_xml(root: XmlElement, *, declaration: bool = True) -> bytes:
    """UTF-8. A namespace is declared where it starts; characters that XML does not allow become
    U+FFFD."""
    start = '<?xml version="1.0" encoding="UTF-8"?>\n' if declaration else ""
    pieces = [start]
    _write(root, "", pieces)
    return "".join(pieces).encode()


def _decode_body(body: bytes, errors: str = "strict") -> str:
    """Without the XML declaration, whose encoding would be wrong for the decoded text."""
    if body.startswith(codecs.BOM_UTF8):
        body = body.removeprefix(codecs.BOM_UTF8)
    elif body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in body[:4]:
        raise UnreadableXml("the encoding is not accepted, send UTF-8")
    head = _DECLARATION.match(body[:200].decode("iso8859-1"))
    encoding = _ENCODING.search(head["declaration"]) if head else None
    try:
        name = codecs.lookup(encoding["name"] if encoding else "utf-8").name
        text = body.decode(_ENCODINGS[name], errors)
    except (LookupError, UnicodeDecodeError):
        raise UnreadableXml("the text is not in an accepted encoding, send UTF-8") from None
    return text[head.end() :] if head else text


def _require_no_document_type(text: str) -> None:
    before = _PROLOG.match(text)
    if before is not None and text.startswith("<!", before.end()):
        raise ForbiddenXml("a document type is not accepted")


def _check_attributes(text: str) -> None:
    """Between one `<` and the next are all attributes of an element, and its text."""
    for piece in text.split("<"):
        if piece.count("=") > MAX_ATTRIBUTES:
            assigned = _ASSIGNMENT.findall(piece)
            if len(assigned) > MAX_ATTRIBUTES:
                raise OversizeXml(f"more than {MAX_ATTRIBUTES} attributes in one element")


class _TreeConverter:
    def __init__(self, max_elements: int) -> None:
        self._count = 0
        self._max_elements = max_elements

    def element(self, source: etree._Element, *, depth: int, is_deep: bool = True) -> XmlElement:
        self._count += 1
        if depth > MAX_DEPTH:
            raise OversizeXml(f"nested deeper than {MAX_DEPTH} elements")
        if self._count > self._max_elements:
            raise OversizeXml(f"more than {self._max_elements} elements")
        if not isinstance(source.tag, str):
            raise ForbiddenXml("an entity reference is not accepted")
        name = etree.QName(source.tag)
        children = source if is_deep else ()
        return XmlElement(
            name=name.localname,
            namespace=name.namespace or "",
            attributes={str(key): str(value) for key, value in source.attrib.items()},
            text=source.text or "",
            children=tuple(self.element(child, depth=depth + 1) for child in children),
            tail=source.tail or "",
        )


def _write(element: XmlElement, namespace: str, output: list[str]) -> None:
    """Appends to a list: nested generators would pass each piece on once per level."""
    output.append(f"<{element.name}")
    if element.namespace != namespace:
        output.append(f' xmlns="{_escape_attribute(element.namespace)}"')
    for number, (name, value) in enumerate(element.attributes.items()):
        output.append(f'{_attribute_name(name, f"n{number}")}="{_escape_attribute(value)}"')
    if not element.text and not element.children:
        output.append("/>")
        return
    output.append(f">{_escape_text(element.text)}")
    for child in element.children:
        _write(child, element.namespace, output)
        if child.tail:
            output.append(_escape_text(child.tail))
    output.append(f"</{element.name}>")


_XML_NAMESPACE: Final = "{http://www.w3.org/XML/1998/namespace}"


def _attribute_name(name: str, prefix: str) -> str:
    if name.startswith(_XML_NAMESPACE):
        return f" xml:{name.removeprefix(_XML_NAMESPACE)}"
    if not name.startswith("{"):
        return f" {name}"
    namespace, _, local = name[1:].partition("}")
    return f' xmlns:{prefix}="{_escape_attribute(namespace)}" {prefix}:{local}'


def _escape_text(text: str) -> str:
    return html.escape(_UNWRITABLE.sub("\ufffd", text), quote=False).replace("\r", "&#13;")


def _escape_attribute(text: str) -> str:
    return html.escape(_UNWRITABLE.sub("\ufffd", text)).translate(_SPACE_IN_ATTRIBUTE)
