"""The typed reader of foreign XML: nothing is used before it is checked, nothing is lost unseen.

Names are local: prefixes and namespaces differ between senders and say nothing. An attribute that
is blank says nothing either, as one that is missing. Paths are relative to the element that the
reader was opened on, e.g. `RoomStays/RoomStay[0]/@Foo`; an element has its number where it was read
as one of a list or has siblings of its name. `homes()` and `unread()` together account for every
attribute and text. Errors are UnreadableField with the path.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeVar

from adapters.outbound.provider_kit import field_values as values
from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.field_values import Parse
from adapters.outbound.provider_kit.json_text import dumps
from adapters.outbound.provider_kit.tracked_object import READ
from adapters.outbound.provider_kit.xml_text import XmlElement

T = TypeVar("T")

_CONTENT: Final = ""
"""The key of an element's own text among its attributes."""

_TRUE: Final = frozenset({"1", "true"})
_QUALIFIED: Final = re.compile(r"\{[^}]*\}")


class XmlReader:
    """`secret`: local names of elements and attributes that are kept nowhere, at any depth."""

    __slots__ = ("_children", "_element", "_homes", "_secret", "path")

    def __init__(
        self, element: XmlElement, path: str = "", *, secret: Collection[str] = frozenset()
    ) -> None:
        self.path = path
        self._element = element
        self._secret = secret
        self._homes: dict[str, str] = {}
        self._children: dict[str, list[XmlReader]] = {}

    def __contains__(self, name: str) -> bool:
        """True where a child of this name is sent; does not count as reading it."""
        return self._element.child(name) is not None

    @property
    def name(self) -> str:
        return self._element.name

    def path_of(self, attribute: str) -> str:
        return _below(self.path, f"@{attribute}")

    def required(self, attribute: str, parse: Parse[T], home: str = READ) -> T:
        """Raises UnreadableField: missing_field, or what `parse` raises."""
        found = self.optional(attribute, parse, home)
        if found is None:
            raise UnreadableField(self.path_of(attribute), "missing_field", "a value")
        return found

    def optional(self, attribute: str, parse: Parse[T], home: str = READ) -> T | None:
        text = self.peek(attribute)
        if text is None:
            return None
        self._homes[attribute] = home
        return parse(text, self.path_of(attribute))

    def text(self, attribute: str, home: str = READ) -> str:
        return self.required(attribute, values.as_text, home)

    def optional_text(self, attribute: str, home: str = READ) -> str | None:
        return self.optional(attribute, values.as_text, home)

    def optional_integer(self, attribute: str, home: str = READ) -> int | None:
        return self.optional(attribute, values.as_lenient_integer, home)

    def flag(self, attribute: str, home: str = READ) -> bool:
        """xs:boolean; False where it is missing."""
        text = self.optional_text(attribute, home)
        return text is not None and text.lower() in _TRUE

    def choice(self, attribute: str, mapping: Mapping[str, T], home: str = READ) -> T | None:
        """None where the attribute is missing. Raises UnreadableField (unknown_value)."""
        word = self.optional_text(attribute, home)
        if word is not None and word not in mapping:
            path = self.path_of(attribute)
            raise UnreadableField(path, "unknown_value", "a documented value", found=word)
        return None if word is None else mapping[word]

    def peek(self, attribute: str) -> str | None:
        """Does not count as reading."""
        text = self._element.get(attribute)
        return text.strip() or None if text is not None else None

    def blanks(self) -> list[str]:
        """The attributes that are sent and say nothing."""
        return [name for name, text in self._element.attributes.items() if not text.strip()]

    def peek_content(self) -> str | None:
        return self._element.value or None

    def content(self, home: str = READ) -> str | None:
        """The text that stands directly in it, without space at the ends; None where blank."""
        self._homes[_CONTENT] = home
        return self._element.value or None

    def child(self, name: str) -> "XmlReader | None":
        """The first of this name; further ones count as unread."""
        return next(iter(self._opened(name, numbered=False)), None)

    def children(self, name: str) -> "list[XmlReader]":
        """All of this name, numbered from 0. Opening them twice gives the same readers."""
        return self._opened(name, numbered=True)

    def listed(self, container: str, name: str) -> "list[XmlReader]":
        """Those of this name in the first `container`; none where there is no container."""
        found = self.child(container)
        return found.children(name) if found is not None else []

    def unread(self) -> dict[str, str]:
        """Path to JSON text of each attribute and text that nobody read."""
        found = {
            self._shown(attribute): dumps(text)
            for attribute, text in self._said()
            if attribute not in self._homes
        }
        for child in self._everything_in():
            found.update(child.unread())
        return found

    def homes(self) -> dict[str, str]:
        """Path to home of each attribute and text that was read, at every level."""
        sent = dict(self._said())
        found = {self._shown(key): home for key, home in self._homes.items() if key in sent}
        for child in self._element.children:
            if child.name in self._secret:
                found[_below(self.path, child.name)] = "(dropped: a means of payment)"
        for opened in self._children.values():
            for each in opened:
                found.update(each.homes())
        return found

    def _said(self) -> Iterator[tuple[str, str]]:
        for attribute, text in self._element.attributes.items():
            if text.strip() and _QUALIFIED.sub("", attribute) not in self._secret:
                yield attribute, text
        if self._element.value:
            yield _CONTENT, self._element.value

    def _shown(self, key: str) -> str:
        return self.path_of(_QUALIFIED.sub("", key)) if key else self.path

    def _opened(self, name: str, *, numbered: bool) -> "list[XmlReader]":
        """Numbered too where the element has siblings of its name."""
        if name not in self._children:
            found = self._element.all(name)
            many = numbered or len(found) > 1
            self._children[name] = [
                XmlReader(
                    element,
                    _below(self.path, f"{name}[{n}]" if many else name),
                    secret=self._secret,
                )
                for n, element in enumerate(found)
                if name not in self._secret
            ]
        return self._children[name]

    def _everything_in(self) -> "Iterator[XmlReader]":
        for name in Counter(child.name for child in self._element.children):
            yield from self._children.get(name) or self._unopened(name)

    def _unopened(self, name: str) -> "Iterator[XmlReader]":
        """Without being opened: what was not read is told, and stays unread."""
        found = self._element.all(name) if name not in self._secret else ()
        for n, element in enumerate(found):
            path = _below(self.path, f"{name}[{n}]" if len(found) > 1 else name)
            yield XmlReader(element, path, secret=self._secret)


def _below(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
