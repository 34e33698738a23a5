"""Values in parsed JSON, for links and lists; the mapper that reads the same values rejects invalid
ones."""

from adapters.outbound.provider_kit.parsing.json_text import Json


def value_at(value: Json, *keys: str) -> Json:
    """None if a part of the path is missing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: Json, *keys: str) -> str | None:
    found = value_at(value, *keys)
    return found if isinstance(found, str) else None


def list_at(value: Json, *keys: str) -> list[Json]:
    """Empty if there is no list."""
    found = value_at(value, *keys)
    return found if isinstance(found, list) else []
