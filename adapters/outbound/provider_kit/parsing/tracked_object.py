"""A JSON object that records which of its fields were read, and for which target field."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Self, TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import Parse
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.sensitive_fields import (
    NONE_DECLARED,
    path_drop_reason,
    without_sensitive_fields,
)
from domain.errors import InvalidField
from domain.values import ABSENT, Absent

T = TypeVar("T")

READ: Final = "(read)"
"""The target of a field that was used without being stored in a field of its own."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class TrackedObject:
    """A JSON object at `path` (empty for the payload itself).

    `blank_is_null`: an empty string counts as null, for providers that never send null.

    A tolerant one reads an invalid optional field as missing: it stays unread, so that the extras
    keep it, and `remarks` has what was expected. Required and decisive fields always raise.
    """

    __slots__ = (
        "_blank_is_null",
        "_children",
        "_remarks",
        "_sensitive",
        "_targets",
        "_value",
        "path",
    )

    def __init__(self, value: Json, path: str = "", *, blank_is_null: bool = False) -> None:
        if not isinstance(value, dict):
            raise UnreadableField(path or "(payload)", "wrong_type", "an object")
        self.path = path
        self._value = value
        self._blank_is_null = blank_is_null
        self._targets: dict[str, str] = {}
        self._children: dict[str, list[Self]] = {}
        self._remarks: dict[str, str] | None = None
        self._sensitive = NONE_DECLARED

    def tolerant(self, remarks: dict[str, str] | None = None) -> Self:
        """This object, from now on tolerant. `remarks`: those of the containing object."""
        self._remarks = {} if remarks is None else remarks
        return self

    def never_keep(self, fields: frozenset[str]) -> Self:
        """This object, which keeps nothing of these fields at any depth: each a `name`, or
        `parent.name`."""
        self._sensitive = fields
        for children in self._children.values():
            for child in children:
                child.never_keep(fields)
        return self

    @property
    def is_tolerant(self) -> bool:
        return self._remarks is not None

    @property
    def remarks(self) -> Mapping[str, str]:
        """Path of each invalid field, at every level, to what was expected."""
        return self._remarks or {}

    def __contains__(self, key: str) -> bool:
        """True if the key is present, also with null; does not mark it as read."""
        return key in self._value

    def keys(self) -> Iterator[str]:
        """For objects used as maps; does not mark them as read."""
        return iter(self._value)

    def path_of(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def peek(self, key: str) -> Json | Absent:
        """The value, without marking it as read."""
        return self._value.get(key, ABSENT)

    def required(self, key: str, parse: Parse[T], target: str = READ) -> T:
        """Raises UnreadableField: missing_field, or what `parse` raises (wrong_type for null)."""
        value = self._mark_read(key, target)
        if value is ABSENT:
            raise UnreadableField(self.path_of(key), "missing_field", "a value")
        return parse(value, f"{self.path}.{key}" if self.path else key)

    def optional(self, key: str, parse: Parse[T], target: str = READ) -> T | None:
        value = self._mark_read(key, target)
        if value is None or value is ABSENT:
            return None
        try:
            return parse(value, f"{self.path}.{key}" if self.path else key)
        except UnreadableField as error:
            self._keep_invalid(key, error)
            return None

    def field(self, key: str, parse: Parse[T], target: str = READ) -> T | Absent | None:
        value = self._mark_read(key, target)
        if value is None or value is ABSENT:
            return value
        try:
            return parse(value, f"{self.path}.{key}" if self.path else key)
        except UnreadableField as error:
            self._keep_invalid(key, error)
            return ABSENT

    def decisive(self, key: str, parse: Parse[T], target: str = READ) -> T | None:
        """As `optional`, but an invalid value raises also in a tolerant object: for what decides
        identity, version, status, stay or the meaning of money."""
        found = self.decisive_field(key, parse, target)
        return None if found is ABSENT else found

    def decisive_field(self, key: str, parse: Parse[T], target: str = READ) -> T | Absent | None:
        """`decisive` as `field` is to `optional`."""
        value = self._mark_read(key, target)
        return value if value is ABSENT or value is None else parse(value, self.path_of(key))

    def attempt(self, read: Callable[[Self], T]) -> T | None:
        """What `read` makes of this object. In a tolerant one, None where `read` raises
        UnreadableField or InvalidField: the whole object then counts as unread."""
        try:
            return read(self)
        except (UnreadableField, InvalidField) as error:
            if self._remarks is None:
                raise
            self._targets.clear()
            self._children.clear()
            expected = error.expected if isinstance(error, UnreadableField) else error.fix
            self._remarks[self.path] = expected
            return None

    def raw(self, key: str, target: str = READ) -> Json | Absent:
        """The unchecked value."""
        return self._mark_read(key, target)

    def drop(self, key: str, why: str) -> None:
        """Marks the field as read without storing it anywhere, e.g. a card number."""
        if key in self._value:
            self._targets[key] = f"(dropped: {why})"

    def object(self, key: str) -> Self:
        """The fields of the nested object count as unread until they are read."""
        return self._adopt(key, [self.required(key, self._wrap_child)])[0]

    def optional_object(self, key: str) -> Self | None:
        child = self.optional(key, self._wrap_child)
        return self._adopt(key, [child])[0] if child else None

    def field_object(self, key: str) -> Self | Absent | None:
        child = self.field(key, self._wrap_child)
        return self._adopt(key, [child])[0] if isinstance(child, TrackedObject) else child

    def objects(self, key: str) -> list[Self]:
        return self._adopt(key, self.required(key, self._wrap_children))

    def optional_objects(self, key: str) -> list[Self] | None:
        children = self.optional(key, self._wrap_readable)
        return None if children is None else self._adopt(key, children)

    def field_objects(self, key: str) -> list[Self] | Absent | None:
        children = self.field(key, self._wrap_readable)
        return self._adopt(key, children) if isinstance(children, list) else children

    def unread(self) -> dict[str, str]:
        """Path to compact JSON of each unread field, without sensitive ones; an unread object or
        list is one entry."""
        kept = self._kept_fields({})
        if self.path and not self._targets:
            return {self.path: dumps(kept)} if kept or not self._value else {}
        found = {self.extras_path(key): dumps(value) for key, value in kept.items()}
        for key, children in self._children.items():
            if not _are_unread(children):
                for child in children:
                    found.update(child.unread())
                found.update(self._invalid_elements(key, self._value.get(key)))
        return found

    def _invalid_elements(self, key: str, value: Json) -> dict[str, str]:
        """Of a list of objects: the elements that are none."""
        if not self._remarks or not isinstance(value, list):
            return {}
        path = self.extras_path(key)
        if path_drop_reason(path, self._sensitive):
            return {}
        return {f"{path}[{n}]": dumps(v) for n, v in enumerate(value) if not isinstance(v, dict)}

    def field_trace(self) -> dict[str, str]:
        """Path to target of each field that was read or dropped, at every level."""
        dropped: dict[str, str] = {}
        self._kept_fields(dropped)
        found = {path: f"(dropped: {why})" for path, why in dropped.items()}
        for key, target in self._targets.items():
            children = self._children.get(key, ())
            if not children:
                found[self.extras_path(key)] = target
            for child in children:
                found.update(child.field_trace())
        return found

    @property
    def has_reads(self) -> bool:
        """True if a field of this object has been read."""
        return bool(self._targets)

    def _kept_fields(self, dropped: dict[str, str]) -> dict[str, Json]:
        """The unread fields without sensitive ones, whose path and reason is added to `dropped`."""
        targets = self._targets
        unread = {key: value for key, value in self._value.items() if key not in targets}
        for key, children in self._children.items():
            if _are_unread(children):
                unread[key] = self._value[key]
        if not unread:
            return unread
        return without_sensitive_fields(unread, self.path, self._value, dropped, self._sensitive)

    def _mark_read(self, key: str, target: str) -> Json | Absent:
        try:
            value = self._value[key]
        except KeyError:
            return ABSENT
        self._targets[key] = target
        return None if value == "" and self._blank_is_null else value

    def _keep_invalid(self, key: str, error: UnreadableField) -> None:
        """Raises `error` unless the object is tolerant."""
        if self._remarks is None:
            raise error
        del self._targets[key]
        self._children.pop(key, None)
        self._remark(key, error.expected)

    def _remark(self, key: str, expected: str) -> None:
        """Reports an unread field; only in a tolerant object."""
        if self._remarks is not None:
            self._remarks[self.extras_path(key)] = expected

    def _adopt(self, key: str, children: list[Self]) -> list[Self]:
        """Returns the same objects when opened twice, so that their reads are kept."""
        return self._children.setdefault(key, children)

    def _wrap_child(self, value: Json, path: str) -> Self:
        child = type(self)(value, path, blank_is_null=self._blank_is_null)
        if self._sensitive:
            child.never_keep(self._sensitive)
        return child if self._remarks is None else child.tolerant(self._remarks)

    def _wrap_children(self, value: Json, path: str) -> list[Self]:
        return [
            self._wrap_child(item, f"{path}[{n}]") for n, item in enumerate(as_list(value, path))
        ]

    def _wrap_readable(self, value: Json, path: str) -> list[Self]:
        """A tolerant object leaves out the elements that are not objects."""
        children: list[Self] = []
        for n, item in enumerate(as_list(value, path)):
            if self._remarks is None or isinstance(item, dict):
                children.append(self._wrap_child(item, f"{path}[{n}]"))
            else:
                self._remarks[f"{path}[{n}]"] = "an object"
        return children

    def extras_path(self, key: str) -> str:
        """As in the extras and the field trace, where a key such as a day is quoted."""
        return self.path_of(key) if _PLAIN_KEY.fullmatch(key) else f"{self.path}[{dumps(key)}]"


def _are_unread(children: Sequence[TrackedObject]) -> bool:
    """False for an empty list: it was read."""
    return bool(children) and not any([child.has_reads for child in children])


def as_raw(value: Json, path: str) -> Json:  # noqa: ARG001 the shape of a parser
    """A parser without checks."""
    return value


def as_list(value: Json, path: str) -> list[Json]:
    """Raises UnreadableField if the value is not a list."""
    if not isinstance(value, list):
        raise UnreadableField(path, "wrong_type", "a list")
    return value
