"""Harbour PMS: a key in a header, numbered pages, signed webhooks."""

from typing import Final

from adapters.outbound.provider_kit import authoring as pms
from adapters.outbound.provider_kit.simple_rest.paging import PageNumbers
from adapters.outbound.provider_kit.simple_rest.vendor import SimpleVendor
from domain.sync import SyncKind

STATES: Final = {
    "booked": pms.BookingStatus.CONFIRMED,
    "in_house": pms.BookingStatus.CHECKED_IN,
    "departed": pms.BookingStatus.CHECKED_OUT,
    "cancelled": pms.BookingStatus.CANCELED,
    "no_show": pms.BookingStatus.NO_SHOW,
    "tentative": pms.BookingStatus.PENDING,
}
PAGES: Final = PageNumbers(size=50, fills_pages=True)
KINDS: Final = tuple(SyncKind)


def booking(r: pms.Reader, context: pms.HotelContext) -> pms.BookingSnapshot:
    status = r.choice("state", STATES, "status")
    stay = pms.Stay(
        r.local_date("checkin", "stay.arrival"), r.local_date("checkout", "stay.departure")
    )
    return pms.BookingSnapshot(
        external_id=r.text("id", "external_id"),
        version=pms.SourceVersion(*r.precise_instant("changed_at", "version")),
        status=status,
        stay=stay,
        rooms=(
            pms.RoomStay(
                room_type_id=r.text("category", "rooms[0].room_type_id"), stay=stay, status=status
            ),
        ),
        total=r.optional_money("price", "currency", "total", lenient=True),
        primary_guest=pms.Party(last_name=r.text("guest", "primary_guest.last_name")),
    )


def account(r: pms.Reader) -> pms.AccountReport:
    return pms.AccountReport(
        property_id=r.text("id"),
        property_name=r.text("name"),
        time_zone=r.text("timezone"),
        currency=r.text("currency"),
    )


def notification(r: pms.Reader) -> pms.Notification:
    changes = ("created", "changed", "deleted")
    events = {f"reservation.{change}": pms.RefKind.BOOKING for change in changes}
    return pms.named(r.text("event"), events, r.text("reservation"))


VENDOR: Final = SimpleVendor(
    name="harbour",
    title="Harbour PMS",
    base_url="https://api.harbour.example",
    hosts=frozenset({"api.harbour.example"}),
    credentials=pms.KeyHeader(header="x-api-key"),
    settings=(pms.SettingSpec(name="hotel_id", help="the hotel's id at Harbour"),),
    account=pms.AccountCall(path="/hotels/{hotel_id}", read=account),
    bookings=pms.Bookings(
        path="/hotels/{hotel_id}/reservations",
        one="/hotels/{hotel_id}/reservations/{id}",
        items="reservations",
        item="reservation",
        modified="changed_at",
        modified_since="changed_since",
        paging=PAGES,
        read=booking,
    ),
    webhooks=pms.Webhooks(proof=pms.HmacSignature(header="x-harbour"), read=notification),
)


def provider(tools: pms.ProviderTools) -> pms.Provider:
    return pms.SimpleProvider(VENDOR, tools)
