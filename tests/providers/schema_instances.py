"""Instances of a vendor's schemas: with every field and each enumeration value in turn, and with
one field changed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

JsonPath = tuple[str | int, ...]

_DEEPEST: Final = 9
_KEYS_OF_MAPS: Final = {"detailedRates": "2026-03-10", "detailedRoomRates": "2026-03-10"}
_BY_ENDING: Final = (
    ("currency", "EUR"),
    ("currencycode", "EUR"),
    ("adults", "2"),
    ("children", "1"),
    ("total", "12.50"),
    ("deposit", "12.50"),
    ("id", "1001"),
    ("checkout", "2026-03-12"),
    ("enddate", "2026-03-12"),
    ("checkin", "2026-03-10"),
    ("startdate", "2026-03-10"),
)
_BY_TYPE: Final = {"integer": 2, "number": 12.5, "boolean": False}
_BY_FORMAT: Final = {"date": "2026-03-11", "date-time": "2026-03-10 10:00:00"}


@dataclass(frozen=True, slots=True)
class Description:
    document: Mapping[str, Any]

    def answer(self, path: str) -> Mapping[str, Any]:
        """The schema of the 200 response of a GET."""
        responses = self.document["paths"][path]["get"]["responses"]
        found = self._resolve_ref(responses.get("200") or responses.get(200))
        if "schema" in found:
            return self._resolve_ref(found["schema"])
        (content,) = found["content"].values()
        return self._resolve_ref(content["schema"])

    def build_instance(
        self, schema: Mapping[str, Any], turn: int = 0, name: str = "", depth: int = 0
    ) -> Any:
        """`turn`: index of the value of each enumeration."""
        merged = self._merged(schema, turn)
        if "enum" in merged:
            return merged["enum"][turn % len(merged["enum"])]
        if "properties" in merged or merged.get("type") == "object":
            return self._object(merged, turn, name, depth) if depth < _DEEPEST else {}
        if "items" in merged:
            return (
                [self.build_instance(merged["items"], turn, name, depth + 1)]
                if depth < _DEEPEST
                else []
            )
        if merged.get("type") in _BY_TYPE:
            return _BY_TYPE[merged["type"]]
        return _BY_FORMAT.get(merged.get("format", "")) or _pick_enum_value(name)

    def _object(
        self, merged: Mapping[str, Any], turn: int, name: str, depth: int
    ) -> dict[str, Any]:
        found = {
            key: self.build_instance(inner, turn, key, depth + 1)
            for key, inner in (merged.get("properties") or {}).items()
        }
        others = merged.get("additionalProperties")
        if isinstance(others, dict):
            found[_KEYS_OF_MAPS.get(name, "1001")] = self.build_instance(
                others, turn, name, depth + 1
            )
        return found

    def _resolve_ref(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def _merged(self, schema: Mapping[str, Any], turn: int) -> Mapping[str, Any]:
        merged = dict(self._resolve_ref(schema))
        for several in ("oneOf", "anyOf"):
            if merged.get(several):
                return self._merged(merged[several][turn % len(merged[several])], turn)
        for part in merged.pop("allOf", ()):
            inner = self._merged(part, turn)
            fields = {**(merged.get("properties") or {}), **(inner.get("properties") or {})}
            merged = {**inner, **merged, **({"properties": fields} if fields else {})}
        return merged


def _pick_enum_value(name: str) -> str:
    lower = name.lower()
    return next((text for ending, text in _BY_ENDING if lower.endswith(ending)), "x")


def all_paths(value: Any, at: JsonPath = ()) -> Iterator[JsonPath]:
    """Paths of every field of every object; of a list, those of its first entry."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield (*at, key)
            yield from all_paths(held, (*at, key))
    if isinstance(value, list) and value:
        yield from all_paths(value[0], (*at, 0))


def leaf_paths(value: Any, at: str = "", *, with_empty: bool = False) -> Iterator[str]:
    """Paths of scalar values, in the format of the mappers; `with_empty`: of null and "" too."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield from leaf_paths(held, f"{at}.{key}" if at else key, with_empty=with_empty)
    elif isinstance(value, list):
        for number, held in enumerate(value):
            yield from leaf_paths(held, f"{at}[{number}]", with_empty=with_empty)
    elif with_empty or value not in (None, ""):
        yield at


def is_traced(leaf: str, paths: Collection[str]) -> bool:
    """The leaf is one of the paths, or inside of one."""
    return leaf in paths or any(leaf.startswith((f"{path}.", f"{path}[")) for path in paths)


def untargeted_paths(value: Any, field_trace: Mapping[str, str]) -> list[str]:
    """Leaves that are neither in the field trace nor inside a traced field."""
    return [leaf for leaf in leaf_paths(value) if not is_traced(leaf, field_trace)]
