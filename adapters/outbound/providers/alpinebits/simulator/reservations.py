"""The simulated hotel's reservations as documents, in either message format.

Those of AlpineBits conform to its XSD: one guest, no nightly prices, no ids but the reservation's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from adapters.outbound.provider_kit.simulation.hotel.records import (
    SimulatedBooking,
    SimulatedGuest,
    SimulatedRoomStay,
)
from adapters.outbound.providers.alpinebits.mapping.documents import element
from adapters.outbound.providers.alpinebits.simulator.dialect import (
    SMX_STATUSES,
    BookingView,
    BookingViews,
    Dialect,
    instant_text,
)
from domain.status import BookingStatus
from domain.values import Money

_CHANNEL_TYPES: Final = {"ota": "7", "agent": "6"}
_DIRECT_CHANNEL_TYPE: Final = "4"
_CONTEXT: Final = "SIMULATED-PMS"


@dataclass(frozen=True, slots=True)
class ReservationWriter:
    views: BookingViews

    def notification(self, booking: SimulatedBooking) -> XmlElement:
        """OTA_HotelResNotifRQ of one reservation."""
        view = self.views.of(booking)
        return element(
            "OTA_HotelResNotifRQ",
            element("HotelReservations", self.reservation(view)),
            Version="8.000" if self._is_alpinebits else "1.0",
            TimeStamp=instant_text(view.changed),
        )

    def reservation(self, view: BookingView) -> XmlElement:
        if self._is_alpinebits:
            return self._render_alpinebits(view)
        booking = view.booking
        return element(
            "HotelReservation",
            self._render_channel(booking),
            element("UniqueID", Type="14", ID=booking.id),
            element("RoomStays", *(self._render_room(view, stay) for stay in view.listed)),
            element("ResGuests", *self._render_guests(view)),
            self._render_global_info(view),
            ResStatus=SMX_STATUSES[view.status],
            CreateDateTime=instant_text(booking.created),
            LastModifyDateTime=instant_text(view.changed),
        )

    @property
    def _is_alpinebits(self) -> bool:
        return self.views.dialect is Dialect.ALPINEBITS

    def _render_alpinebits(self, view: BookingView) -> XmlElement:
        canceled = view.status is BookingStatus.CANCELED
        status_code = "Cancelled" if canceled else "Reserved" if view.is_first else "Modify"
        return element(
            "HotelReservation",
            element("UniqueID", Type="15" if canceled else "14", ID=view.booking.id),
            element("RoomStays", *(self._render_alpinebits_room(stay) for stay in view.listed)),
            element("ResGuests", self._render_alpinebits_guest(view.listed[0].guest_id)),
            self._render_global_info(view),
            CreateDateTime=instant_text(view.booking.created),
            ResStatus=status_code,
        )

    def _render_alpinebits_room(self, stay: SimulatedRoomStay) -> XmlElement:
        return element(
            "RoomStay",
            element("RoomTypes", element("RoomType", RoomTypeCode=stay.room_type_id)),
            element("RatePlans", element("RatePlan", RatePlanCode=stay.rate_plan_id)),
            element(
                "GuestCounts",
                element("GuestCount", Count=str(stay.adults)),
                *(element("GuestCount", Count="1", Age=str(age)) for age in stay.child_ages),
            ),
            _time_span(stay),
            self._total("Total", stay.total),
        )

    def _render_room(self, view: BookingView, stay: SimulatedRoomStay) -> XmlElement:
        room = {"RoomID": stay.room_id} if stay.room_id and stay.is_assigned else {}
        status = self.views.status_of(stay)
        return element(
            "RoomStay",
            element("RoomTypes", element("RoomType", RoomTypeCode=stay.room_type_id, **room)),
            element("RatePlans", element("RatePlan", RatePlanCode=stay.rate_plan_id)),
            element("RoomRates", self._rates(stay)),
            element("GuestCounts", *_guest_counts(stay)),
            _time_span(stay),
            self._total("Total", stay.total),
            element(
                "ResGuestRPHs",
                element("ResGuestRPH", RPH=str(view.listed.index(stay) + 1)),
            ),
            IndexNumber=str(stay.line),
            RoomStayStatus=SMX_STATUSES[status],
        )

    def _rates(self, stay: SimulatedRoomStay) -> XmlElement:
        rates = [
            element(
                "Rate",
                self._total("Total", price),
                EffectiveDate=night.isoformat(),
                ExpireDate=(night + timedelta(days=1)).isoformat(),
                RateTimeUnit="Day",
                UnitMultiplier="1",
            )
            for night, price in stay.priced_nights
        ]
        return element(
            "RoomRate",
            element("Rates", *rates),
            RoomTypeCode=stay.room_type_id,
            RatePlanCode=stay.rate_plan_id,
            NumberOfUnits="1",
        )

    def _total(self, name: str, minor: int) -> XmlElement:
        currency = self.views.hotel.currency
        amount: Decimal = Money(minor, currency).amount
        return element(name, AmountAfterTax=f"{amount:f}", CurrencyCode=currency)

    def _render_channel(self, booking: SimulatedBooking) -> XmlElement:
        kind = _CHANNEL_TYPES.get(booking.channel, _DIRECT_CHANNEL_TYPE)
        name = element("CompanyName", text=booking.channel, Code=booking.channel.upper())
        return element(
            "POS",
            element("Source", element("BookingChannel", name, Type=kind, Primary="true")),
        )

    def _render_guests(self, view: BookingView) -> Iterator[XmlElement]:
        """The guest of each room, then the companions."""
        people = [stay.guest_id for stay in view.listed]
        for stay in view.listed:
            people += stay.companion_ids
        for number, guest_id in enumerate(people, 1):
            guest = self.views.hotel.surviving_guest(guest_id)
            profile = element(
                "ProfileInfo",
                element("UniqueID", Type="1", ID=guest.id, ID_Context=_CONTEXT),
                element("Profile", _customer(guest), ProfileType="1"),
            )
            first = {"PrimaryIndicator": "true"} if number == 1 else {}
            yield element(
                "ResGuest", element("Profiles", profile), ResGuestRPH=str(number), **first
            )

    def _render_alpinebits_guest(self, guest_id: str) -> XmlElement:
        profile = element("Profile", _customer(self.views.hotel.surviving_guest(guest_id)))
        return element("ResGuest", element("Profiles", element("ProfileInfo", profile)))

    def _render_global_info(self, view: BookingView) -> XmlElement:
        booking = view.booking
        return element(
            "ResGlobalInfo",
            *_comments(booking),
            *([] if self._is_alpinebits else [self._total("Total", view.total)]),
            *_references(booking),
            *self._companies(booking),
            element("BasicPropertyInfo", HotelCode=self.views.hotel.id),
        )

    def _companies(self, booking: SimulatedBooking) -> Iterator[XmlElement]:
        company = self.views.hotel.companies.get(booking.company_id or "")
        if company is None:
            return
        name = element("CompanyName", text=company.name, Code=company.id, CodeContext=_CONTEXT)
        # The only companies of AlpineBits are travel agents.
        kind = "4" if self._is_alpinebits else "3"
        profile = element("Profile", element("CompanyInfo", name), ProfileType=kind)
        yield element("Profiles", element("ProfileInfo", profile))


def _time_span(stay: SimulatedRoomStay) -> XmlElement:
    start, end = stay.arrival.isoformat(), stay.departure.isoformat()
    return element("TimeSpan", Start=start, End=end)


def _guest_counts(stay: SimulatedRoomStay) -> Iterator[XmlElement]:
    yield element("GuestCount", AgeQualifyingCode="10", Count=str(stay.adults))
    for age in stay.child_ages:
        code = "8" if age > 1 else "7"
        yield element("GuestCount", AgeQualifyingCode=code, Age=str(age), Count="1")


def _customer(guest: SimulatedGuest) -> XmlElement:
    """AlpineBits requires a name: a dash where it is unknown."""
    name = element(
        "PersonName",
        element("GivenName", text=guest.first_name or "-"),
        element("Surname", text=guest.last_name),
    )
    phone = [
        element("Telephone", PhoneTechType="5", PhoneNumber=number) for number in _numbers(guest)
    ]
    email = [element("Email", text=guest.email)] if guest.email else []
    address = element("Address", element("CountryName", Code=guest.country))
    return element("Customer", name, *phone, *email, address, Language=guest.language)


def _numbers(guest: SimulatedGuest) -> Sequence[str]:
    return [guest.phone.replace(" ", "")] if guest.phone else []


def _comments(booking: SimulatedBooking) -> Iterator[XmlElement]:
    comments = []
    if booking.comment:
        item = element("ListItem", text=booking.comment, ListItem="1", Language="en")
        comments.append(element("Comment", item, Name="included services"))
    if booking.guest_comment:
        text = element("Text", text=booking.guest_comment)
        comments.append(element("Comment", text, Name="customer comment"))
    if comments:
        yield element("Comments", *comments)


def _references(booking: SimulatedBooking) -> Iterator[XmlElement]:
    if booking.external_code:
        named = {"ResID_Value": booking.external_code, "ResID_Source": booking.channel}
        broker = element("HotelReservationID", ResID_Type="13", **named)
        yield element("HotelReservationIDs", broker)
