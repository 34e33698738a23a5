"""The elements and attributes of free rooms messages that are read or known not to matter.

Any other one makes the message invalid: it may restrict what is for sale (a rate plan, a
restriction, a misspelt count), and rooms must never be open because we do not know it.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
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
    known = (container, "UniqueID", *_UNREAD)
    for child, path in _numbered_children(message, ""):
        _require_known(child, path, known, message)
        if child.name not in _UNREAD:
            _check_content(child, path, message)


def _check_content(element: XmlElement, path: str, message: XmlElement) -> None:
    content = _KNOWN[element.name]
    for attribute in element.attributes:
        if attribute not in content.attributes and not attribute.startswith("{"):
            expected = "only attributes that this message has by the standard"
            raise UnreadableField(f"{path}/@{attribute}", "unknown_attribute", expected)
    if element.value:
        raise UnreadableField(path, "bad_text", "no text")
    for child, child_path in _numbered_children(element, f"{path}/"):
        _require_known(child, child_path, content.children, message)
        _check_content(child, child_path, message)


def _require_known(
    element: XmlElement, path: str, known: Collection[str], message: XmlElement
) -> None:
    if element.name not in known or is_foreign(element, message):
        expected = "only elements that this message has by the standard, in its namespace"
        raise UnreadableField(path, "unknown_element", expected)


def _numbered_children(element: XmlElement, prefix: str) -> Iterator[tuple[XmlElement, str]]:
    seen: Counter[str] = Counter()
    for child in element.children:
        number = f"[{seen[child.name]}]" if child.name in _LISTED else ""
        yield child, f"{prefix}{child.name}{number}"
        seen[child.name] += 1
