"""Errors of parsing vendor data. No message contains a payload value, except printable codes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from domain.errors import ErrorKind, PmsError
from ports.errors import UnreadableAnswer, UnreadableMessage

_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,30}")


def printable_value(value: str) -> str | None:
    """`value` if it looks like a code, else None: a name, a number or a note may be personal."""
    return value if _CODE.fullmatch(value) else None


def _describe(value: str) -> str:
    return repr(printable) if (printable := printable_value(value)) else f"{len(value)} characters"


class UnreadableJson(UnreadableMessage, code="unreadable_json"):
    """The text is not JSON, or parsing it would lose data."""

    def __init__(self, reason: str, position: int | None = None) -> None:
        where = "" if position is None else f" at character {position}"
        super().__init__(f"unreadable JSON: {reason}{where}", position=position)
        self.reason = reason
        self.position = position


class NotAnObjectOrArray(UnreadableJson, code="not_a_message", kind=ErrorKind.INVALID):
    """The JSON is neither an object nor an array."""


class UnreadableXml(UnreadableMessage, code="unreadable_xml"):
    """The text is not XML, or parsing it would lose data."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        where = "" if line is None else f" at line {line}, column {column}"
        super().__init__(f"unreadable XML: {reason}{where}", line=line, column=column)
        self.reason = reason


class ForbiddenXml(UnreadableXml, code="forbidden_xml"):
    """The XML declares a document type or an entity, which attacks use."""


class OversizeXml(UnreadableXml, code="oversize_xml", kind=ErrorKind.INVALID):
    """The XML exceeds the size limits of one message; send it in parts."""


class UnreadableField(PmsError, code="unreadable_field", kind=ErrorKind.UNREADABLE):
    """A field of a vendor payload does not have its documented type or value.

    Codes: missing_field, wrong_type, unknown_value, bad_text, bad_instant, bad_date, bad_amount,
    unknown_currency.
    """

    def __init__(self, path: str, code: str, expected: str, *, found: str | None = None) -> None:
        printable = printable_value(found) if found is not None else None
        tail = "" if found is None else f", found {_describe(found)}"
        super().__init__(f"{path}: expected {expected}{tail}", path=path, found=printable)
        self.path: str = path
        self.code = code
        self.expected = expected


class UnknownZone(PmsError, code="unknown_time_zone", kind=ErrorKind.INVALID):
    """The time zone is not in the IANA database."""


@contextmanager
def parsing_answer() -> Iterator[None]:
    """For answers that are accepted or rejected as one: raises UnreadableAnswer in place of
    UnreadableField and UnknownZone. Also a decorator."""
    try:
        yield
    except UnreadableField as error:
        raise UnreadableAnswer(error.message, path=error.path) from error
    except UnknownZone as error:
        raise UnreadableAnswer("the time zone is not an IANA name") from error
