"""All checks, in the order in which they run and are listed."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from types import ModuleType
from typing import Final

from entrypoints.certification.check import Check
from entrypoints.certification.checks import (
    auth,
    faults,
    fetching,
    local_time,
    money,
    paging,
    properties,
    reading,
    redaction,
    sensitive_data,
    syncing,
    tolerance,
    webhooks,
    windows,
)

_MODULES: Final = (
    auth,
    paging,
    windows,
    fetching,
    faults,
    reading,
    tolerance,
    properties,
    local_time,
    money,
    syncing,
    webhooks,
    redaction,
    sensitive_data,
)


def _checks_of(module: ModuleType) -> Iterator[Check]:
    for value in vars(module).values():
        if isinstance(value, Check):
            yield value
        elif isinstance(value, tuple):
            yield from (each for each in value if isinstance(each, Check))


CHECKS: Final[Sequence[Check]] = tuple(found for module in _MODULES for found in _checks_of(module))


def select_checks(pattern: str | None) -> Sequence[Check]:
    """By id (`paging.ties`), group (`paging`) or shell pattern (`*.html*`); all if None."""
    if pattern is None:
        return CHECKS
    return [each for each in CHECKS if each.group == pattern or fnmatchcase(each.id, pattern)]
