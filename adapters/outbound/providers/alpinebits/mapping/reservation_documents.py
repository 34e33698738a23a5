"""Splits documents with reservations into entries, one per reservation.

OTA_HotelResNotifRQ (pushed), OTA_HotelResModifyNotifRQ (its older form), OTA_ResRetrieveRS (pulled)
and OTA_CancelRQ, each bare or in a SOAP envelope, in any namespace or none.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import is_
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.mapping.code_tables import PAYMENT_NAMES
from adapters.outbound.providers.alpinebits.mapping.documents import NAMESPACE, ROOT_PATH
from adapters.outbound.providers.alpinebits.mapping.unknown_names import contains, resembles
from ports.errors import TooManyItems, UnreadableMessage

CANCEL_REQUEST: Final = "OTA_CancelRQ"
"""Cancels one reservation, which its UniqueID names."""

RETRIEVE_RESPONSE: Final = "OTA_ResRetrieveRS"
"""Lists the reservations that a server has for a client; it may have none."""

_DOCUMENTS: Final = frozenset(
    {"OTA_HotelResNotifRQ", "OTA_HotelResModifyNotifRQ", RETRIEVE_RESPONSE, CANCEL_REQUEST}
)
_ITEM_BY_CONTAINER: Final = {
    "HotelReservations": "HotelReservation",
    "ReservationsList": "HotelReservation",
    "HotelResModifies": "HotelResModify",
}
_RESERVATION_PARTS: Final = frozenset(
    {*_ITEM_BY_CONTAINER.values(), "UniqueID", "RoomStays", "ResGuests", "ResGlobalInfo"}
)
_WITHOUT_RESERVATIONS: Final = frozenset(
    {"POS", "Success", "Warnings", "UniqueID", "MessageID", "TPA_Extensions"}
)
"""Children of a root element in which the standard has no reservations."""

_LATER_MESSAGES: Final = "{urn:pms-adapter}laterMessages"
"""An attribute of ours in the stored text of a message: how many later ones of its document have
its version. Each is stored alone, so that its text has to say it."""

_RESERVATION: Final = "14"
_UNIQUE_ID_TYPES: Final = (_RESERVATION, "15", None)
"""OTA code list UIT: a reservation, a cancellation, or no type (SMX, HTNG). 16 is the message."""

_RESERVATION_ID_TYPES: Final = (_RESERVATION, "10", None)
"""OTA code list UIT for HotelReservationIDs: a reservation, the hotel's number, or no type. A
broker's number (13) is not unique at the hotel, a cancellation (15) has a number of its own."""


@dataclass(frozen=True, slots=True)
class AlpineBitsEntry:
    """One reservation: its `path` in the document, its element, and the document's root, of whose
    children only the point of sale (POS) is kept: it applies to all reservations.

    `document`: the root with all of its children. `container`: the name of the element around the
    reservation, if any. `unknown`: True if the element is not one that has reservations by the
    standard, e.g. a misspelt one. `envelope`: the SOAP envelope around the document, if any.
    """

    path: str
    element: XmlElement
    root: XmlElement
    document: XmlElement
    container: str | None = None
    unknown: bool = False
    envelope: XmlElement | None = None

    @property
    def root_path(self) -> str:
        """The path of the root from this element."""
        return "../.." if self.container else ""

    @property
    def later_messages(self) -> int:
        """In a stored text, as given to `text`."""
        count = self.root.get(_LATER_MESSAGES) or "0"
        return int(count) if count.isascii() and count.isdecimal() and len(count) <= 3 else 0

    def text(self, later_messages: int = 0) -> bytes:
        """A document with this reservation only, which is read to the same result. Without means of
        payment and without the envelope, whose header has a password. `later_messages`: how many
        later ones of the document have the same version."""
        cleaned = remove_payment(self.element)
        listed: tuple[XmlElement, ...] = (cleaned,)
        if self.root.name == CANCEL_REQUEST:
            listed = cleaned.children
        elif self.container:
            space = self.root.namespace
            listed = (XmlElement(name=self.container, namespace=space, children=listed),)
        children = (*self.root.children, *listed)
        root = replace(self.root, text="", tail="", children=children)
        if later_messages:
            marked = {**root.attributes, _LATER_MESSAGES: str(later_messages)}
            root = replace(root, attributes=marked)
        return write_xml(root)


def split_documents(bodies: Sequence[bytes], *, limit: int) -> list[AlpineBitsEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    found: list[AlpineBitsEntry] = []
    for body in bodies:
        root = parse_xml(body)
        message = unwrap_envelope(root)
        entries = split_document(message)
        found += entries if root is message else [replace(e, envelope=root) for e in entries]
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def unwrap_envelope(root: XmlElement) -> XmlElement:
    """The content of a SOAP envelope, or the document itself. Raises UnreadableMessage."""
    if root.name != "Envelope":
        return root
    children = [child for body in root.all("Body") for child in body.children]
    documents = [child for child in children if child.name.startswith("OTA_")] or children[:1]
    if len(documents) != 1:
        fault = "has several documents, send one at a time" if documents else "is empty"
        raise UnreadableMessage(f"the SOAP body {fault}", path="Envelope/Body")
    return documents[0]


def split_document(root: XmlElement) -> list[AlpineBitsEntry]:
    """Empty if the document says that it has no reservations. Raises UnreadableMessage for other
    kinds of documents and for one that has neither reservations nor an empty list."""
    if root.name not in _DOCUMENTS:
        raise UnreadableMessage("not a document of reservations", path=ROOT_PATH)
    if root.child("Errors") is not None:
        raise UnreadableMessage(
            "the document has errors instead of reservations", path=f"{root.name}/Errors"
        )
    whole = AlpineBitsEntry("", root, replace(root, children=root.all("POS")), root)
    if root.name == CANCEL_REQUEST:
        return [replace(whole, element=_canceled_reservation(root))]
    seen: Counter[str] = Counter()
    entries = [entry for child in root.children for entry in _entries_of(child, whole, seen)]
    if not entries and not _is_empty_list(root):
        raise UnreadableMessage("the document has no list of reservations", path=root.name)
    return entries


def _canceled_reservation(root: XmlElement) -> XmlElement:
    children = tuple(child for child in root.children if child.name != "POS")
    return XmlElement(name="HotelReservation", namespace=root.namespace, children=children)


def _entries_of(
    child: XmlElement, whole: AlpineBitsEntry, seen: Counter[str]
) -> Iterator[AlpineBitsEntry]:
    """The reservations in a child of the root; the child itself if it is unknown there. `whole`:
    the document as an entry. `seen`: how many elements each path has so far."""
    if child.name in _WITHOUT_RESERVATIONS:
        return
    item = _ITEM_BY_CONTAINER.get(child.name)
    if item is None or is_foreign(child, whole.root):
        if _hides_reservations(child, _ITEM_BY_CONTAINER):
            yield replace(whole, path=child.name, element=child, unknown=True)
        return
    for element in child.children:
        unknown = element.name != item or is_foreign(element, whole.root)
        if unknown and not _hides_reservations(element, (item,)):
            continue
        path = f"{child.name}/{element.name}"
        numbered = f"{path}[{seen[path]}]"
        seen[path] += 1
        yield replace(whole, path=numbered, element=element, container=child.name, unknown=unknown)


def _hides_reservations(element: XmlElement, known: Collection[str]) -> bool:
    """False for an unknown element that is an extension of the format."""
    if element.name in known or resembles(element.name, known):
        return True
    return contains(element, _RESERVATION_PARTS)


def is_foreign(element: XmlElement, root: XmlElement) -> bool:
    """True for an element of another namespace than its document's and OTA's."""
    return element.namespace not in ("", root.namespace, NAMESPACE)


def _is_empty_list(root: XmlElement) -> bool:
    is_success = root.name == RETRIEVE_RESPONSE and root.child("Success") is not None
    return is_success or any(child.name in _ITEM_BY_CONTAINER for child in root.children)


class ReservationId(NamedTuple):
    """The id of a reservation as an acknowledgement repeats it, in a UniqueID."""

    type: str
    value: str


def find_reservation_id(reservation: XmlElement) -> ReservationId | None:
    """Its UniqueID; without one, that of its HotelReservationIDs (OTA: UniqueID is optional)."""
    found = _find_id(reservation.all("UniqueID"), "Type", "ID", _UNIQUE_ID_TYPES)
    if found is not None:
        return found
    listed = _listed_ids(reservation)
    found = _find_id(listed, "ResID_Type", "ResID_Value", _RESERVATION_ID_TYPES)
    return found._replace(type=_RESERVATION) if found is not None else None


def _listed_ids(reservation: XmlElement) -> Sequence[XmlElement]:
    info = reservation.child("ResGlobalInfo")
    listed = info.child("HotelReservationIDs") if info is not None else None
    return listed.all("HotelReservationID") if listed is not None else ()


def _find_id(
    elements: Sequence[XmlElement], type_name: str, id_name: str, types: Sequence[str | None]
) -> ReservationId | None:
    """The first of the first of `types` that there is."""
    for wanted in types:
        for element in elements:
            kind = (element.get(type_name) or "").strip() or None
            value = (element.get(id_name) or "").strip()
            if kind == wanted and value:
                return ReservationId(kind or _RESERVATION, value)
    return None


def remove_payment(element: XmlElement) -> XmlElement:
    """The element itself if there is nothing to remove, as in most of them."""
    children = tuple(
        remove_payment(child) for child in element.children if child.name not in PAYMENT_NAMES
    )
    is_same = len(children) == len(element.children) and all(map(is_, children, element.children))
    if is_same and PAYMENT_NAMES.isdisjoint(element.attributes):
        return element
    kept = {name: text for name, text in element.attributes.items() if name not in PAYMENT_NAMES}
    return replace(element, attributes=kept, children=children)
