"""All that the author of a simple vendor's adapter needs, in one place:
`from adapters.outbound.provider_kit import authoring as pms`."""

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.local_time import local_day, zone
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.simple_rest.credentials import ClientCredentials, KeyHeader
from adapters.outbound.provider_kit.simple_rest.paging import NextTokens, Offsets, PageNumbers
from adapters.outbound.provider_kit.simple_rest.provider import SimpleProvider
from adapters.outbound.provider_kit.simple_rest.vendor import (
    AccountCall,
    Availability,
    Bookings,
    HotelRecord,
    Records,
    SimpleVendor,
)
from adapters.outbound.provider_kit.simple_rest.webhooks import (
    HmacSignature,
    SharedSecret,
    UnguessableUrl,
    Webhooks,
    named,
)
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    BookingSource,
    Party,
    PartyRole,
    RatePlanRecord,
    RoomRecord,
    RoomStay,
    RoomTypeRecord,
)
from domain.status import BookingStatus
from domain.values import (
    ABSENT,
    AgeClass,
    AgeCount,
    Money,
    NightlyPrice,
    SourceVersion,
    Stay,
)
from ports.providers import (
    AccountReport,
    HotelContext,
    Notification,
    Provider,
    ProviderTools,
    Ref,
    RefKind,
    SettingSpec,
)

__all__ = [
    "ABSENT",
    "AccountCall",
    "AccountReport",
    "AgeClass",
    "AgeCount",
    "Availability",
    "AvailabilitySnapshot",
    "BookingSnapshot",
    "BookingSource",
    "BookingStatus",
    "Bookings",
    "ClientCredentials",
    "HmacSignature",
    "HotelContext",
    "HotelRecord",
    "KeyHeader",
    "Money",
    "NextTokens",
    "NightlyPrice",
    "Notification",
    "Offsets",
    "PageNumbers",
    "Party",
    "PartyRole",
    "Provider",
    "ProviderTools",
    "RatePlanRecord",
    "Reader",
    "Records",
    "Ref",
    "RefKind",
    "RoomRecord",
    "RoomStay",
    "RoomTypeRecord",
    "SettingSpec",
    "SharedSecret",
    "SimpleProvider",
    "SimpleVendor",
    "SourceVersion",
    "Stay",
    "UnguessableUrl",
    "UnreadableField",
    "Webhooks",
    "local_day",
    "named",
    "zone",
]
