"""The fields of a message that stand around its cells of availability, for the mapping report."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.parsing.json_messages import load_message
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import NOT_KEPT
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from ports.providers import ReadItem

_STEP: Final = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")
_Steps: TypeAlias = tuple[str | int, ...]


def with_fields_around(
    items: Sequence[ReadItem], message: JsonEntry, entries: Iterable[JsonEntry]
) -> list[ReadItem]:
    """The first item that was mapped also reports the fields of `message` outside of `entries`,
    its parts that the items were mapped from. Fields that an entry was given from the objects
    around it are reported with the entry."""
    start = len(_steps(message.path))
    parts = {_steps(entry.path)[start:]: entry.merged() for entry in entries}
    return with_reported(items, _outside(message.value, root_path(message.path), parts))


def with_fields_around_bodies(
    items: Sequence[ReadItem],
    bodies: Iterable[bytes],
    split: Callable[[Json], Iterable[JsonEntry]],
) -> list[ReadItem]:
    """`split`: a message to its parts."""
    found = list(items)
    for body in bodies:
        message, _ = load_message(body)
        found = with_fields_around(found, JsonEntry("", message), split(message))
    return found


def with_reported(items: Sequence[ReadItem], paths: Iterable[str]) -> list[ReadItem]:
    """The first mapped item with these paths as NOT_KEPT."""
    found = list(items)
    for position, item in enumerate(found):
        if item.snapshot is not None:
            trace = {**dict.fromkeys(paths, NOT_KEPT), **dict(item.field_trace)}
            found[position] = replace(item, field_trace=tuple(sorted(trace.items())))
            break
    return found


def root_path(path: str) -> str:
    """From the root of the message; those of an item begin at the item."""
    return f"$.{path}" if path and not path.startswith("[") else f"${path}"


def _outside(value: Json, path: str, parts: dict[_Steps, Json]) -> Iterator[str]:
    if () in parts:
        return
    for step, inner in _children(value):
        below = {steps[1:]: part for steps, part in parts.items() if steps[0] == step}
        inner_path = f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}"
        if below:
            yield from _outside(inner, inner_path, below)
        elif not any(
            _was_given(message_part, step, value, steps) for steps, message_part in parts.items()
        ):
            yield inner_path


def _was_given(part: Json, name: str | int, around: Json, steps: _Steps) -> bool:
    """Whether the part has this field, but not in the message."""
    own = around
    for step in steps:
        own = dict(_children(own)).get(step)
    return isinstance(part, dict) and name in part and not (isinstance(own, dict) and name in own)


def _children(value: Json) -> Iterable[tuple[str | int, Json]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _steps(path: str) -> _Steps:
    return tuple(int(index) if index else name for index, name in _STEP.findall(path))
