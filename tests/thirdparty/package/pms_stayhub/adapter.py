"""StayHub API v2: client credentials, numbered pages, webhooks signed with HMAC."""

from typing import Final

from adapters.outbound.provider_kit import authoring as pms

STATES: Final = {
    "tentative": pms.BookingStatus.PENDING,
    "booked": pms.BookingStatus.CONFIRMED,
    "in_house": pms.BookingStatus.CHECKED_IN,
    "departed": pms.BookingStatus.CHECKED_OUT,
    "cancelled": pms.BookingStatus.CANCELED,
    "no_show": pms.BookingStatus.NO_SHOW,
}
CHANNELS: Final = {
    "website": pms.BookingSource.DIRECT,
    "portal": pms.BookingSource.OTA,
    "desk": pms.BookingSource.WALK_IN,
    "agency": pms.BookingSource.AGENT,
    "company": pms.BookingSource.CORPORATE,
}
EVENTS: Final = {
    "reservation.created": pms.RefKind.BOOKING,
    "reservation.changed": pms.RefKind.BOOKING,
    "reservation.deleted": pms.RefKind.BOOKING,
}
PAGES: Final = pms.PageNumbers(size=50, fills_pages=True)


def booking(r: pms.Reader, context: pms.HotelContext) -> pms.BookingSnapshot:
    status = r.choice("state", STATES, "status")
    stay = pms.Stay(
        r.local_date("checkin", "stay.arrival"), r.local_date("checkout", "stay.departure")
    )
    guest, price = r.object("lead_guest"), r.object("price")
    currency = price.text("currency", "total")
    nights = price.objects("nights")
    people = (
        pms.AgeCount(pms.AgeClass.ADULT, r.integer("adults", "rooms[0].occupancy")),
        pms.AgeCount(pms.AgeClass.CHILD, r.integer("children", "rooms[0].occupancy")),
    )
    return pms.BookingSnapshot(
        external_id=r.text("id", "external_id"),
        version=pms.SourceVersion(*r.precise_instant("changed_at", "version")),
        status=status,
        confirmation_number=r.field_text("reference", "confirmation_number"),
        group_id=r.field_text("group", "group_id"),
        source=r.choice("channel", CHANNELS, "source"),
        stay=stay,
        rooms=(
            pms.RoomStay(
                room_type_id=r.text("category", "rooms[0].room_type_id"),
                room_id=r.optional_text("room", "rooms[0].room_id"),
                rate_plan_id=r.text("rate", "rooms[0].rate_plan_id"),
                stay=stay,
                status=status,
                occupancy=tuple(each for each in people if each.count),
                nightly_prices=tuple(
                    pms.NightlyPrice(
                        night.local_date("date", "rooms[0].nightly_prices"),
                        night.money_in(currency, "gross", "rooms[0].nightly_prices", lenient=True),
                    )
                    for night in nights
                ),
            ),
        ),
        primary_guest=pms.Party(
            first_name=guest.optional_text("first", "primary_guest.first_name"),
            last_name=guest.text("last", "primary_guest.last_name"),
            email=guest.optional_text("email", "primary_guest.email"),
            phone=guest.optional_text("phone", "primary_guest.phone"),
        ),
        total=price.money_in(currency, "gross", "total", lenient=True),
        paid=price.field_money_in(currency, "paid", "paid", lenient=True),
        special_requests=r.field_text("wishes", "special_requests"),
        checked_in_at=r.field_instant("arrived_at", "checked_in_at"),
        checked_out_at=r.field_instant("left_at", "checked_out_at"),
        canceled_at=r.field_instant("cancelled_at", "canceled_at"),
    )


def cell(r: pms.Reader, context: pms.HotelContext) -> pms.AvailabilitySnapshot:
    return pms.AvailabilitySnapshot(
        room_type_id=r.text("category", "room_type_id"),
        day=r.local_date("date", "day"),
        version=pms.SourceVersion(context.observed_at),
        version_is_ours=True,
        total=r.integer("rooms", "total"),
        available=r.integer("free", "available"),
    )


def room_type(r: pms.Reader) -> pms.HotelRecord:
    return pms.RoomTypeRecord(
        external_id=r.text("code"), name=r.text("title"), max_occupancy=r.integer("beds")
    )


def account(r: pms.Reader) -> pms.AccountReport:
    return pms.AccountReport(
        property_id=r.text("id"),
        property_name=r.text("name"),
        time_zone=r.text("timezone"),
        currency=r.text("currency"),
    )


def notification(r: pms.Reader) -> pms.Notification:
    return pms.notification_for_event(
        r.text("event"), EVENTS, r.text("reservation"), property_id=r.text("hotel")
    )


VENDOR: Final = pms.VendorDeclaration(
    name="stayhub",
    title="StayHub",
    base_url="https://api.stayhub.example",
    hosts=frozenset({"api.stayhub.example"}),
    credentials=pms.ClientCredentials(path="/oauth/token"),
    settings=(pms.SettingSpec(name="hotel_id", help="the hotel's id at StayHub"),),
    account=pms.AccountCall(path="/v2/hotels/{hotel_id}", read=account),
    bookings=pms.Bookings(
        path="/v2/hotels/{hotel_id}/reservations",
        one="/v2/hotels/{hotel_id}/reservations/{id}",
        items="reservations",
        item="reservation",
        modified="changed_at",
        modified_since="changed_since",
        stay_from="departure_after",
        stay_to="arrival_before",
        paging=PAGES,
        read=booking,
    ),
    availability=pms.Availability(
        path="/v2/hotels/{hotel_id}/calendar",
        items="days",
        paging=pms.PageNumbers(size=500, fills_pages=True),
        read=cell,
    ),
    records=(
        pms.Records(
            path="/v2/hotels/{hotel_id}/categories",
            read=room_type,
            paging=PAGES,
            items="categories",
        ),
    ),
    webhooks=pms.Webhooks(proof=pms.HmacSignature(header="x-stayhub-signature"), read=notification),
)


def provider(tools: pms.ProviderTools) -> pms.Provider:
    return pms.DeclarativeProvider(VENDOR, tools)
