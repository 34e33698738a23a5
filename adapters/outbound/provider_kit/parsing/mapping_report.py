"""Reports about a mapped item: why it was rejected, and the target of each source field."""

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.tracked_object import READ
from domain.errors import InvalidField
from domain.snapshots import Extras
from domain.values import Reason

EXTRAS: Final = "extras"
"""The target of fields without a target of their own."""


NOT_KEPT: Final = "(not kept)"
"""The target of fields of availability without a target: cells have no extras."""


def reason_of(
    fault: UnreadableField | InvalidField,
    prefix: str,
    sources: Mapping[str, str],
    separator: str = ".",
) -> Reason:
    """Why the item at `prefix` was rejected, with the path in the vendor's field names; `sources`
    maps our field names to them."""
    if isinstance(fault, InvalidField):
        path = join_path(prefix, sources.get(fault.path, fault.path), separator)
        return Reason(fault.code, path, f"{path}: {fault.fix}")
    if fault.path == "(payload)":
        return Reason(fault.code, prefix or None, f"{prefix or 'payload'}: expected an object")
    path = join_path(prefix, fault.path, separator)
    return Reason(fault.code, path, f"{path}{fault.message.removeprefix(fault.path)}")


def join_path(prefix: str, path: str, separator: str = ".") -> str:
    return f"{prefix}{separator}{path}" if prefix else path


def unread_extras(r: Reader, kept: Mapping[str, str] | None = None) -> Extras:
    """The unread fields; `kept` adds those that were read but are kept as received as well."""
    return tuple(sorted({**r.unread(), **(kept or {})}.items()))


def build_field_trace(r: Reader, extras: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The target field of each source field, or `extras`, with remarks."""
    return with_remarks(r, merge_field_trace(r.field_trace(), extras))


def trace_every_field(r: Reader) -> tuple[tuple[str, str], ...]:
    """The target field of each source field, also of those that were only READ, or `extras`."""
    return with_remarks(r, _merge(r.field_trace(), r.unread(), EXTRAS))


def with_remarks(r: Reader, trace: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """With what was expected of each invalid field."""
    if not r.remarks:
        return trace
    return tuple((path, _with_remark(path, target, r.remarks)) for path, target in trace)


def _with_remark(path: str, target: str, remarks: Mapping[str, str]) -> str:
    for invalid, expected in remarks.items():
        if invalid == path:
            return f"{target} (expected {expected})"
        if invalid.startswith((f"{path}.", f"{path}[")):
            return f"{target} (expected {expected} at {invalid})"
    return target


def trace_cell(r: Reader) -> tuple[tuple[str, str], ...]:
    """Of an object of availability; see NOT_KEPT."""
    return _merge(_stored(r.field_trace()), r.unread(), NOT_KEPT)


def merge_field_trace(
    targets: Mapping[str, str], extras: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """`targets`: of the fields read, by path."""
    return _merge(_stored(targets), (path for path, _ in extras), EXTRAS)


def _stored(targets: Mapping[str, str]) -> dict[str, str]:
    return {path: target for path, target in targets.items() if target != READ}


def _merge(
    targets: Mapping[str, str], unread: Iterable[str], target_of_unread: str
) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({**dict.fromkeys(unread, target_of_unread), **targets}.items()))
