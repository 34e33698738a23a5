"""Payloads in the vendor's formats, with contents of our own."""

from functools import partial

from adapters.outbound.providers.alpinebits import provider as make_provider
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.values import Reason
from ports.providers import ReadItem
from tests.providers.mews.payloads import tools
from tests.providers.vendor_payloads import booking_in, hotel_context, load_sample, reason_in

OTA = 'xmlns="http://www.opentravel.org/OTA/2003/05"'

provider = make_provider(tools())
context = partial(hotel_context, time_zone="Europe/Rome")
sample = partial(load_sample, "ota")

ROOM = """
<RoomStay>
  <RoomTypes><RoomType RoomTypeCode="DBL"/></RoomTypes>
  <RatePlans><RatePlan RatePlanCode="FLEX"/></RatePlans>
  <GuestCounts><GuestCount AgeQualifyingCode="10" Count="2"/></GuestCounts>
  <TimeSpan Start="2026-03-10" End="2026-03-12"/>
  <Total AmountAfterTax="230.50" CurrencyCode="EUR"/>
</RoomStay>
"""
GUEST = """
<ResGuests><ResGuest><Profiles><ProfileInfo><Profile><Customer Language="de">
  <PersonName><GivenName>Ada</GivenName><Surname>Aalto</Surname></PersonName>
  <Email>ada@example.com</Email>
</Customer></Profile></ProfileInfo></Profiles></ResGuest></ResGuests>
"""


def reservation(
    inside: str = GUEST,
    *,
    rooms: str | None = ROOM,
    ids: str = '<UniqueID Type="14" ID="R-1"/>',
    attributes: str = 'ResStatus="Reserved" CreateDateTime="2026-01-02T03:04:05+01:00"',
) -> str:
    stays = "" if rooms is None else f"<RoomStays>{rooms}</RoomStays>"
    return f"<HotelReservation {attributes}>{ids}{stays}{inside}</HotelReservation>"


def pushed(*reservations: str, root: str = "", pos: str = "", namespace: str = OTA) -> bytes:
    inside = "".join(reservations)
    return (
        f"<OTA_HotelResNotifRQ {namespace} Version='1.0' {root}>{pos}"
        f"<HotelReservations>{inside}</HotelReservations></OTA_HotelResNotifRQ>"
    ).encode()


def read(body: bytes, *, explain: bool = False, **hotel: str) -> list[ReadItem]:
    found = provider.read_items(
        ItemKind.BOOKING, [body], context(**hotel), limit=1_000, explain=explain
    )
    return list(found)


def booking(*reservations: str, **hotel: str) -> BookingSnapshot:
    return booking_in(read(pushed(*(reservations or (reservation(),))), **hotel))


def snapshot_of(item: ReadItem) -> BookingSnapshot:
    assert item.reason is None, item.reason
    assert isinstance(item.snapshot, BookingSnapshot)
    return item.snapshot


def refusal(body: bytes) -> Reason:
    return reason_in(read(body))
