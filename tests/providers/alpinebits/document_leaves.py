"""Attributes and texts of documents: where they are, and documents with other ones."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml
from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.providers.alpinebits.simulator.dialect import BookingViews, Dialect
from adapters.outbound.providers.alpinebits.simulator.reservations import ReservationWriter
from tests.providers.alpinebits.payloads import OTA
from tests.providers.vendor_payloads import SAMPLES

RESERVATION_SAMPLES: Final = (
    "alpinebits-2018_10-GuestRequests-OTA_HotelResNotifRQ-reservation-push.xml",
    "alpinebits-2018_10-GuestRequests-OTA_ResRetrieveRS-reservation.xml",
    "siteminder-OTA_HotelResNotifRQ-cancel.xml",
)
AVAILABILITY_SAMPLES: Final = (
    "alpinebits-2017_10-FreeRooms-OTA_HotelAvailNotifRQ-empty.xml",
    "alpinebits-2017_10-FreeRooms-OTA_HotelAvailNotifRQ.xml",
    "alpinebits-2020_10-FreeRooms-OTA_HotelInvCountNotifRQ.xml",
    "alpinebits-2020_10-HotelAvailNotifRQ_ok_delta-and-categories.xml",
    "alpinebits-2020_10-HotelAvailNotifRQ_ok_delta-and-rooms.xml",
    "htng-OTA_HotelInvCountNotifRQ-create.xml",
)
TEXT: Final = ""
"""The attribute that stands for the text of an element."""


class Leaf(NamedTuple):
    """`steps`: positions among the children, from the root. `names`: of the elements, the root's
    first. `attribute`: its name, or TEXT."""

    steps: tuple[int, ...]
    names: tuple[str, ...]
    attribute: str

    @property
    def label(self) -> str:
        return "/".join((*self.names, *([f"@{self.attribute}"] if self.attribute else ())))


def leaves(
    element: XmlElement, steps: tuple[int, ...] = (), names: tuple[str, ...] = ()
) -> Iterator[Leaf]:
    """Those with a value, in the order of the document."""
    names = (*names, element.name)
    for attribute, text in element.attributes.items():
        if text.strip():
            yield Leaf(steps, names, attribute)
    if element.value:
        yield Leaf(steps, names, TEXT)
    for position, child in enumerate(element.children):
        yield from leaves(child, (*steps, position), names)


def changed_at(
    element: XmlElement, steps: tuple[int, ...], change: Callable[[XmlElement], list[XmlElement]]
) -> XmlElement:
    """With what `change` makes of the element there; it gives its replacements."""
    position, *further = steps
    children = list(element.children)
    child = children[position]
    children[position : position + 1] = (
        [changed_at(child, tuple(further), change)] if further else change(child)
    )
    return replace(element, children=tuple(children))


def with_text(element: XmlElement, attribute: str, text: str | None) -> XmlElement:
    """None removes it."""
    if attribute == TEXT:
        children = tuple(replace(child, tail="") for child in element.children)
        return replace(element, text=text or "", children=children)
    kept = {name: value for name, value in element.attributes.items() if name != attribute}
    return replace(element, attributes=kept if text is None else {**kept, attribute: text})


def with_leaf(root: XmlElement, leaf: Leaf, text: str | None) -> XmlElement:
    """None removes it."""
    if not leaf.steps:
        return with_text(root, leaf.attribute, text)
    return changed_at(root, leaf.steps, lambda each: [with_text(each, leaf.attribute, text)])


def sample_document(name: str) -> XmlElement:
    return parse_xml((SAMPLES / "ota" / name).read_bytes())


def simulated_documents(dialect: Dialect) -> list[XmlElement]:
    """A notification of each status that the simulator writes; one of them has several rooms."""
    hotel = create_activity_generator(bookings=60).hotel
    writer = ReservationWriter(BookingViews(hotel, dialect))
    found: dict[str, XmlElement] = {}
    for booking in hotel.bookings.values():
        root = writer.notification(booking)
        reservation = root.children[0].children[0]
        rooms = reservation.child("RoomStays")
        has_rooms = rooms is not None and len(rooms.children) == 2
        found.setdefault("rooms" if has_rooms else reservation.get("ResStatus") or "", root)
    return list(found.values())


RICH: Final = f"""
<OTA_HotelResNotifRQ {OTA} Version="1.0" TimeStamp="2026-02-05T10:00:00Z" EchoToken="echo"
    ResStatus="Modify" PrimaryLangID="de">
  <POS><Source AgentSine="A1"><RequestorID Type="22" ID="GDS"/>
    <BookingChannel Type="7" Primary="true"><CompanyName Code="BDC">Booking</CompanyName>
    </BookingChannel></Source></POS>
  <UniqueID Type="16" ID="message-1"/>
  <HotelReservations Sequence="4">
    <HotelReservation ResStatus="Reserved" LastModifyDateTime="2026-02-03"
        CreateDateTime="2026-02-01T10:00:00+01:00" RoomStayReservation="true">
      <UniqueID Type="14" ID="R-1" ID_Context="CRS"/>
      <RoomStays>
        <RoomStay IndexNumber="1" RoomStayStatus="Reserved" MarketCode="LEI">
          <RoomTypes><RoomType RoomTypeCode="DBL" RoomID="101" NumberOfUnits="1">
            <RoomDescription Name="Double">With a view</RoomDescription></RoomType></RoomTypes>
          <RatePlans><RatePlan RatePlanCode="FLEX" RatePlanName="Flexible"/></RatePlans>
          <RoomRates><RoomRate RoomTypeCode="DBL" RatePlanCode="FLEX"><Rates>
            <Rate EffectiveDate="2026-03-10" ExpireDate="2026-03-11" UnitMultiplier="1">
              <Base AmountAfterTax="90.00" CurrencyCode="EUR"/></Rate>
            <Rate EffectiveDate="2026-03-11" ExpireDate="2026-03-12">
              <Total AmountAfterTax="11000" CurrencyCode="EUR" DecimalPlaces="2"/></Rate>
          </Rates></RoomRate></RoomRates>
          <GuestCounts IsPerRoom="true"><GuestCount AgeQualifyingCode="10" Count="2"/>
            <GuestCount Age="7" Count="1"/><GuestCount AgeQualifyingCode="99" Count="1"/>
          </GuestCounts>
          <TimeSpan Start="2026-03-10T14:00:00+01:00" End="2026-03-12"/>
          <Total AmountBeforeTax="180.00" CurrencyCode="EUR" DecimalPlaces="2">
            <Taxes Amount="2000" CurrencyCode="EUR"><Tax Amount="0" Percent="10"/></Taxes></Total>
          <BasicPropertyInfo HotelCode="1" HotelName="Alm"/>
          <ResGuestRPHs><ResGuestRPH RPH="1"/></ResGuestRPHs>
          <SpecialRequests><SpecialRequest Name="Bed"><Text>Twin beds</Text></SpecialRequest>
          </SpecialRequests>
          <Comments><Comment Name="customer comment"><Text>Late arrival</Text></Comment>
            <Comment Name="desk" GuestViewable="0"><ListItem ListItem="1">Quiet</ListItem></Comment>
          </Comments>
        </RoomStay>
        <RoomStay RPH="2">
          <RoomTypes><RoomType RoomTypeCode="SGL"/></RoomTypes>
          <RoomRates>
            <RoomRate RoomTypeCode="SGL" RatePlanCode="BB" NumberOfUnits="2"><Rates>
              <Rate EffectiveDate="2026-03-10" ExpireDate="2026-03-12"/></Rates></RoomRate>
            <RoomRate RoomTypeCode="FAM" RatePlanCode="HB"><Rates>
              <Rate EffectiveDate="2026-03-11" ExpireDate="2026-03-12"/></Rates></RoomRate>
          </RoomRates>
          <GuestCounts><GuestCount Count="1"/></GuestCounts>
          <Total AmountAfterTax="50.00" CurrencyCode="EUR"/>
        </RoomStay>
      </RoomStays>
      <ResGuests>
        <ResGuest ResGuestRPH="1" Age="40"><Profiles><ProfileInfo>
          <UniqueID Type="1" ID="4711" ID_Context="PMS"/>
          <Profile ProfileType="1"><Customer Language="de" VIP_Indicator="true">
            <PersonName><NamePrefix>Dr</NamePrefix><GivenName>Ada</GivenName>
              <Surname>Aalto</Surname></PersonName>
            <Telephone PhoneTechType="3" PhoneNumber="99"/>
            <Telephone PhoneTechType="1" CountryAccessCode="43" AreaCityCode="512"
              PhoneNumber="5550001"/>
            <Email>ada@example.com</Email>
            <Address><AddressLine>Weg 1</AddressLine><CityName>Wien</CityName>
              <CountryName Code="AT">Austria</CountryName></Address>
          </Customer></Profile></ProfileInfo></Profiles></ResGuest>
        <ResGuest PrimaryIndicator="false"><Profiles><ProfileInfo><Profile><Customer>
          <PersonName><GivenName>Bea</GivenName><Surname>Berg</Surname></PersonName>
          <Address><CountryName>FI</CountryName></Address>
        </Customer></Profile></ProfileInfo></Profiles></ResGuest>
      </ResGuests>
      <ResGlobalInfo>
        <TimeSpan Start="2026-03-10" Duration="P2N"/>
        <Comments><Comment><Text>Note</Text></Comment></Comments>
        <Guarantee><GuaranteesAccepted><GuaranteeAccepted><PaymentCard CardCode="VI"
          ExpireDate="1230"><CardHolderName>Ada</CardHolderName></PaymentCard>
        </GuaranteeAccepted></GuaranteesAccepted></Guarantee>
        <HotelReservationIDs>
          <HotelReservationID ResID_Type="13" ResID_Value="B-1" ResID_Source="BDC"/>
          <HotelReservationID ResID_Type="14" ResID_Value="N-1"/></HotelReservationIDs>
        <Profiles>
          <ProfileInfo><UniqueID ID="4711" ID_Context="PMS"/><Profile><Customer>
            <PersonName><GivenName>Ada</GivenName><Surname>Aalto</Surname></PersonName>
            <Telephone PhoneNumber="+43 1 1"/></Customer></Profile></ProfileInfo>
          <ProfileInfo><Profile ProfileType="4"><CompanyInfo><CompanyName>Tours</CompanyName>
            <Email>tours@example.com</Email><AddressInfo><CountryName Code="UK"/></AddressInfo>
          </CompanyInfo></Profile></ProfileInfo>
        </Profiles>
        <Total AmountAfterTax="250.00" CurrencyCode="EUR"/>
      </ResGlobalInfo>
      <x:Note xmlns:x="urn:x" x:Kind="k" Kind="plain">Extension</x:Note>
    </HotelReservation>
    <Extension>ignored</Extension>
  </HotelReservations>
  <TPA_Extensions><Sent By="desk"/></TPA_Extensions>
</OTA_HotelResNotifRQ>
"""
"""Every field that is mapped, with contents of our own."""

CANCELLATION: Final = f"""
<OTA_CancelRQ {OTA} Version="1.0" CancelType="Cancel" TimeStamp="2026-02-05T10:00:00Z">
  <POS><Source><BookingChannel Type="7"/></Source></POS>
  <UniqueID Type="14" ID="R-1"><CompanyName>Tours</CompanyName></UniqueID>
  <Reasons><Reason Type="4">Ill</Reason></Reasons>
</OTA_CancelRQ>
"""
FREE_ROOMS: Final = f"""
<OTA_HotelInvCountNotifRQ {OTA} Version="4" TimeStamp="2026-02-05T10:00:00Z" EchoToken="e">
  <UniqueID Type="16" ID="1" Instance="CompleteSet"/>
  <Inventories HotelCode="1" HotelName="Alm">
    <Inventory><StatusApplicationControl Start="2026-05-01" End="2026-05-02" AllInvCode="true"/>
    </Inventory>
    <Inventory Note="n"><StatusApplicationControl Start="2026-04-06" End="2026-04-19"
        InvTypeCode="DBL" Mon="true" Tue="1"/>
      <InvCounts><InvCount CountType="2" Count="3"/><InvCount CountType="6" Count="1"/></InvCounts>
      <RestrictionStatus Status="Close" Restriction="Arrival"/>
      <LengthsOfStay ArrivalDateBased="1">
        <LengthOfStay MinMaxMessageType="SetMinLOS" Time="2" TimeUnit="Day"/>
        <LengthOfStay MinMaxMessageType="MaxLOS" Time="9"/></LengthsOfStay>
    </Inventory>
    <Inventory><StatusApplicationControl Start="2026-04-07" End="2026-04-07" InvTypeCode="SGL"
        AllInvCode="0"/><RestrictionStatus Status="ClosedOnArrival"/>
      <Remark>Extension</Remark></Inventory>
  </Inventories>
</OTA_HotelInvCountNotifRQ>
"""
