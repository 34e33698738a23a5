"""The fields of a message that stand around its cells of availability, for the mapping report."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

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
    return with_reported(items, _find_outside(message.value, root_path(message.path), parts).paths)


def with_fields_around_bodies(
    items: Sequence[ReadItem],
    bodies: Iterable[bytes],
    split: Callable[[Sequence[bytes]], Iterable[JsonEntry]],
) -> list[ReadItem]:
    """`split`: bodies to the parts, which have what was read with the items."""
    found = list(items)
    for body in bodies:
        message, _ = load_message(body)
        found = with_fields_around(found, JsonEntry("", message), split([body]))
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


class _Outside(NamedTuple):
    """`paths`: of the fields outside of the parts. `given`: names of fields that parts have, but
    not in the message."""

    paths: list[str]
    given: set[str | int]


def _find_outside(value: Json, path: str, parts: Mapping[_Steps, Json]) -> _Outside:
    """`parts`: by their steps from `value`."""
    if () in parts:
        return _Outside([], _names(parts[()]) - _names(value))
    found = _Outside([], set())
    below = _by_first_step(parts)
    others: list[tuple[str | int, str]] = []
    for step, inner in _children(value):
        inner_path = f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}"
        if step in below:
            nested = _find_outside(inner, inner_path, below[step])
            found.paths.extend(nested.paths)
            found.given.update(nested.given)
        else:
            others.append((step, inner_path))
    found.paths.extend(inner_path for step, inner_path in others if step not in found.given)
    return found


def _by_first_step(parts: Mapping[_Steps, Json]) -> dict[str | int, dict[_Steps, Json]]:
    found: dict[str | int, dict[_Steps, Json]] = {}
    for (step, *further), part in parts.items():
        found.setdefault(step, {})[tuple(further)] = part
    return found


def _names(value: Json) -> set[str | int]:
    return set(value) if isinstance(value, dict) else set()


def _children(value: Json) -> Iterable[tuple[str | int, Json]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _steps(path: str) -> _Steps:
    return tuple(int(index) if index else name for index, name in _STEP.findall(path))
