"""Names in a reservation that hide what decides it: misspelt, foreign, or around its rooms.

Read without its rooms or dates, a reservation would leave ours unchanged, and nobody would know.
"""

from collections import Counter
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import (
    AlpineBitsEntry,
    is_foreign,
)
from adapters.outbound.providers.alpinebits.mapping.unknown_names import contains, find_similar


class _DecisiveNames(NamedTuple):
    """`inside`: an unknown child with such an element in it hides it."""

    attributes: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()


_RESERVATION: Final = _DecisiveNames(
    frozenset({"ResStatus", "LastModifyDateTime", "CreateDateTime"}),
    frozenset({"UniqueID", "RoomStays", "ResGuests", "ResGlobalInfo"}),
    frozenset({"RoomStays", "RoomStay"}),
)
_DATED_RESERVATION: Final = _RESERVATION._replace(
    attributes=_RESERVATION.attributes - {"CreateDateTime"}
)
_UNITS: Final = _DecisiveNames(frozenset({"NumberOfUnits"}))
_BY_ELEMENT: Final = {
    "RoomStays": _DecisiveNames(
        children=frozenset({"RoomStay"}),
        inside=frozenset({"RoomTypes", "RoomRates", "TimeSpan", "Total"}),
    ),
    "RoomStay": _DecisiveNames(
        frozenset({"RoomStayStatus", "NumberOfUnits"}),
        frozenset({"TimeSpan", "Total", "RoomTypes", "RoomRates"}),
    ),
    "RoomTypes": _DecisiveNames(children=frozenset({"RoomType"})),
    "RoomRates": _DecisiveNames(children=frozenset({"RoomRate"})),
    "RoomType": _UNITS,
    "RoomRate": _UNITS,
    "ResGlobalInfo": _DecisiveNames(
        children=frozenset({"TimeSpan", "Total", "HotelReservationIDs"})
    ),
    "TimeSpan": _DecisiveNames(frozenset({"Start", "End", "Duration"})),
    "Total": _DecisiveNames(
        frozenset({"AmountAfterTax", "AmountBeforeTax", "CurrencyCode", "DecimalPlaces"})
    ),
}
_LISTED: Final = frozenset({"RoomStay", "RoomType", "RoomRate"})
"""Elements that have a number in paths."""

_ANYTHING: Final = "TPA_Extensions"


def check_names(entry: AlpineBitsEntry) -> None:
    """Raises UnreadableField with the path of the first element or attribute that hides one."""
    is_dated = entry.element.get("LastModifyDateTime") is not None
    _check(entry.element, _DATED_RESERVATION if is_dated else _RESERVATION, "", entry.root)


def _check(element: XmlElement, known: _DecisiveNames, path: str, root: XmlElement) -> None:
    """`path`: that of the element, with a slash."""
    for name in element.attributes:
        if name not in known.attributes and (similar := find_similar(name, known.attributes)):
            raise UnreadableField(f"{path}@{name}", "unknown_attribute", f"@{similar}")
    seen: Counter[str] = Counter()
    for child in element.children:
        inner = f"{path}{child.name}"
        if child.name not in known.children:
            _check_unknown(child, known, inner, is_nested=child.name == element.name)
            continue
        if child.name in _LISTED:
            inner = f"{inner}[{seen[child.name]}]"
            seen[child.name] += 1
        if is_foreign(child, root):
            raise UnreadableField(inner, "unknown_element", "the namespace of the standard")
        if child.name in _BY_ELEMENT:
            _check(child, _BY_ELEMENT[child.name], f"{inner}/", root)


def _check_unknown(child: XmlElement, known: _DecisiveNames, path: str, *, is_nested: bool) -> None:
    """`is_nested`: in an element of its name, which is no misspelling."""
    similar = find_similar(child.name, known.children)
    if similar and not is_nested:
        raise UnreadableField(path, "unknown_element", similar)
    if known.inside and child.name != _ANYTHING and contains(child, known.inside):
        expected = "the elements in it where the standard has them"
        raise UnreadableField(path, "unknown_element", expected)
