"""Typed reader of XML: every value is checked before it is used, and unread ones are reported.

Names are local names: prefixes and namespaces differ between senders. A blank attribute counts as
missing. Paths are relative to the element that the reader was opened on, e.g.
`RoomStays/RoomStay[0]/@Foo`; an element is numbered if it was read as one of a list or has siblings
of its name. `field_trace()` and `unread()` together cover every attribute and text. Errors are
UnreadableField with the path.

Decisive values are read by `optional` and `required`, which raise; secondary ones by `detail`,
`flag` and the readings of contacts: an invalid one counts as missing and stays unread, so that the
extras keep it, and `remarks` has what was expected.
"""

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence, Set
from typing import Final, TypeVar

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.contact_values import contact_value, is_masked
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import Parse
from adapters.outbound.provider_kit.parsing.json_text import dumps
from adapters.outbound.provider_kit.parsing.sensitive_fields import (
    PAYMENT,
    drop_reason,
    is_description,
    is_labelled,
    label_reason,
    path_drop_reason,
)
from adapters.outbound.provider_kit.parsing.tracked_object import READ
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement

T = TypeVar("T")

_TEXT_KEY: Final = ""
"""The key of an element's own text among its attributes."""

_MISSING: Final = XmlElement(name="")
_MASKED: Final = "(dropped: masked)"
_PAYMENT: Final = f"(dropped: {PAYMENT})"


class XmlReader:
    """`secret`: local names of elements and attributes that are dropped, at any depth.

    `remarks`: those of the containing element; path of each invalid detail, at every level, to what
    was expected."""

    __slots__ = ("_children", "_dropped_names", "_element", "_targets", "path", "remarks")

    def __init__(
        self,
        element: XmlElement,
        path: str = "",
        *,
        secret: Collection[str] = frozenset(),
        remarks: dict[str, str] | None = None,
    ) -> None:
        self.path = path
        self.remarks = {} if remarks is None else remarks
        self._element = element
        self._dropped_names = secret
        self._targets: dict[str, str] = {}
        self._children: dict[str, list[XmlReader]] = {}

    def __bool__(self) -> bool:
        return self._element is not _MISSING

    def __contains__(self, name: str) -> bool:
        """True if there is a child of this name; does not mark it as read."""
        return self._element.child(name) is not None

    @property
    def name(self) -> str:
        return self._element.name

    def path_of(self, attribute: str) -> str:
        return _join_path(self.path, f"@{attribute}")

    def invalid(
        self, attribute: str, code: str, expected: str, *, found: str | None = None
    ) -> UnreadableField:
        """The error of this attribute, for the caller to raise."""
        return UnreadableField(self.path_of(attribute), code, expected, found=found)

    def required(self, attribute: str, parse: Parse[T], target: str = READ) -> T:
        """Raises UnreadableField: missing_field, or what `parse` raises."""
        found = self.optional(attribute, parse, target)
        if found is None:
            raise self.invalid(attribute, "missing_field", "a value")
        return found

    def optional(self, attribute: str, parse: Parse[T], target: str = READ) -> T | None:
        text = self.peek(attribute)
        if text is None:
            return None
        self._targets[attribute] = target
        return parse(text, self.path_of(attribute))

    def detail(self, attribute: str, parse: Parse[T], target: str = READ) -> T | None:
        """Like `optional`; None also for an invalid value, which stays unread."""
        text = self.peek(attribute)
        if text is None:
            return None
        try:
            found = parse(text, self.path_of(attribute))
        except UnreadableField as error:
            self.remark(error)
            return None
        self._targets[attribute] = target
        return found

    def remark(self, error: UnreadableField) -> None:
        """Reports an invalid value that is not used."""
        self.remarks[error.path] = error.expected

    def text(self, attribute: str, target: str = READ) -> str:
        return self.required(attribute, values.as_text, target)

    def optional_text(self, attribute: str, target: str = READ) -> str | None:
        return self.optional(attribute, values.as_text, target)

    def contact(self, attribute: str, target: str = READ) -> str | None:
        """Trimmed; None if it is missing, blank or masked (`*****`)."""
        text = self.peek(attribute)
        is_dropped = text is not None and is_masked(text)
        return contact_value(self.optional_text(attribute, _MASKED if is_dropped else target))

    def optional_integer(self, attribute: str, target: str = READ) -> int | None:
        return self.optional(attribute, values.as_lenient_integer, target)

    def flag(self, attribute: str, target: str = READ) -> bool:
        """xs:boolean; False if missing or invalid."""
        return self.detail(attribute, values.as_lenient_boolean, target) or False

    def choice(self, attribute: str, mapping: Mapping[str, T], target: str = READ) -> T | None:
        """None if the attribute is missing. Raises UnreadableField (unknown_value)."""
        return self.optional(attribute, values.as_choice(mapping), target)

    def peek(self, attribute: str) -> str | None:
        """The value, without marking it as read."""
        text = self._element.get(attribute)
        return text.strip() or None if text is not None else None

    def has_any(self, attributes: Set[str]) -> bool:
        """True if one of the attributes was sent, with or without a value."""
        return not attributes.isdisjoint(self._element.attributes)

    def is_blank(self, attribute: str) -> bool:
        """True if the attribute was sent without a value."""
        return self._element.get(attribute) is not None and self.peek(attribute) is None

    def peek_content(self) -> str | None:
        return self._element.value or None

    def content(self, target: str = READ) -> str | None:
        """The stripped text directly inside the element; None if blank."""
        self._targets[_TEXT_KEY] = target
        return self._element.value or None

    def contact_content(self, target: str = READ) -> str | None:
        """The text; None if it is blank or masked (`*****`)."""
        return contact_value(self.content(_MASKED if is_masked(self._element.value) else target))

    def child(self, name: str) -> "XmlReader | None":
        """The first child of this name; further ones count as unread."""
        return next(iter(self._open_children(name, numbered=False)), None)

    def children(self, name: str) -> "list[XmlReader]":
        """All children of this name, numbered from 0; the same readers when opened twice."""
        return self._open_children(name, numbered=True)

    def first(self, *path: str) -> "XmlReader":
        """The first element at the path of names; if missing, an empty one, which is false."""
        found = self
        for name in path:
            found = found.child(name) or found._missing_child(name)
        return found

    def _missing_child(self, name: str) -> "XmlReader":
        return XmlReader(_MISSING, _join_path(self.path, name), remarks=self.remarks)

    def listed(self, *path: str) -> "list[XmlReader]":
        """All elements at the path of names."""
        name, *further = path
        if not further:
            return self.children(name)
        parents = self._open_children(name, numbered=False)
        return [each for parent in parents for each in parent.listed(*further)]

    def retarget(self, change: Callable[[str], str | None]) -> None:
        """Changes the targets of what was read, at every level; None makes it unread."""
        for key, target in list(self._targets.items()):
            changed = change(target)
            if changed is None:
                del self._targets[key]
            else:
                self._targets[key] = changed
        for children in self._children.values():
            for child in children:
                child.retarget(change)

    def paths(self, without: Collection[int] = ()) -> Iterator[str]:
        """Of each attribute and text, at every level, without secret ones. `without`: the ids of
        elements that are left out."""
        if id(self._element) in without:
            return
        for key, _ in self._present_fields():
            yield self._path_text(key)
        for child in self._all_children():
            yield from child.paths(without)

    def unread(self) -> dict[str, str]:
        """Path to JSON text of each unread attribute and text, without sensitive ones."""
        found = {
            self._path_text(attribute): dumps(text)
            for attribute, text, why in self._unread_fields()
            if why is None
        }
        for child in self._all_children():
            found.update(child.unread())
        return found

    def field_trace(self) -> dict[str, str]:
        """Path to target of each attribute and text that was read or dropped, at every level."""
        sent = dict(self._present_fields())
        found = {
            self._path_text(key): target for key, target in self._targets.items() if key in sent
        }
        found.update(dict.fromkeys(self._dropped_paths(), _PAYMENT))
        for key, _, why in self._unread_fields():
            if why is not None:
                found[self._path_text(key)] = f"(dropped: {why})"
        for child_reader in self._all_children():
            found.update(child_reader.field_trace())
        return found

    def _unread_fields(self) -> Iterator[tuple[str, str, str | None]]:
        """(attribute, text, why it is dropped)."""
        for attribute, text in self._present_fields(without=self._targets):
            name = _local_name(attribute) or self.name
            why = path_drop_reason(self.path) or drop_reason((name,))
            if why is None and (attribute == _TEXT_KEY or is_labelled(name)):
                attributes = self._element.attributes.items()
                why = label_reason((_local_name(key), label) for key, label in attributes)
            yield attribute, text, None if is_description(name) else why

    def _present_fields(self, without: Container[str] = ()) -> Iterator[tuple[str, str]]:
        for attribute, text in self._element.attributes.items():
            is_wanted = attribute not in without and text.strip()
            if is_wanted and _local_name(attribute) not in self._dropped_names:
                yield attribute, text
        if _TEXT_KEY not in without and (value := self._element.value):
            yield _TEXT_KEY, value

    def _dropped_paths(self) -> Iterator[str]:
        """Of each secret attribute, and each attribute and text in a secret child."""
        if not self._dropped_names:
            return
        for key, text in self._element.attributes.items():
            if text.strip() and _local_name(key) in self._dropped_names:
                yield self._path_text(key)
        for name in self._child_names():
            if name in self._dropped_names:
                for child in self._wrap(self._element.all(name), name, frozenset()):
                    yield from child.paths()

    def _path_text(self, key: str) -> str:
        """With the namespace of an attribute only if there is one of its name without."""
        if not key:
            return self.path
        name = _local_name(key)
        is_ambiguous = name != key and self._element.get(name) is not None
        return self.path_of(key if is_ambiguous else name)

    def _open_children(self, name: str, *, numbered: bool) -> "list[XmlReader]":
        if name not in self._children:
            self._children[name] = self._wrap_children(name, numbered=numbered)
        return self._children[name]

    def _child_names(self) -> Iterator[str]:
        return iter(dict.fromkeys(child.name for child in self._element.children))

    def _all_children(self) -> "Iterator[XmlReader]":
        """Children that were not opened are not kept, so that they stay unread."""
        for name in self._child_names():
            yield from self._children.get(name) or self._wrap_children(name, numbered=False)

    def _wrap_children(self, name: str, *, numbered: bool) -> "list[XmlReader]":
        found = self._element.all(name) if name not in self._dropped_names else ()
        return self._wrap(found, name, self._dropped_names, numbered=numbered)

    def _wrap(
        self,
        elements: Sequence[XmlElement],
        name: str,
        secret: Collection[str],
        *,
        numbered: bool = False,
    ) -> "list[XmlReader]":
        """Numbered also if the element has siblings of its name."""
        numbered = numbered or len(elements) > 1
        return [
            XmlReader(
                element,
                _join_path(self.path, f"{name}[{n}]" if numbered else name),
                secret=secret,
                remarks=self.remarks,
            )
            for n, element in enumerate(elements)
        ]


def _join_path(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _local_name(key: str) -> str:
    return key.rpartition("}")[2] if key.startswith("{") else key
