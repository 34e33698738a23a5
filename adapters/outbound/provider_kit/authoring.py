"""What the author of a declared vendor's adapter needs, in one place:
`from adapters.outbound.provider_kit import authoring as pms`."""

from typing import TYPE_CHECKING

from adapters.outbound.provider_kit.declarative.credentials import ClientCredentials, KeyHeader
from adapters.outbound.provider_kit.declarative.paging import NextTokens, Offsets, PageNumbers
from adapters.outbound.provider_kit.declarative.provider import DeclarativeProvider
from adapters.outbound.provider_kit.declarative.vendor import (
    AccountCall,
    Availability,
    Bookings,
    HotelRecord,
    Records,
    VendorDeclaration,
)
from adapters.outbound.provider_kit.declarative.webhooks import (
    HmacSignature,
    SharedSecret,
    UnguessableUrl,
    Webhooks,
    notification_for_event,
)
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.local_time import local_day, zone
from adapters.outbound.provider_kit.parsing.reader import Reader
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
    PriceBasis,
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
from ports.renamed import renamed_attributes

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
    "DeclarativeProvider",
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
    "PriceBasis",
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
    "SourceVersion",
    "Stay",
    "UnguessableUrl",
    "UnreadableField",
    "VendorDeclaration",
    "Webhooks",
    "local_day",
    "notification_for_event",
    "zone",
]

if not TYPE_CHECKING:
    __getattr__ = renamed_attributes(
        globals(),
        {
            "SimpleVendor": "VendorDeclaration",
            "SimpleProvider": "DeclarativeProvider",
            "named": "notification_for_event",
        },
    )
