"""The elements and attributes of free rooms messages that are read or known not to matter.

Any other one makes the message invalid: it may restrict what is for sale (a rate plan, a
restriction, a misspelt count), and rooms must never be open because we do not know it.
"""

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import is_foreign

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

_UNREAD: Final = frozenset({"POS"})


def check_elements(message: XmlElement, container: str) -> None:
    """Raises UnreadableField with the path of the first unknown element, attribute or text."""
    known = frozenset((container, "UniqueID", *_UNREAD))
    for child in message.children:
        _require_known(child, known, (message,))
        if child.name not in _UNREAD:
            _check_content(child, (message,))


def _check_content(element: XmlElement, parents: tuple[XmlElement, ...]) -> None:
    attributes, children = _KNOWN[element.name]
    for attribute in element.attributes:
        if attribute not in attributes and not attribute.startswith("{"):
            expected = "only attributes that this message has by the standard"
            path = f"{_path_of(element, parents)}/@{attribute}"
            raise UnreadableField(path, "unknown_attribute", expected)
    if element.value:
        raise UnreadableField(_path_of(element, parents), "bad_text", "no text")
    if element.children:
        parents = (*parents, element)
        for child in element.children:
            _require_known(child, children, parents)
            _check_content(child, parents)


def _require_known(
    element: XmlElement, known: Collection[str], parents: tuple[XmlElement, ...]
) -> None:
    if element.name not in known or is_foreign(element, parents[0]):
        expected = "only elements that this message has by the standard, in its namespace"
        raise UnreadableField(_path_of(element, parents), "unknown_element", expected)


def _path_of(element: XmlElement, parents: tuple[XmlElement, ...]) -> str:
    """From below the message."""
    steps = []
    for parent, child in pairwise((*parents, element)):
        position = next(n for n, each in enumerate(parent.all(child.name)) if each is child)
        steps.append(f"{child.name}[{position}]" if child.name in _LISTED else child.name)
    return "/".join(steps)
