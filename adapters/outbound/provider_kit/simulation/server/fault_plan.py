"""Injected faults: which, how often, and on which calls."""

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class FaultKind(StrEnum):
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    REQUEST_TIMEOUT = "408"
    CONFLICT = "409"
    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    STALL = "stall"
    """Sends nothing for `seconds`, then drops the connection."""
    TRUNCATED = "truncated"
    """Announces the full body, sends half of it, closes."""
    HTML = "html"
    """Sends an HTML page with status 200."""
    WRONG_TYPES = "wrong-types"
    """Sends `field` of each item with another type."""
    UNKNOWN_STATE = "unknown-state"
    """Sends a status that no document lists."""
    NEW_FIELD = "new-field"
    """Adds a field that no document lists."""
    SENSITIVE_FIELD = "sensitive-field"
    """Adds a payment card and an identity document that no document lists."""
    MISSING_FIELD = "missing-field"
    """Omits `field` of each item."""
    CLOCK_BACK = "clock-back"
    """The hotel's clock goes back by `seconds` before the answer."""
    MOVING_ITEMS = "moving-items"
    """After a page, one item of it and one not yet sent get a newer time stamp."""
    HIDDEN_UPDATE = "hidden-update"
    """Before the answer one booking changes without a new time stamp and without a webhook."""
    LIST_CAP = "list-cap"
    """Ends lists of bookings after `records`, while their totals count all."""


STATUS_KINDS = frozenset(kind for kind in FaultKind if kind.value.isdigit())
HOTEL_FAULT_KINDS = frozenset(
    {FaultKind.CLOCK_BACK, FaultKind.MOVING_ITEMS, FaultKind.HIDDEN_UPDATE, FaultKind.LIST_CAP}
)
RETRY_AFTER_MISSING, RETRY_AFTER_DATE = "missing", "date"


class InvalidFault(ValueError):
    """An invalid description of a fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Hits calls whose path contains `path`: the next `times` of them, or each with `probability`.

    `retry_after` (429 and 503): seconds as digits, "date" for an HTTP date, or "missing".
    `seconds`: how long a stall lasts or how far the clock goes back. `field`: the field that
    wrong-types and missing-field corrupt, by default one that the mapping needs; or a further one,
    `name` or `parent.name`, that sensitive-field adds. `records`: where list-cap ends lists.
    """

    kind: FaultKind
    probability: float = 1.0
    times: int | None = None
    path: str = ""
    retry_after: str = "1"
    seconds: float = 30.0
    field: str | None = None
    records: int = 1_000


def parse_fault(text: str) -> Fault:
    """`429`, `429,probability=0.05,path=reservations,retry_after=date`, `truncated,times=3`."""
    kind, *settings = text.split(",")
    pairs = [setting.partition("=") for setting in settings]
    if not all(separator for _, separator, _ in pairs):
        raise InvalidFault(f"write KIND,setting=value,…; settings: {', '.join(_PARSERS)}")
    return fault_from({"kind": kind, **{name: value for name, _, value in pairs}})


def fault_from(fields: Mapping[str, object]) -> Fault:
    """From JSON or text fields; None is as if left out. Raises InvalidFault, which names the
    accepted values."""
    given = {name: value for name, value in fields.items() if value is not None}
    kind = str(given.pop("kind", ""))
    if kind not in [*FaultKind]:
        raise InvalidFault(f"no fault {kind!r}; faults: {', '.join(FaultKind)}")
    if unknown := [name for name in given if name not in _PARSERS]:
        raise InvalidFault(f"no setting {unknown[0]!r}; settings: {', '.join(_PARSERS)}")
    return Fault(FaultKind(kind), **{name: _setting(name, given[name]) for name in given})


def _setting(name: str, value: object) -> Any:
    parse, accepted = _PARSERS[name]
    try:
        return parse(str(value))
    except ValueError as error:
        raise InvalidFault(f"{name} must be {accepted}") from error


def _in_range(number: Callable[[str], float], least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = number(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return parse


def _parse_retry_after(text: str) -> str:
    if not (text.isdecimal() or text in (RETRY_AFTER_DATE, RETRY_AFTER_MISSING)):
        raise ValueError(text)
    return text


_PARSERS: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    "probability": (_in_range(float, 0, 1), "a number from 0 to 1"),
    "times": (_in_range(int, 1, 1_000_000), "a whole number from 1 to 1000000"),
    "path": (str, "text"),
    "retry_after": (_parse_retry_after, "seconds, date or missing"),
    "seconds": (_in_range(float, 0, 1e9), "a number, 0 or more"),
    "field": (str, "text"),
    "records": (_in_range(int, 1, 1_000_000), "a whole number from 1 to 1000000"),
}


class FaultPlan:
    """The active faults. Thread-safe; draws from one seeded generator."""

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 1) -> None:
        self._lock = threading.Lock()
        self._source = random.Random(f"faults:{seed}")
        self._remaining: list[tuple[Fault, int | None]] = []
        self.injected: dict[str, int] = {}
        self.list_cap: int | None = None
        """Of the call that is being answered, under the hotel's lock."""
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._remaining.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._remaining.clear()

    def inject(self, path: str) -> list[Fault]:
        """The faults that hit this call, each counted as used."""
        with self._lock:
            matching: list[Fault] = []
            remaining_faults: list[tuple[Fault, int | None]] = []
            for fault, left in self._remaining:
                hit = fault.path in path and self._source.random() < fault.probability
                if hit:
                    matching.append(fault)
                    self.injected[fault.kind.value] = self.injected.get(fault.kind.value, 0) + 1
                remaining_times = None if left is None else left - hit
                if remaining_times is None or remaining_times > 0:
                    remaining_faults.append((fault, remaining_times))
            self._remaining = remaining_faults
            return matching

    def pick(self, size: int) -> int:
        with self._lock:
            return self._source.randrange(size)
