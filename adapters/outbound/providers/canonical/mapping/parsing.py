"""What bookings, guests and availability have in common: money, stays, versions, extras."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_text
from adapters.outbound.provider_kit.parsing.json_text import dumps
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.errors import InvalidField
from domain.snapshots import Extras
from domain.values import ABSENT, Absent, Field, Money, SourceVersion, Stay

T = TypeVar("T")

MAX_COUNT: Final = 10**15
"""Keeps loyalty points and the like inside a signed 64-bit column."""


@contextmanager
def error_path(path: str) -> Iterator[None]:
    """The domain's own refusals, told with the path of the object they are about."""
    try:
        yield
    except InvalidField as fault:
        raise (fault.under(path) if path else fault) from None


def read_if_present(reader: Reader, key: str, read: Callable[[str], T]) -> Field[T]:
    """For fields that may be left out but not be null."""
    return read(key) if key in reader else ABSENT


def is_deleted(reader: Reader) -> bool:
    return reader.boolean("deleted") if "deleted" in reader else False


def source_version(reader: Reader) -> SourceVersion:
    """Without a sequence, digits below a microsecond order the instants in its place."""
    version = reader.object("source_version")
    instant, nanoseconds = version.precise_instant("updated_at")
    sequence = version.optional_integer("sequence")
    with error_path(""):
        return SourceVersion(instant, nanoseconds if sequence is None else sequence)


def stay(reader: Reader) -> Stay:
    with error_path(reader.path):
        return Stay(reader.local_date("arrival"), reader.local_date("departure"))


def money(reader: Reader) -> Money:
    """`amount` is a JSON number or a decimal text; both are exact."""
    with error_path(reader.path):
        return Money.of(reader.decimal("amount", lenient=True), reader.text("currency"))


def field_money(reader: Reader, key: str) -> Field[Money | None]:
    child = reader.field_object(key)
    return money(child) if isinstance(child, Reader) else child


def field_count(reader: Reader, key: str) -> Field[int | None]:
    number = reader.field_integer(key)
    if isinstance(number, int):
        _reject_beyond_limit(number, reader.path_of(key))
    return number


def optional_count(reader: Reader, key: str) -> int | None:
    number = reader.optional_integer(key)
    if number is not None:
        _reject_beyond_limit(number, reader.path_of(key))
    return number


def _reject_beyond_limit(number: int, path: str) -> None:
    if abs(number) > MAX_COUNT:
        raise UnreadableField(path, "bad_count", "a number that can be a count")


def extras(reader: Reader) -> Field[Extras]:
    """What the sender put under `extras`, by its own paths, and every field that nobody read."""
    sent = reader.raw("extras")
    unknown = reader.unread()
    if isinstance(sent, Absent) and not unknown:
        return ABSENT
    if not isinstance(sent, dict | Absent | None):
        raise UnreadableField("extras", "wrong_type", "an object")
    given = sent if isinstance(sent, dict) else {}
    if duplicated := given.keys() & unknown.keys():
        fix = "is also sent as a field of its own, send it once"
        raise InvalidField(f"extras.{min(duplicated)}", fix, code="said_twice")
    kept = {as_text(path, "extras"): dumps(value) for path, value in given.items()} | unknown
    return tuple(sorted(kept.items()))
