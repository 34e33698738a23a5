"""Code tables from Mews' values to ours, each with the section of the documentation it is from.

All sections are under connector-api/operations/.
"""

from typing import Final

from domain.snapshots import BookingSource
from domain.status import BookingStatus
from domain.values import AgeClass

STATES: Final[dict[str, BookingStatus]] = {
    "Inquired": BookingStatus.PENDING,
    "Requested": BookingStatus.PENDING,
    "Optional": BookingStatus.PENDING,
    "Confirmed": BookingStatus.CONFIRMED,
    "Started": BookingStatus.CHECKED_IN,
    "Processed": BookingStatus.CHECKED_OUT,
    "Canceled": BookingStatus.CANCELED,
}
"""reservations.md, "Service order state", version 2023-06-06; `Enquired` belongs to 2017-04-12."""

HOLDING_STATES: Final = frozenset({"Optional", "Confirmed", "Started"})
"""Optional: "the enterprise is holding resource for the guest". Requested is a waiting list."""

NO_SHOW_REASON: Final = "NoShow"
"""reservations.md, "Reservation cancellation reason": there is no such state."""

ORIGINS: Final[dict[str, BookingSource]] = {
    "ChannelManager": BookingSource.OTA,
    "Distributor": BookingSource.DIRECT,
    "Navigator": BookingSource.DIRECT,
    "Commander": BookingSource.DIRECT,
}
"""reservations.md, "Service order origin". Import and Connector do not name the seller."""

COMMANDER_ORIGINS: Final[dict[str, BookingSource]] = {
    "InPerson": BookingSource.WALK_IN,
    "Channel": BookingSource.OTA,
    "Phone": BookingSource.DIRECT,
    "Email": BookingSource.DIRECT,
    "Website": BookingSource.DIRECT,
    "Message": BookingSource.DIRECT,
    "CallCenter": BookingSource.DIRECT,
    "RoomingList": BookingSource.OTHER,
}
"""reservations.md, "Commander origin": entered by hand at the hotel."""

ACCOUNT_TYPES: Final = {"Customer": "Customer", "Company": "Company"}
"""accounts.md, "Account type"."""

AGE_CLASSES: Final[dict[str, AgeClass]] = {"Adult": AgeClass.ADULT, "Child": AgeClass.CHILD}
"""agecategories.md, "Age category classification"."""

TITLES: Final = {"Mister": "Mr", "Miss": "Ms", "Misses": "Mrs"}
"""customers.md, "Title": "should not be used as-is, but localized"."""

VIP_CLASSIFICATIONS: Final = frozenset({"Important", "VeryImportant", "TopManagement"})
"""customers.md, "Customer classification"."""

MARKETING_OPTION: Final = "SendMarketingEmails"

LODGING_CATEGORIES: Final = frozenset(
    (
        *("Room", "Bed", "Dorm", "Apartment", "Suite", "Villa", "Cabin", "Pod"),
        *("Site", "Tent", "CaravanOrRV", "UnequippedCampsite"),
    )
)
"""resources.md, "Resource category type": for accommodation. The others (ParkingSpot, MeetingRoom,
Desk, …) can be booked by the day as well, but are not accommodation."""

NIGHT_ITEM: Final = "SpaceOrder"
"""orderitems.md, "Order item type"."""

CANCELED_ITEM: Final = "Canceled"
"""orderitems.md, "Order item accounting state"."""

ACCOUNTING_STATES: Final = frozenset({"Open", "Closed", "Inactive", CANCELED_ITEM})
"""orderitems.md and payments.md, "Accounting state"."""

PAID_STATE: Final = "Charged"
PAYMENT_STATES: Final = frozenset({PAID_STATE, "Canceled", "Pending", "Failed", "Verifying"})
"""payments.md, "Payment state"."""

DOCUMENT_TYPES: Final = ("Passport", "IdentityCard", "DriversLicense", "Visa")
"""customers.md: the first of these with a number is the guest's document, the others follow."""
