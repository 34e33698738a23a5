"""Records to the vendor's JSON (connector-api/operations/*.md)."""

from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import StayState
from adapters.outbound.provider_kit.simulation.json_fields import fields_with
from adapters.outbound.providers.mews.simulator import records as mews_records
from adapters.outbound.providers.mews.simulator.catalog import TAX_PERCENT, Catalog, Json
from adapters.outbound.providers.mews.simulator.hotel_time import to_seconds, utc_text
from adapters.outbound.providers.mews.simulator.record_index import MewsRecords

TAX_CODE: Final = "DE-2020-1-L"
UNTAXED_CODE: Final = "DE-2020-1-Z"
_INACTIVE_STATES: Final = frozenset({"Optional", "Inquired", "Requested"})
_CHANNELS: Final = {
    "direct": ("Distributor", None),
    "walk-in": ("Commander", "InPerson"),
    "ota": ("ChannelManager", None),
    "agent": ("Commander", "Phone"),
    "corporate": ("Commander", "Email"),
}
"""`Channel` and `CommanderOrigin`."""


_NULL_IN_RESERVATION: Final = fields_with(
    None, "VoucherId BusinessSegmentId CreditCardId AvailabilityBlockId QrCodeData"
)
_NULL_IN_CUSTOMER: Final = fields_with(
    None,
    "CustomTitleName SecondLastName BirthCountryCode BirthCountrySubdivisionCode BirthPlace "
    "Occupation TaxIdentificationNumber AccountingCode BillingCode CarRegistrationNumber "
    "DietaryRequirements Passport IdentityCard Visa DriversLicense ItalianDestinationCode "
    "ItalianFiscalCode ItalianLotteryCode CompanyId",
)
_NULL_IN_ORDER_ITEM: Final = fields_with(
    None,
    "Notes BillId BillingName ExternalIdentifier ClaimedUtc TaxExemptionReason "
    "TaxExemptionLegalReference",
)


class MewsRenderer:
    def __init__(self, records: MewsRecords, catalog: Catalog) -> None:
        self._hotel = records.hotel
        self._catalog = catalog
        self._ids = records.ids
        self._accounting_category_id = records.ids("accounting-category")
        self._product_id = records.ids("product")

    def reservation(self, item: mews_records.MewsReservation) -> Json:
        origin, commander_origin = _CHANNELS[item.booking.channel]
        is_managed = item.booking.channel == "ota"
        started = item.actual_start is not None
        early = item.actual_start is not None and item.actual_start < item.start
        return {
            **_NULL_IN_RESERVATION,
            "Id": item.id,
            "ServiceId": item.service_id,
            "AccountId": item.account_id,
            "AccountType": item.account_type,
            "CreatorProfileId": self._catalog.staff_id,
            "UpdaterProfileId": self._catalog.staff_id,
            "BookerId": item.booker_id,
            "Number": item.number,
            "State": item.state,
            "Origin": origin,
            "CommanderOrigin": commander_origin,
            "OriginDetails": "SimuChannel" if is_managed else None,
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "CancelledUtc": utc_text(item.canceled),
            "Options": {
                "OwnerCheckedIn": started,
                "AllCompanionsCheckedIn": started,
                "AnyCompanionCheckedIn": started,
                "ConnectorCheckIn": False,
            },
            "RateId": item.rate_id,
            "GroupId": item.group_id,
            "RequestedResourceCategoryId": item.category_id,
            "AssignedResourceId": item.shown_room_id,
            "PartnerCompanyId": item.company_id,
            "TravelAgencyId": item.agency_id,
            "AssignedResourceLocked": False,
            "ChannelNumber": item.booking.external_code,
            "ChannelManagerNumber": f"CM{item.number}" if is_managed else "",
            "CancellationReason": item.cancellation_reason,
            "ReleasedUtc": utc_text(self._released(item)),
            "StartUtc": utc_text(item.actual_start if early else item.start),
            "EndUtc": utc_text(item.end),
            "ScheduledStartUtc": utc_text(item.start),
            "ActualStartUtc": utc_text(item.actual_start),
            "ScheduledEndUtc": utc_text(item.end),
            "ActualEndUtc": utc_text(item.actual_end),
            "Purpose": ("Leisure", "Business", None)[item.index % 3],
            "PersonCounts": self._persons(item),
        }

    def _persons(self, item: mews_records.MewsReservation) -> list[Json]:
        stay = item.stay
        counts: list[Json] = [{"AgeCategoryId": self._catalog.adult_id, "Count": stay.adults}]
        if stay.child_ages:
            children = {"AgeCategoryId": self._catalog.child_id, "Count": len(stay.child_ages)}
            counts.append(children)
        return counts

    @staticmethod
    def _released(item: mews_records.MewsReservation) -> int | None:
        """When an unconfirmed option lapses."""
        return item.start - 2 * 86_400 if item.stay.state is StayState.OPTION else None

    def customer(self, item: mews_records.MewsCustomer, *, with_address: bool = True) -> Json:
        guest, number = item.guest, item.number
        sex = ("Male", "Female", None)[number % 3]
        has_address = number % 2 == 0
        language = f"{guest.language}-{guest.country}"
        return {
            **_NULL_IN_CUSTOMER,
            "Id": item.id,
            "ChainId": self._catalog.chain_id,
            "Number": str(item.number),
            "Title": {"Male": "Mister", "Female": "Misses"}.get(sex or ""),
            "Sex": sex,
            "FirstName": guest.first_name,
            "LastName": guest.last_name,
            "NationalityCode": guest.country,
            "PreferredLanguageCode": language,
            "LanguageCode": language,
            "BirthDate": f"{1940 + number % 60}-06-15" if number % 5 else None,
            "Email": guest.email,
            "HasOtaEmail": item.has_ota_email,
            "Phone": guest.phone,
            "LoyaltyCode": f"LC{number}" if number % 14 == 0 else None,
            "Notes": guest.notes,
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "Address": self._address(item) if with_address and has_address else None,
            "AddressId": self._ids("address", number) if has_address else None,
            "Classifications": ["VeryImportant"] if guest.is_vip else [],
            "Options": [],
            "MergeTargetId": item.merge_target_id,
            "ActivityState": item.activity_state,
            "IsActive": item.activity_state == "Active",
            "PreferredSpaceFeatures": [],
            "CreatorProfileId": self._catalog.staff_id,
            "UpdaterProfileId": self._catalog.staff_id,
        }

    def _address(self, item: mews_records.MewsCustomer) -> Json:
        return {
            "Id": self._ids("address", item.number),
            "Line1": f"{item.number % 200 + 1} Harbour Street",
            "Line2": None,
            "City": "Simville",
            "PostalCode": f"{item.number % 90_000 + 10_000}",
            "CountryCode": item.guest.country,
            "CountrySubdivisionCode": None,
            "Latitude": None,
            "Longitude": None,
        }

    def group(self, item: mews_records.ReservationGroup) -> Json:
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "Name": item.name,
            "ChannelManager": item.channel_manager,
            "ChannelManagerGroupNumber": item.channel_manager_number,
        }

    def companionship(self, item: mews_records.Companionship) -> Json:
        return {
            "Id": item.id,
            "CustomerId": item.customer_id,
            "ReservationGroupId": item.reservation.group_id,
            "ReservationId": item.reservation.id,
        }

    def room(self, item: mews_records.Resource) -> Json:
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "IsActive": True,
            "ParentResourceId": None,
            "Name": item.room.number,
            "State": "Clean" if item.room.is_clean else "Dirty",
            "Descriptions": {},
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "DeletedUtc": None,
            "Data": {
                "Discriminator": "Space",
                "Value": {"FloorNumber": item.room.floor, "LocationNotes": None},
            },
            "ExternalNames": {},
            "Directions": {},
        }

    def block(self, item: mews_records.ResourceBlock) -> Json:
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "AssignedResourceId": item.room_id,
            "IsActive": item.deleted is None,
            "Type": "InternalUse" if item.block.is_internal_use else "OutOfOrder",
            "StartUtc": utc_text(item.start),
            "EndUtc": utc_text(item.end),
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "DeletedUtc": utc_text(item.deleted),
            "Name": "House use" if item.block.is_internal_use else "Maintenance",
            "Notes": None,
        }

    def order_item(self, item: mews_records.OrderItem) -> Json:
        stay = item.kind != "CityTax"
        amount = self._amount(item.gross, taxed=stay)
        night = to_seconds(self._hotel.instant(item.night))
        return {
            **_NULL_IN_ORDER_ITEM,
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "AccountId": item.reservation.account_id,
            "AccountType": item.reservation.account_type,
            "ServiceId": item.reservation.service_id,
            "ServiceOrderId": item.reservation.id,
            "AccountingCategoryId": self._accounting_category_id,
            "UnitCount": 1,
            "UnitAmount": amount,
            "Amount": amount,
            "OriginalAmount": amount,
            "RevenueType": "Service" if stay else "Additional",
            "CreatorProfileId": self._catalog.staff_id,
            "UpdaterProfileId": self._catalog.staff_id,
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "ConsumedUtc": utc_text(night),
            "CanceledUtc": utc_text(item.canceled),
            "ClosedUtc": utc_text(item.reservation.actual_end),
            "StartUtc": utc_text(night),
            "AccountingState": _accounting_state(item),
            "Type": item.kind,
            "Options": {"CanceledWithReservation": item.is_canceled_with_reservation},
            "Data": {
                "Discriminator": "Product",
                "Rebate": None,
                "Product": {"ProductId": self._product_id, "AgeCategoryId": None},
            }
            if item.kind == "SpaceOrder"
            else None,
        }

    def payment(self, item: mews_records.MewsPayment) -> Json:
        amount = self._amount(item.gross, taxed=False)
        is_closed = item.reservation.actual_end is not None
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "AccountId": item.reservation.account_id,
            "AccountType": item.reservation.account_type,
            "PaymentRequestId": None,
            "BillId": None,
            "ReservationId": item.reservation.id,
            "AccountingCategoryId": None,
            "Amount": amount,
            "OriginalAmount": amount,
            "Notes": None,
            "SettlementId": None,
            "ConsumedUtc": utc_text(item.at),
            "ClosedUtc": utc_text(item.reservation.actual_end),
            "ChargedUtc": utc_text(item.at) if item.state == "Charged" else None,
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "SettlementUtc": None,
            "AccountingState": "Closed" if is_closed else "Open",
            "State": item.state,
            "Identifier": None,
            "Type": "CashPayment",
            "Kind": None,
            "Data": None,
            "PaymentOrigin": "Terminal",
        }

    def _number(self, minor: int) -> int | float:
        """A JSON number as the vendor writes it: 100, not 100.0; 93.46 by shortest repr."""
        scale = self._hotel.minor
        return minor // scale if minor % scale == 0 else minor / scale

    def _amount(self, gross: int, *, taxed: bool) -> Json:
        net = (gross * 200 + 100 + TAX_PERCENT) // (2 * (100 + TAX_PERCENT)) if taxed else gross
        code = TAX_CODE if taxed else UNTAXED_CODE
        net_value, tax_value = self._number(net), self._number(gross - net)
        line = {"TaxRateCode": code, "NetValue": net_value, "TaxValue": tax_value}
        return {
            "Currency": self._hotel.currency,
            "NetValue": net_value,
            "GrossValue": self._number(gross),
            "TaxValues": [{"Code": code, "Value": tax_value}],
            "Breakdown": {"Items": [line]},
        }


def _accounting_state(item: mews_records.OrderItem) -> str:
    if item.canceled is not None:
        return "Canceled"
    if item.reservation.actual_end is not None:
        return "Closed"
    return "Inactive" if item.reservation.state in _INACTIVE_STATES else "Open"
