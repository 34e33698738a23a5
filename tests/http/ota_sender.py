"""A sender of AlpineBits and OTA XML, and the documents that it sends."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml
from adapters.outbound.providers.alpinebits import provider
from ports.providers import Provider, ProviderTools
from tests.http.http_harness import NOON, HttpHarness, add_hotels

PATH = "/api/pms/alpinebits"
PASSWORD = "correct horse"
NAMESPACE = "http://www.opentravel.org/OTA/2003/05"
COUNTS = "OTA_HotelInvCountNotif:FreeRooms"
LIMITS = "OTA_HotelAvailNotif:FreeRooms"
PUSH = "OTA_HotelResNotif:GuestRequests"
PING = "OTA_Ping:Handshaking"
COMPLETE = '<UniqueID Type="16" ID="1" Instance="CompleteSet"/>'
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def alpinebits() -> dict[str, Provider]:
    """The provider, by its name."""
    clock = FrozenClock(NOON)
    tools = ProviderTools(
        clock=clock, randomness=ScriptedRandomness(), budget=InProcessRateBudget(clock)
    )
    return {"alpinebits": provider(tools)}


def alpinebits_harness() -> HttpHarness:
    """In memory, with hotels."""
    return add_hotels(HttpHarness(further_providers=alpinebits()))


@dataclass
class Sender:
    client: FlaskClient
    key: str
    password: str = PASSWORD
    version: str | None = "2020-10"
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        pair = b64encode(f"{self.key}:{self.password}".encode()).decode()
        version = {"X-AlpineBits-ClientProtocolVersion": self.version} if self.version else {}
        return {"Authorization": f"Basic {pair}", **version, **self.extra}

    def form(self, action: str | None, document: str | bytes | None = None) -> TestResponse:
        """Bytes are sent as a file, which the client library does not change."""
        request = (BytesIO(document), "request.xml") if isinstance(document, bytes) else document
        fields = {"action": action, "request": request}
        sent = {name: value for name, value in fields.items() if value is not None}
        kind = "multipart/form-data"
        return self.client.post(PATH, data=sent, headers=self.headers, content_type=kind)

    def xml(self, document: str | bytes, content_type: str = "text/xml") -> TestResponse:
        headers = self.headers
        return self.client.post(PATH, data=document, headers=headers, content_type=content_type)

    def soap(self, document: str, **headers: str) -> TestResponse:
        """Authenticates with WSSE only."""
        token = (
            f'<s:Header><w:Security xmlns:w="{WSSE}" s:mustUnderstand="1"><w:UsernameToken>'
            f"<w:Username>{self.key}</w:Username><w:Password>{self.password}</w:Password>"
            "</w:UsernameToken></w:Security></s:Header>"
        )
        body = f'<s:Envelope xmlns:s="{SOAP}">{token}<s:Body>{document}</s:Body></s:Envelope>'
        return self.client.post(
            PATH, data=body, headers={"SOAPAction": "", **headers}, content_type="text/xml"
        )


def counts(*inventories: str, complete: bool = False, hotel: str = "123", **root: str) -> str:
    """An OTA_HotelInvCountNotifRQ."""
    attributes = "".join(f' {name}="{value}"' for name, value in root.items())
    return (
        f'<OTA_HotelInvCountNotifRQ xmlns="{NAMESPACE}" Version="4"{attributes}>'
        f"{COMPLETE if complete else ''}"
        f'<Inventories HotelCode="{hotel}">{"".join(inventories)}</Inventories>'
        "</OTA_HotelInvCountNotifRQ>"
    )


def inventory(
    start: str, end: str, category: str = "DBL", count: int | None = None, room: str = ""
) -> str:
    """Nights from start to end; without a count, no rooms are available."""
    code = f' InvCode="{room}"' if room else ""
    counted = f'<InvCounts><InvCount CountType="2" Count="{count}"/></InvCounts>'
    return (
        f'<Inventory><StatusApplicationControl Start="{start}" End="{end}" '
        f'InvTypeCode="{category}"{code}/>{counted if count is not None else ""}</Inventory>'
    )


def closing(start: str, end: str) -> str:
    control = f'<StatusApplicationControl Start="{start}" End="{end}" AllInvCode="true"/>'
    return f"<Inventory>{control}</Inventory>"


def limits(*messages: str, complete: bool = False, hotel: str = "123") -> str:
    """An OTA_HotelAvailNotifRQ."""
    return (
        f'<OTA_HotelAvailNotifRQ xmlns="{NAMESPACE}" Version="1.002">'
        f"{COMPLETE if complete else ''}"
        f'<AvailStatusMessages HotelCode="{hotel}">{"".join(messages)}</AvailStatusMessages>'
        "</OTA_HotelAvailNotifRQ>"
    )


def limit(start: str, end: str, category: str = "DBL", count: int = 1, **more: str) -> str:
    given = {"BookingLimit": str(count), "BookingLimitMessageType": "SetLimit", **more}
    attributes = "".join(f' {name}="{value}"' for name, value in given.items() if value)
    return (
        f"<AvailStatusMessage{attributes}>"
        f'<StatusApplicationControl Start="{start}" End="{end}" InvTypeCode="{category}"/>'
        "</AvailStatusMessage>"
    )


def reservations(*listed: str, hotel: str = "123", **root: str) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in root.items())
    return (
        f'<OTA_HotelResNotifRQ xmlns="{NAMESPACE}" Version="1.0"{attributes}>'
        f"<HotelReservations>{''.join(listed)}</HotelReservations></OTA_HotelResNotifRQ>"
    )


def reservation(
    external_id: str = "R1", status: str = "Reserved", arrival: str = "2026-04-01", extra: str = ""
) -> str:
    return (
        f'<HotelReservation CreateDateTime="2026-02-01T10:00:00+01:00" ResStatus="{status}">'
        f'<UniqueID Type="14" ID="{external_id}"/><RoomStays><RoomStay>'
        '<RoomTypes><RoomType RoomTypeCode="DBL"/></RoomTypes>'
        '<GuestCounts><GuestCount Count="2"/></GuestCounts>'
        f'<TimeSpan Start="{arrival}" End="2026-04-03"/>{extra}'
        '<Total AmountAfterTax="299" CurrencyCode="EUR"/>'
        "</RoomStay></RoomStays><ResGuests><ResGuest><Profiles><ProfileInfo><Profile><Customer>"
        "<PersonName><GivenName>Ada</GivenName><Surname>Byron</Surname></PersonName>"
        "</Customer></Profile></ProfileInfo></Profiles></ResGuest></ResGuests>"
        "<ResGlobalInfo>"
        f'<BasicPropertyInfo HotelCode="123"/></ResGlobalInfo></HotelReservation>'
    )


def response_root(response: TestResponse) -> XmlElement:
    """The document of a successful response, without its SOAP envelope."""
    assert response.status_code == 200, response.get_data(as_text=True)
    root = parse_xml(response.data)
    body = root.child("Body")
    return root if body is None else body.children[0]


def succeeded(response: TestResponse) -> XmlElement:
    root = response_root(response)
    assert root.child("Success") is not None, response.get_data(as_text=True)
    return root


def error_of(response: TestResponse) -> Mapping[str, str]:
    """Attributes and text of the only error."""
    listed = response_root(response).child("Errors")
    assert listed is not None, response.get_data(as_text=True)
    (error,) = listed.children
    return {**error.attributes, "text": error.value}
