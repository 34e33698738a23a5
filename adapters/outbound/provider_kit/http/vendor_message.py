"""The message of a vendor's error response: without anything that may be personal or secret."""

import re
from collections.abc import Iterator
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads_response

MAX_BYTES: Final = 16_384
MAX_LENGTH: Final = 200
_KEYS: Final = (
    *("detail", "details", "message", "messages", "error_description", "title"),
    *("error", "errors", "reason", "description"),
)
_MASKED: Final = re.compile(
    r"\S+@\S+"  # an e-mail address
    r"|(?:https?://)?[\w.-]+/\S*\?\S+"  # a query
    r"|\+?\d(?:[ ().-]?\d){6,}"  # a phone or card number, or a long id
    r"|[\w+/=.-]{20,}"  # a token
    r'|(?<=")[^"]+(?=")'  # what the vendor quotes from a request
)


def read_vendor_message(body: bytes) -> str | None:
    """None if the body is not JSON, or has no field that is named as a message."""
    try:
        value = loads_response(body)
    except UnreadableJson:
        return None
    text = next(_messages(value), None)
    return None if text is None else mask_vendor_message(text)


def mask_vendor_message(text: str) -> str | None:
    printable = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    masked = _MASKED.sub("…", printable)
    return masked[:MAX_LENGTH].rstrip() or None


def _messages(value: Json) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, list):
        for each in value[:3]:
            yield from _messages(each)
    elif isinstance(value, dict):
        by_name = {name.lower(): inner for name, inner in value.items()}
        for key in _KEYS:
            yield from _messages(by_name.get(key))
