"""What a vendor's error response says: reduced to its code and a phrase of ours.

The vendor's own text may quote a guest, a token or the request. It is only stored sealed.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.http.html_pages import is_html_page
from adapters.outbound.provider_kit.parsing.errors import UnreadableJson, printable_value
from adapters.outbound.provider_kit.parsing.json_text import Json, loads_response
from ports.errors import VendorError

MAX_BYTES: Final = 16_384
MAX_LENGTH: Final = 4_000
"""Of the text, in characters."""
_MAX_DIGITS: Final = 6
"""Of a code; a longer number is a phone, a passport or a booking rather than an error."""
_NO_NAME: Final = re.compile(r"[0-9_-]|[A-Z].*[A-Z]")
"""What a code has and a plain word, which may be a name, has not."""

_MESSAGE_KEYS: Final = (
    *("detail", "details", "message", "messages", "error_description", "title"),
    *("error", "errors", "reason", "description"),
)
_CODE_KEYS: Final = ("o:errorcode", "errorcode", "error_code", "code")
"""An OAuth 2.0 response has its code in `error`, where others have a text."""

OAUTH_PHRASES: Final[Mapping[str, str]] = {
    "invalid_request": "validation failed",
    "invalid_client": "credentials refused",
    "invalid_grant": "credentials refused",
    "invalid_token": "credentials refused",
    "unauthorized_client": "permission missing",
    "access_denied": "permission missing",
    "insufficient_scope": "permission missing",
    "invalid_scope": "permission missing",
    "unsupported_grant_type": "not supported",
    "server_error": "internal error",
    "temporarily_unavailable": "temporarily unavailable",
}
"""RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1."""

_PHRASES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), phrase)
    for pattern, phrase in (
        (r"rate.?limit|too many requests|throttl|quota", "rate limited"),
        (
            r"(?:invalid|expired|revoked|wrong|unknown|missing|bad) "
            r"(?:access ?|client ?|refresh ?|api ?)?(?:token|credential|password|key|client)"
            r"|unauthori[sz]ed|not authenticated|not authori[sz]ed|authentication"
            r"|(?:token|session|key) (?:is |has |was )?(?:invalid|expired|revoked)",
            "credentials refused",
        ),
        (r"permission|forbidden|access.denied|scope|not allowed", "permission missing"),
        (r"deprecated|not supported|unsupported|not implemented", "not supported"),
        (
            r"(?:integration|connection|hotel|property|account|subscription)\b.{0,20}"
            r"\b(?:disabled|inactive|not active|suspended|not enabled)",
            "integration disabled",
        ),
        (r"not found|do(?:es)? ?n[o']t exist|not exist|no such|unknown", "not found"),
        (r"already exists|duplicate|conflict|was (?:changed|modified)|locked", "conflict"),
        (r"too (?:large|long|many|big|heavy)|exceed|at most|limit", "limit exceeded"),
        (r"time.?out|timed out|too slow|deadline", "timed out"),
        (
            r"try again|temporar|unavailable|maintenance|overload|busy",
            "temporarily unavailable",
        ),
        (
            r"invalid|validation|required|must |malformed|bad request|missing|format"
            r"|cannot be|can't be|not a valid|expected",
            "validation failed",
        ),
        (r"internal|unexpected|went wrong|server error|exception", "internal error"),
    )
)
"""The first that fits a message in small letters."""


def read_vendor_error(body: bytes, *, status: int, content_type: str = "") -> VendorError | None:
    """Of an error response. None if it is empty or a web page."""
    if not body.strip() or is_html_page(body, content_type):
        return None
    text = body.decode("utf-8", "replace")
    try:
        value = loads_response(body)
    except UnreadableJson:
        return build_vendor_error(text, message=text, status=status)
    return build_vendor_error(
        text, message=next(_messages(value), ""), code=_find_code(value), status=status
    )


def build_vendor_error(
    text: str,
    *,
    message: str,
    code: str | None = None,
    status: int | None = None,
    phrases: Mapping[str, str] = OAUTH_PHRASES,
) -> VendorError:
    """`text`: the whole response. `message`: the part that is searched for a known phrase. `code`:
    is left out if it does not look like one. `phrases`: by the codes that the vendor documents."""
    shown = None if code is None else printable_code(code)
    phrase = phrases.get(shown or "") or find_phrase(message)
    parts = (f"HTTP {status}" if status else None, f"code {shown}" if shown else None, phrase)
    masked = scrub_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    return VendorError(", ".join(filter(None, parts)) or None, masked[:MAX_LENGTH])


def find_phrase(message: str) -> str | None:
    text = " ".join(message.lower().split())
    return next((phrase for pattern, phrase in _PHRASES if pattern.search(text)), None)


def printable_code(code: str) -> str | None:
    """`code` if it looks like an error's code."""
    if sum(char.isdigit() for char in code) > _MAX_DIGITS or not _NO_NAME.search(code):
        return None
    return printable_value(code)


def _messages(value: Json) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, list):
        for each in value[:3]:
            yield from _messages(each)
    elif isinstance(value, dict):
        by_name = _by_small_name(value)
        for key in _MESSAGE_KEYS:
            yield from _messages(by_name.get(key))


def _find_code(value: Json) -> str | None:
    """Of the response, or of the first error in it."""
    if isinstance(value, list):
        return next((code for each in value[:3] if (code := _find_code(each))), None)
    if not isinstance(value, dict):
        return None
    by_name = _by_small_name(value)
    declared = (by_name.get(key) for key in _CODE_KEYS)
    found = next((each for each in declared if type(each) in (str, int)), None)
    return _find_code_below(by_name) if found is None else str(found)


def _find_code_below(by_name: Mapping[str, Json]) -> str | None:
    error = by_name.get("error")
    if isinstance(error, str):
        return error if error in OAUTH_PHRASES else None
    return _find_code(by_name.get("errors") or error)


def _by_small_name(value: Mapping[str, Json]) -> dict[str, Json]:
    return {name.lower(): inner for name, inner in value.items()}
