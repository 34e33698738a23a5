"""Sunrise PMS by its REST API: what its author writes; the rest is the kit's.

TODO: name the pages of the vendor's documentation that this follows, and their date.
"""

from typing import Final

from adapters.outbound.provider_kit import authoring as pms

# TODO: every state that the vendor documents. One that is not here is refused, never guessed.
STATES: Final = {
    "option": pms.BookingStatus.PENDING,
    "confirmed": pms.BookingStatus.CONFIRMED,
    "checked_in": pms.BookingStatus.CHECKED_IN,
    "checked_out": pms.BookingStatus.CHECKED_OUT,
    "canceled": pms.BookingStatus.CANCELED,
    "no_show": pms.BookingStatus.NO_SHOW,
}
# TODO: the vendor's channels. Those that are not here are OTHER, and their word stays in the extras.
SOURCES: Final = {
    "direct": pms.BookingSource.DIRECT,
    "walk-in": pms.BookingSource.WALK_IN,
    "ota": pms.BookingSource.OTA,
    "agent": pms.BookingSource.AGENT,
    "corporate": pms.BookingSource.CORPORATE,
}
# TODO: the vendor's events, each with what it asks to be fetched anew.
EVENTS: Final = {
    "booking.created": pms.RefKind.BOOKING,
    "booking.changed": pms.RefKind.BOOKING,
    "booking.deleted": pms.RefKind.BOOKING,
}


def booking(r: pms.Reader, context: pms.HotelContext) -> pms.BookingSnapshot:
    """TODO: the vendor's field names. `text` must be there, `optional_text` may be missing or null,
    `field_text` leaves ours alone where it is missing and clears it where it is null. The second
    argument names our field, for `pms map --explain`; what is not read is kept in the extras."""
    status = r.choice("status", STATES, "status")
    stay = pms.Stay(
        r.local_date("arrival", "stay.arrival"), r.local_date("departure", "stay.departure")
    )
    guest = r.object("guest")
    return pms.BookingSnapshot(
        external_id=r.text("id", "external_id"),
        version=pms.SourceVersion(*r.precise_instant("updated_at", "version")),
        status=status,
        group_id=r.field_text("group_id", "group_id"),
        source=SOURCES.get(r.text("source", "source"), pms.BookingSource.OTHER),
        stay=stay,
        rooms=(room(r, stay, status),),
        primary_guest=pms.Party(
            first_name=guest.optional_text("first_name", "primary_guest.first_name"),
            last_name=guest.text("last_name", "primary_guest.last_name"),
            email=guest.optional_text("email", "primary_guest.email"),
            phone=guest.optional_text("phone", "primary_guest.phone"),
        ),
        # Money is exact: `lenient` also takes an amount that is sent as text.
        total=r.money("total", "currency", "total", lenient=True),
        special_requests=r.field_text("requests", "special_requests"),
    )


def room(r: pms.Reader, stay: pms.Stay, status: pms.BookingStatus) -> pms.RoomStay:
    """TODO: a vendor with several rooms to a booking has one of these for each."""
    adults = r.integer("adults", "rooms[0].occupancy")
    children = r.optional_integer("children", "rooms[0].occupancy") or 0
    return pms.RoomStay(
        room_type_id=r.text("room_type", "rooms[0].room_type_id"),
        room_id=r.optional_text("room", "rooms[0].room_id"),
        rate_plan_id=r.optional_text("rate", "rooms[0].rate_plan_id"),
        stay=stay,
        status=status,
        occupancy=(
            pms.AgeCount(pms.AgeClass.ADULT, adults),
            pms.AgeCount(pms.AgeClass.CHILD, children),
        ),
    )


def account(r: pms.Reader) -> pms.AccountReport:
    return pms.AccountReport(
        property_id=r.text("id"),
        property_name=r.text("name"),
        time_zone=r.optional_text("time_zone"),
        currency=r.optional_text("currency"),
    )


def notification(r: pms.Reader) -> pms.Notification:
    """A webhook is thin: it names what changed, what it is now is asked for."""
    return pms.named(r.text("event"), EVENTS, r.text("booking_id"))


VENDOR: Final = pms.SimpleVendor(
    name="sunrise",
    title="Sunrise PMS",
    # TODO: the vendor's address. No connection can call a host that is not named here, unless the
    # operator allows it.
    base_url="https://api.sunrise.example",
    hosts=frozenset({"api.sunrise.example"}),
    # TODO: KeyHeader for one fixed key or token, ClientCredentials for OAuth2.
    credentials=pms.KeyHeader(secret="api_key", header="X-Api-Key"),
    account=pms.AccountCall(path="/v1/hotel", read=account),
    bookings=pms.Bookings(
        # TODO: paths, names and paging (PageNumbers, Offsets, NextTokens) of the vendor's list.
        path="/v1/bookings",
        one="/v1/bookings/{id}",
        items="bookings",
        modified="updated_at",
        modified_since="updated_since",
        query={"sort": "updated_at"},
        stay_from="stay_from",
        stay_to="stay_to",
        paging=pms.NextTokens(size=100),
        read=booking,
    ),
    # TODO: availability=pms.Availability(...), records=(pms.Records(...),) where the vendor has them.
    # TODO: HmacSignature(...), or UnguessableUrl() where the vendor proves nothing.
    webhooks=pms.Webhooks(
        proof=pms.SharedSecret(header="x-sunrise-secret"),
        read=notification,
    ),
    # TODO: what a delta of this vendor can't show, for the operator, and its limits.
    delta_misses=(),
    limits="",
)


def provider(tools: pms.ProviderTools) -> pms.Provider:
    return pms.SimpleProvider(VENDOR, tools)
