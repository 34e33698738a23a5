"""The elements and attributes of free rooms messages that are read or known not to matter.

Another one makes the message invalid if it may restrict what is for sale: by its name (a rate plan,
a cutoff, a misspelt count), in a restriction, or because it contains a line. Rooms must never be
open because we do not know it. Any other one is an extension of the format and ignored.
"""

import re
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import is_foreign
from adapters.outbound.providers.alpinebits.mapping.unknown_names import contains, resembles

WEEKDAYS: Final = {
    "Mon": 0,
    "Tue": 1,
    "Weds": 2,
    "Wed": 2,
    "Thur": 3,
    "Thu": 3,
    "Fri": 4,
    "Sat": 5,
    "Sun": 6,
}
"""Of `date.weekday`. OTA writes Weds and Thur, AlpineBits before 2012-05 Wed and Thu."""


class _KnownContent(NamedTuple):
    attributes: Collection[str] = ()
    children: Collection[str] = ()


_HOTEL: Final = ("HotelCode", "HotelName", "ChainCode", "ChainName", "BrandCode", "BrandName")
_RESTRICTIONS: Final = ("RestrictionStatus", "LengthsOfStay")
_KNOWN: Final[Mapping[str, _KnownContent]] = {
    "Inventories": _KnownContent(_HOTEL, ("Inventory",)),
    "Inventory": _KnownContent((), ("StatusApplicationControl", "InvCounts", *_RESTRICTIONS)),
    "InvCounts": _KnownContent((), ("InvCount",)),
    "InvCount": _KnownContent(("CountType", "Count")),
    "AvailStatusMessages": _KnownContent(_HOTEL, ("AvailStatusMessage",)),
    "AvailStatusMessage": _KnownContent(
        ("BookingLimit", "BookingLimitMessageType", "BookingThreshold", "LocatorID"),
        ("StatusApplicationControl", *_RESTRICTIONS),
    ),
    "StatusApplicationControl": _KnownContent(
        ("Start", "End", "InvTypeCode", "InvCode", "AllInvCode", "RatePlanCode", *WEEKDAYS)
    ),
    "RestrictionStatus": _KnownContent(("Status", "Restriction", "SellThroughOpenIndicator")),
    "LengthsOfStay": _KnownContent(("ArrivalDateBased",), ("LengthOfStay",)),
    "LengthOfStay": _KnownContent(("MinMaxMessageType", "Time", "TimeUnit")),
    "UniqueID": _KnownContent(("Type", "ID", "ID_Context", "Instance")),
}
_LISTED: Final = frozenset(_KNOWN) - {
    "StatusApplicationControl",
    "InvCounts",
    "LengthsOfStay",
}
"""Elements that have a number in paths."""

_CLOSED: Final = frozenset({"RestrictionStatus", "LengthsOfStay", "LengthOfStay"})
"""Elements in which everything restricts."""

_RESTRICTS: Final = re.compile(
    "rate|plan|restrict|status|limit|cutoff|offset|clos|open|stop|sell|sale|block|length|los|stay"
    "|min|max|arrival|departure|inv|avail|count|threshold|duration|override|delta|destination"
    "|hurdle|mon|tue|wed|thu|fri|sat|sun|start|end|date|day|period|allot",
    re.IGNORECASE,
)
"""Parts of the names that speak of rooms, a period, rates or restrictions."""


def check_elements(message: XmlElement, container: str) -> None:
    """Raises UnreadableField with the path of the first unknown element, attribute or text that
    may restrict what is for sale."""
    _check_children(message, frozenset((container, "UniqueID")), ())


def is_empty_line(r: XmlReader) -> bool:
    """True if an `Inventory` or `AvailStatusMessage` has nothing that is known."""
    attributes, children = _KNOWN[r.name]
    return not (r.has_any(frozenset(attributes)) or any(child in r for child in children))


def _check_children(
    element: XmlElement, known: Collection[str], parents: tuple[XmlElement, ...]
) -> None:
    parents = (*parents, element)
    for child in element.children:
        is_known = child.name in known
        if is_known and not is_foreign(child, parents[0]):
            _check_content(child, parents)
        elif is_known or _may_restrict(child.name, known, element) or contains(child, _KNOWN):
            expected = "only elements that this message has by the standard, in its namespace"
            raise UnreadableField(_path_of(child, parents), "unknown_element", expected)


def _check_content(element: XmlElement, parents: tuple[XmlElement, ...]) -> None:
    attributes, children = _KNOWN[element.name]
    for name in element.attributes:
        if name in attributes or name.startswith("{"):
            continue
        if _may_restrict(name, attributes, element):
            expected = "only attributes that this message has by the standard"
            path = f"{_path_of(element, parents)}/@{name}"
            raise UnreadableField(path, "unknown_attribute", expected)
    if element.value:
        raise UnreadableField(_path_of(element, parents), "bad_text", "no text")
    if element.children:
        _check_children(element, children, parents)


def _may_restrict(name: str, known: Collection[str], parent: XmlElement) -> bool:
    if parent.name in _CLOSED:
        return True
    return _RESTRICTS.search(name) is not None or resembles(name, known)


def _path_of(element: XmlElement, parents: tuple[XmlElement, ...]) -> str:
    """From below the message."""
    steps = []
    for parent, child in pairwise((*parents, element)):
        position = next(n for n, each in enumerate(parent.all(child.name)) if each is child)
        steps.append(f"{child.name}[{position}]" if child.name in _LISTED else child.name)
    return "/".join(steps)
