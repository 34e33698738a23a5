"""Documents that carry reservations, taken apart: one entry for each reservation.

OTA_HotelResNotifRQ (pushed), OTA_HotelResModifyNotifRQ (its older sister), OTA_ResRetrieveRS
(pulled), each bare or in a SOAP envelope, in any namespace or none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.mapping.code_tables import PAYMENT_NAMES
from ports.errors import TooManyItems, UnreadableMessage

_CONTAINERS: Final = {
    "OTA_HotelResNotifRQ": ("HotelReservations", "HotelReservation"),
    "OTA_HotelResModifyNotifRQ": ("HotelResModifies", "HotelResModify"),
    "OTA_ResRetrieveRS": ("ReservationsList", "HotelReservation"),
}
_BOOKING_ID_TYPES: Final = ("14", "15", None)
"""OTA's UIT: a reservation, a cancellation; SMX and HTNG leave the type out. 16 is the message."""


@dataclass(frozen=True, slots=True)
class AlpineBitsEntry:
    """One reservation: `path` in its document, its element, the document's root without it."""

    path: str
    element: XmlElement
    root: XmlElement
    source: XmlElement | None
    """The point of sale that the document tells for all its reservations."""

    def text(self) -> bytes:
        """A document of this reservation alone, which reads as it did in its own; without means of
        payment and without the envelope, whose header holds a password."""
        container, _ = _CONTAINERS[self.root.name]
        listed = XmlElement(
            name=container, namespace=self.root.namespace, children=(remove_payment(self.element),)
        )
        envelope_elements = (self.source,) if self.source is not None else ()
        return write_xml(
            replace(self.root, text="", tail="", children=(*envelope_elements, listed))
        )


def split_documents(bodies: Sequence[bytes], *, limit: int) -> list[AlpineBitsEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    found: list[AlpineBitsEntry] = []
    for body in bodies:
        found += split_document(unwrap_envelope(parse_xml(body)))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def unwrap_envelope(root: XmlElement) -> XmlElement:
    """What a SOAP envelope holds, or the document itself. Raises UnreadableMessage."""
    if root.name != "Envelope":
        return root
    body = root.child("Body")
    if body is None or not body.children:
        raise UnreadableMessage("the SOAP body is empty", path="Envelope/Body")
    return body.children[0]


def split_document(root: XmlElement) -> list[AlpineBitsEntry]:
    """Raises UnreadableMessage for a document that carries no reservations by its kind."""
    if root.name not in _CONTAINERS:
        raise UnreadableMessage("no document of reservations", path=root.name[:60])
    if root.child("Errors") is not None:
        raise UnreadableMessage("the document tells errors instead", path=f"{root.name}/Errors")
    container, item = _CONTAINERS[root.name]
    root_without_children = replace(root, children=())
    elements = [
        item_element
        for container_element in root.all(container)
        for item_element in container_element.all(item)
    ]
    return [
        AlpineBitsEntry(
            f"{container}/{item}[{n}]", element, root_without_children, root.child("POS")
        )
        for n, element in enumerate(elements)
    ]


def find_unique_id(reservation: XmlElement) -> tuple[str, XmlElement] | None:
    """The reservation's id and the UniqueID that tells it: what an acknowledgement names."""
    unique_ids = reservation.all("UniqueID")
    for wanted in _BOOKING_ID_TYPES:
        for item_element in unique_ids:
            kind = (item_element.get("Type") or "").strip() or None
            name = (item_element.get("ID") or "").strip()
            if kind == wanted and name:
                return name, item_element
    return None


def remove_payment(element: XmlElement) -> XmlElement:
    kept = {name: text for name, text in element.attributes.items() if name not in PAYMENT_NAMES}
    return replace(element, attributes=kept, children=tuple(_children_without_payment(element)))


def _children_without_payment(element: XmlElement) -> Iterator[XmlElement]:
    for child in element.children:
        if child.name not in PAYMENT_NAMES:
            yield remove_payment(child)
