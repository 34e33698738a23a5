"""Lossless JSON: numbers never pass through a float, and nothing is dropped silently."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeAlias, Union, cast

import orjson
import simplejson

from adapters.outbound.provider_kit.parsing.errors import (
    NotAnObjectOrArray,
    UnreadableJson,
)
from ports.errors import TooManyItems

Json: TypeAlias = Union[bool, int, str, Decimal, "list[Json]", "dict[str, Json]", None]

MAX_DEPTH: Final = 64
"""Real payloads stay below 20; recursive functions are safe at this depth."""

MAX_EXPONENT: Final = 400
"""Beyond any IEEE double; expanding a larger exponent could exhaust the memory."""

_SHORT: Final = 16
"""Characters."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RawItem:
    """One item of a message: its unchanged text, and its value or the reason why it has none."""

    text: str
    value: Json
    problem: UnreadableJson | None = None


class _LossyJson(ValueError):
    """Valid JSON that would lose data when parsed; raised by the decoder's hooks."""


def _object(pairs: "list[tuple[str, Json]]") -> "dict[str, Json]":
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _LossyJson(describe_duplicate(first_duplicate(key for key, _ in pairs)))
    return found


def first_duplicate(keys: Iterable[str]) -> str:
    """Of the keys that occur more than once, the first."""
    return next(key for key, count in Counter(keys).items() if count > 1)


def describe_duplicate(key: str) -> str:
    """Without the key: senders have maps by name, and a name is no field of ours."""
    return f"a key of {len(key)} characters occurs twice"


def _decimal(text: str) -> Decimal:
    return _short_decimal(text) if len(text) <= _SHORT else _new_decimal(text)


@lru_cache(maxsize=4_096)
def _short_decimal(text: str) -> Decimal:
    """The prices and rates of a hotel repeat."""
    return _new_decimal(text)


def _new_decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _LossyJson("a number's exponent is out of range") from None
    if not -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise _LossyJson("a number's exponent is out of range")
    return number


def _constant(name: str) -> NoReturn:
    raise _LossyJson(f"{name} is not a number")


_STRICT_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_decimal, parse_constant=_constant
)


def _lenient_object(pairs: "list[tuple[str, Json]]") -> "dict[str, Json]":
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    return {key: _merge_equal(values) for key, values in _values_by_key(pairs).items()}


def _merge_equal(values: "list[Json]") -> Json:
    """The value, if it was sent again and again; else all of them, marked."""
    first = values[0]
    return first if all(each == first for each in values) else {DUPLICATE_KEY: values}


def _values_by_key(pairs: "list[tuple[str, Json]]") -> "dict[str, list[Json]]":
    values: dict[str, list[Json]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return values


def _marked_object(pairs: "list[tuple[str, Json]]") -> "dict[str, Json]":
    """As `_lenient_object`, but with equal values of a duplicate key as well."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    values = _values_by_key(pairs)
    return {k: v[0] if len(v) == 1 else {DUPLICATE_KEY: v} for k, v in values.items()}


def _lenient_integer(text: str) -> int | str:
    return int(text) if len(text) <= _MAX_DIGITS else text


def _lenient_decimal(text: str) -> Decimal | str:
    try:
        return _decimal(text)
    except _LossyJson:
        return text


DUPLICATE_KEY: Final = "(occurs twice)"
_MAX_DIGITS: Final = 4_300
"""Python rejects longer integers."""

_LENIENT_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_lenient_object, parse_float=_lenient_decimal, parse_constant=str
)
_MARKING_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_marked_object,
    parse_float=_lenient_decimal,
    parse_int=_lenient_integer,
    parse_constant=str,
)
_CONTAINERS: Final = frozenset({dict, list})
_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS_OR_QUOTES: Final = bytes(set(range(256)) - set(b'{}[]"'))
_SHAPE_ONLY: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def loads(text: str | bytes) -> Json:
    """Raises UnreadableJson with the character's position where the parser has one."""
    source = _decoded(text)
    start = _skip_whitespace(source, 0)
    value, end = _decode(source, start)
    _expect_end(source, end)
    return value


def loads_response(text: str | bytes) -> Json:
    """As `loads`, but one lossy value does not make the other items of a response unreadable.

    It is replaced by a value that typed reads reject and extras keep: NaN, numbers out of range and
    objects and lists beyond MAX_DEPTH become text, a duplicate key's different values become a list
    under DUPLICATE_KEY.
    """
    try:
        return loads(text)
    except UnreadableJson as problem:
        return _loads_lossy(_LENIENT_DECODER, text, problem)


def loads_message(text: str | bytes) -> tuple[Json, bool]:
    """As `loads_response`, for pushed messages: every duplicate key is marked, also one with equal
    values. True if the message has such a key or value (see `find_duplicate_key`)."""
    try:
        return loads(text), False
    except UnreadableJson as problem:
        return _loads_lossy(_MARKING_DECODER, text, problem), True


def _loads_lossy(decoder: json.JSONDecoder, text: str | bytes, problem: UnreadableJson) -> Json:
    """Raises `problem` where it is not about a single value."""
    if problem.position is not None:
        raise problem
    source = _decoded(text)
    value, end = _decode_by(decoder, source, _skip_whitespace(source, 0))
    if not isinstance(value, dict | list):
        raise problem
    _expect_end(source, end)
    _flatten_deep(value)
    return value


def _flatten_deep(value: Json) -> None:
    """Objects and lists beyond MAX_DEPTH become their JSON text."""
    level = [value]
    for _ in range(MAX_DEPTH - 1):
        level = [inner for parent in level for _, inner in _containers_in(parent)]
    for parent in level:
        for key, inner in _containers_in(parent):
            cast("dict[Any, Json]", parent)[key] = dumps(inner)


def _containers_in(parent: Json) -> list[tuple[Any, Json]]:
    """With the key or index of each."""
    entries: Iterable[tuple[Any, Json]] = ()
    if isinstance(parent, dict | list):
        entries = parent.items() if isinstance(parent, dict) else enumerate(parent)
    return [(key, inner) for key, inner in entries if type(inner) in _CONTAINERS]


def find_duplicate_key(value: Json) -> str | None:
    """The first key at any depth that `loads_message` marked as a duplicate."""
    if isinstance(value, list):
        return next(filter(None, map(find_duplicate_key, value)), None)
    if not isinstance(value, dict):
        return None
    for key, inner in value.items():
        is_marked = isinstance(inner, dict) and DUPLICATE_KEY in inner
        if found := key if is_marked else find_duplicate_key(inner):
            return found
    return None


def split_items(text: str | bytes, *, limit: int) -> Iterator[RawItem]:
    """The items of a message, one at a time, so that their values need not be held together: one
    for an object, one per element for an array.

    A valid element that would lose data (duplicate key, NaN) is returned with its `problem`; the
    others are not affected. Raises TooManyItems at element `limit` + 1, before parsing it,
    UnreadableJson, and NotAnObjectOrArray.
    """
    source = _decoded(text)
    start = _skip_whitespace(source, 0)
    if source[start : start + 1] == "{":
        item, end = _item(source, start)
        _expect_end(source, end)
        yield item
        return
    if source[start : start + 1] != "[":
        loads(source)
        raise NotAnObjectOrArray("expected an object or an array", start)
    yield from _elements(source, start + 1, limit)


def dumps(value: Json, *, sort_keys: bool = False) -> str:
    """Compact JSON, exact for Decimal, always encodable as UTF-8."""
    try:
        options = orjson.OPT_SORT_KEYS if sort_keys else 0
        return orjson.dumps(value, default=_digits, option=options).decode()
    except orjson.JSONEncodeError:
        return _dumps_anything(value, sort_keys=sort_keys)


def _digits(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError


def _dumps_anything(value: Json, *, sort_keys: bool) -> str:
    """For integers above 64 bits and lone surrogates, which orjson rejects; ten times slower."""
    try:
        text = simplejson.dumps(
            value,
            use_decimal=True,
            ensure_ascii=False,
            allow_nan=False,
            sort_keys=sort_keys,
            separators=(",", ":"),
        )
    except RecursionError:
        raise UnreadableJson("nested too deeply") from None
    return text if text.isascii() else _LONE_SURROGATE.sub(_escaped, text)


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate[0]):04x}"


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableJson(f"not UTF-8, see byte {error.start}") from None


def _elements(source: str, position: int, limit: int) -> Iterator[RawItem]:
    position = _skip_whitespace(source, position)
    if source[position : position + 1] == "]":
        _expect_end(source, position + 1)
        return
    count = 0
    while True:
        if count == limit:
            raise TooManyItems(limit=limit)
        item, position = _item(source, position)
        count += 1
        yield item
        position = _skip_whitespace(source, position)
        following = source[position : position + 1]
        if following == "]":
            break
        if following != ",":
            raise UnreadableJson("expected a comma or the end of the array", position)
        position = _skip_whitespace(source, position + 1)
    _expect_end(source, position + 1)


def _item(source: str, start: int) -> tuple[RawItem, int]:
    try:
        value, end = _decode(source, start)
    except UnreadableJson as problem:
        if problem.position is not None:
            raise
        end = _find_end(source, start)
        # Without the frames, which would keep all that was decoded so far.
        return RawItem(source[start:end], None, problem.with_traceback(None)), end
    return RawItem(source[start:end], value), end


def _decode(source: str, start: int) -> tuple[Json, int]:
    """Raises UnreadableJson: with a position for a syntax error, without for lossy content."""
    keys = 0

    def count_keys(found: "dict[str, Json]") -> "dict[str, Json]":
        nonlocal keys
        keys += len(found)
        return found

    decoder = json.JSONDecoder(
        object_hook=count_keys, parse_float=_decimal, parse_constant=_constant
    )
    value, end = _decode_by(decoder, source, start)
    _require_depth(value, source[start:end])
    if keys != _max_key_count(source, start, end):
        return _decode_by(_STRICT_DECODER, source, start)
    return value, end


def _decode_by(decoder: json.JSONDecoder, source: str, start: int) -> tuple[Json, int]:
    try:
        value, end = decoder.raw_decode(source, start)
    except json.JSONDecodeError as error:
        raise UnreadableJson(error.msg, error.pos) from None
    except _LossyJson as lossy:
        raise UnreadableJson(str(lossy)) from None
    except RecursionError:
        raise UnreadableJson("nested too deeply", start) from None
    except ValueError:
        # Python rejects integers of more than 4,300 digits.
        raise UnreadableJson("a number is too long") from None
    return cast("Json", value), end


def _max_key_count(source: str, start: int, end: int) -> int:
    """An upper limit of the number of keys in the text; -1 where it cannot be found cheaply.

    If no quote is followed by white space, each key ends in a quote and a colon. The decoder keeps
    one of several equal keys, so if it kept this many, no key is duplicated.
    """
    for space in " \n\t\r":
        if source.find(space, start, end) >= 0 and source.find(f'"{space}', start, end) >= 0:
            return -1
    return source.count('":', start, end)


def _find_end(source: str, start: int) -> int:
    try:
        return _SHAPE_ONLY.raw_decode(source, start)[1]
    except json.JSONDecodeError as error:
        raise UnreadableJson(error.msg, error.pos) from None
    except RecursionError:
        raise UnreadableJson("nested too deeply", start) from None


def _require_depth(value: Json, text: str) -> None:
    """Raises UnreadableJson beyond MAX_DEPTH. `text` is that of the value."""
    encoded = text.encode(errors="replace")
    if b"\\" in encoded:
        encoded = _ESCAPE.sub(b"", encoded)
    brackets = encoded.translate(_SQUARE, _NO_BRACKETS_OR_QUOTES).replace(b'""', b"")
    if b'"' in brackets:
        _require_depth_of_containers(value)
        return
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return
    raise UnreadableJson("nested too deeply")


def _require_depth_of_containers(value: Json) -> None:
    """Visits each value: several times slower than counting brackets, which needs texts without
    brackets and quotes."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for parent in level for _, inner in _containers_in(parent)]
        if not level:
            return
    raise UnreadableJson("nested too deeply")


def _skip_whitespace(source: str, position: int) -> int:
    match = _SPACE.match(source, position)
    return match.end() if match else position


def _expect_end(source: str, position: int) -> None:
    end = _skip_whitespace(source, position)
    if end != len(source):
        raise UnreadableJson("text after the end", end)
