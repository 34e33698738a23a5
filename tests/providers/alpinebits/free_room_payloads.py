"""Free rooms messages with contents of our own, and how they are read."""

from datetime import UTC, date, datetime

from adapters.outbound.providers.alpinebits.mapping.free_rooms import read_free_rooms
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot
from ports.providers import HotelContext, ReadItem

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 1)
CONTEXT = HotelContext(time_zone="Europe/Rome", currency="EUR", observed_at=NOON)
COMPLETE = '<UniqueID Type="16" ID="1" Instance="CompleteSet"/>'
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def control(start: str = "2026-04-01", end: str = "2026-04-02", **more: str) -> str:
    given = {"Start": start, "End": end, "InvTypeCode": "DBL", **more}
    listed = "".join(f' {name}="{value}"' for name, value in given.items() if value != "-")
    return f"<StatusApplicationControl{listed}/>"


def line(
    *reported: tuple[str, object], start: str = "2026-04-01", end: str = "2026-04-02", **more: str
) -> str:
    """An Inventory; `reported`: its counts by type."""
    listed = "".join(f'<InvCount CountType="{kind}" Count="{count}"/>' for kind, count in reported)
    held = f"<InvCounts>{listed}</InvCounts>" if reported else ""
    return f"<Inventory>{control(start, end, **more)}{held}</Inventory>"


def closing(start: str, end: str, **more: str) -> str:
    given = control(start, end, **{"InvTypeCode": "-", "AllInvCode": "true", **more})
    return f"<Inventory>{given}</Inventory>"


def counts(*lines: str, unique: str = "", hotel: str = 'HotelCode="1"', root: str = "") -> bytes:
    return (
        f'<OTA_HotelInvCountNotifRQ Version="4"{root}>{unique}'
        f"<Inventories {hotel}>{''.join(lines)}</Inventories></OTA_HotelInvCountNotifRQ>"
    ).encode()


def complete(*lines: str) -> bytes:
    return counts(*lines, unique=COMPLETE)


def limits(*messages: str, unique: str = "") -> bytes:
    return (
        f'<OTA_HotelAvailNotifRQ Version="1.002">{unique}<AvailStatusMessages HotelCode="1">'
        f"{''.join(messages)}</AvailStatusMessages></OTA_HotelAvailNotifRQ>"
    ).encode()


def limit(within: str = "", **payload: str) -> str:
    given = {"BookingLimit": "3", "BookingLimitMessageType": "SetLimit", **payload}
    listed = "".join(f' {name}="{value}"' for name, value in given.items() if value != "-")
    return f"<AvailStatusMessage{listed}>{within or control()}</AvailStatusMessage>"


def enveloped(document: bytes) -> bytes:
    token = "<Security><x><Username>u</Username><Password>p</Password></x></Security>"
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header>{token}</s:Header>'
        f"<s:Body>{document.decode()}</s:Body></s:Envelope>"
    ).encode()


def read(*bodies: bytes, context: HotelContext = CONTEXT, explain: bool = False) -> ReadItem:
    (item,) = read_free_rooms(bodies, context, limit=10, explain=explain)
    return item


def understood(body: bytes) -> AvailabilitySet:
    item = read(body)
    assert item.reason is None, item.reason
    assert isinstance(item.snapshot, AvailabilitySet)
    return item.snapshot


def cells(body: bytes) -> dict[tuple[str, str], AvailabilitySnapshot]:
    return {(c.room_type_id, c.day.isoformat()[5:]): c for c in understood(body).cells}


def rejected(body: bytes) -> tuple[str, str]:
    """Code and path."""
    item = read(body)
    assert item.snapshot is None
    assert item.reason is not None
    return item.reason.code, item.reason.path or ""


INVENTORY = "Inventories[0]/Inventory[0]"
SECOND = "Inventories[0]/Inventory[1]"
MAY = ("2026-05-01", "2026-05-02")
CONTROL = f"{INVENTORY}/StatusApplicationControl"
FIRST = f"{INVENTORY}/InvCounts/InvCount[0]"
MESSAGE = "AvailStatusMessages[0]/AvailStatusMessage[0]"
