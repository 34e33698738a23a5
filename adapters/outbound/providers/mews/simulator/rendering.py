"""Records to the vendor's JSON (connector-api/operations/*.md), made on demand."""

from adapters.outbound.providers.mews.simulator.catalog import TAX_PERCENT, Catalog
from adapters.outbound.providers.mews.simulator.hotel_time import HotelCalendar, utc_text
from adapters.outbound.providers.mews.simulator.records import (
    Block,
    Companionship,
    Customer,
    Group,
    OrderItem,
    Reservation,
    Room,
)

Json = dict[str, object]
TAX_CODE = "DE-2020-1-L"
UNTAXED_CODE = "DE-2020-1-Z"
_INACTIVE_STATES = frozenset({"Optional", "Inquired", "Requested"})


class VendorJson:
    """Renders one hotel's records."""

    def __init__(self, catalog: Catalog, calendar: HotelCalendar) -> None:
        self._catalog = catalog
        self._calendar = calendar
        self._scale: int = 10**catalog.exponent

    def reservation(self, item: Reservation) -> Json:
        started = item.actual_start is not None
        early = item.actual_start is not None and item.actual_start < item.start
        return {
            "Id": item.id,
            "ServiceId": item.service_id,
            "AccountId": item.account_id,
            "AccountType": item.account_type,
            "CreatorProfileId": self._catalog.staff_id,
            "UpdaterProfileId": self._catalog.staff_id,
            "BookerId": item.booker_id,
            "Number": item.number,
            "State": item.state,
            "Channel": item.origin,
            "CommanderOrigin": item.commander_origin,
            "OriginDetails": item.origin_details,
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "CancelledUtc": utc_text(item.canceled),
            "VoucherId": None,
            "BusinessSegmentId": None,
            "Options": {
                "OwnerCheckedIn": started,
                "AllCompanionsCheckedIn": started,
                "AnyCompanionCheckedIn": started,
                "ConnectorCheckIn": False,
            },
            "RateId": item.rate_id,
            "CreditCardId": None,
            "GroupId": item.group_id,
            "RequestedResourceCategoryId": item.category_id,
            "AssignedResourceId": item.room_id if item.assigned else None,
            "AvailabilityBlockId": None,
            "PartnerCompanyId": item.company_id,
            "TravelAgencyId": item.agency_id,
            "AssignedResourceLocked": item.locked,
            "ChannelNumber": item.channel_number,
            "ChannelManagerNumber": item.channel_manager_number,
            "CancellationReason": item.cancellation_reason,
            "ReleasedUtc": utc_text(item.released),
            "StartUtc": utc_text(item.actual_start if early else item.start),
            "EndUtc": utc_text(item.end),
            "ScheduledStartUtc": utc_text(item.start),
            "ActualStartUtc": utc_text(item.actual_start),
            "ScheduledEndUtc": utc_text(item.end),
            "ActualEndUtc": utc_text(item.actual_end),
            "Purpose": item.purpose,
            "QrCodeData": None,
            "PersonCounts": self._persons(item),
        }

    def _persons(self, item: Reservation) -> list[Json]:
        counts: list[Json] = [{"AgeCategoryId": self._catalog.adult_id, "Count": item.adults}]
        if item.children:
            counts.append({"AgeCategoryId": self._catalog.child_id, "Count": item.children})
        return counts

    def customer(self, item: Customer, *, with_address: bool = True) -> Json:
        address = self._address(item) if with_address and item.address_id else None
        return {
            "Id": item.id,
            "ChainId": self._catalog.chain_id,
            "Number": str(item.number),
            "Title": {"Male": "Mister", "Female": "Misses"}.get(item.sex or ""),
            "CustomTitleName": None,
            "Sex": item.sex,
            "FirstName": item.first_name,
            "LastName": item.last_name,
            "SecondLastName": None,
            "NationalityCode": item.country,
            "PreferredLanguageCode": item.language,
            "LanguageCode": item.language,
            "BirthDate": f"{item.birth_year}-06-15" if item.birth_year else None,
            "BirthCountryCode": None,
            "BirthCountrySubdivisionCode": None,
            "BirthPlace": None,
            "Occupation": None,
            "Email": item.email,
            "HasOtaEmail": item.has_ota_email,
            "Phone": item.phone,
            "TaxIdentificationNumber": None,
            "LoyaltyCode": item.loyalty_code,
            "AccountingCode": None,
            "BillingCode": None,
            "Notes": item.notes,
            "CarRegistrationNumber": None,
            "DietaryRequirements": None,
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "Passport": None,
            "IdentityCard": None,
            "Visa": None,
            "DriversLicense": None,
            "Address": address,
            "AddressId": item.address_id,
            "Classifications": list(item.classifications),
            "Options": [],
            "ItalianDestinationCode": None,
            "ItalianFiscalCode": None,
            "ItalianLotteryCode": None,
            "CompanyId": item.company_id,
            "MergeTargetId": item.merge_target_id,
            "ActivityState": "Active" if item.is_active else "Deleted",
            "IsActive": item.is_active,
            "PreferredSpaceFeatures": [],
            "CreatorProfileId": self._catalog.staff_id,
            "UpdaterProfileId": self._catalog.staff_id,
        }

    def _address(self, item: Customer) -> Json:
        return {
            "Id": item.address_id,
            "Line1": f"{item.number % 200 + 1} Harbour Street",
            "Line2": None,
            "City": "Simville",
            "PostalCode": f"{item.number % 90_000 + 10_000}",
            "CountryCode": item.country,
            "CountrySubdivisionCode": None,
            "Latitude": None,
            "Longitude": None,
        }

    def group(self, item: Group) -> Json:
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "Name": item.name,
            "ChannelManager": item.channel_manager,
            "ChannelManagerGroupNumber": item.channel_manager_number,
        }

    def companionship(self, item: Companionship) -> Json:
        return {
            "Id": item.id,
            "CustomerId": item.customer_id,
            "ReservationGroupId": item.group_id,
            "ReservationId": item.reservation_id,
        }

    def room(self, item: Room) -> Json:
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "IsActive": True,
            "ParentResourceId": None,
            "Name": item.name,
            "State": item.state,
            "Descriptions": {},
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "DeletedUtc": None,
            "Data": {
                "Discriminator": "Space",
                "Value": {"FloorNumber": item.floor, "LocationNotes": None},
            },
            "ExternalNames": {},
            "Directions": {},
        }

    def assignment(self, item: Room) -> Json:
        return {
            "Id": item.assignment_id,
            "IsActive": True,
            "ResourceId": item.id,
            "CategoryId": item.category_id,
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.created),
        }

    def block(self, item: Block) -> Json:
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "AssignedResourceId": item.room_id,
            "IsActive": item.deleted is None,
            "Type": item.kind,
            "StartUtc": utc_text(item.start),
            "EndUtc": utc_text(item.end),
            "CreatedUtc": utc_text(item.created),
            "UpdatedUtc": utc_text(item.updated),
            "DeletedUtc": utc_text(item.deleted),
            "Name": "Maintenance" if item.kind == "OutOfOrder" else "House use",
            "Notes": None,
        }

    def order_item(self, item: OrderItem) -> Json:
        stay = item.kind != "CityTax"
        amount = self._amount(item.gross, taxed=stay)
        night = self._calendar.instant(item.night)
        return {
            "Id": item.id,
            "EnterpriseId": self._catalog.enterprise_id,
            "AccountId": item.reservation.account_id,
            "AccountType": item.reservation.account_type,
            "Notes": None,
            "ServiceId": item.reservation.service_id,
            "ServiceOrderId": item.reservation.id,
            "BillId": None,
            "AccountingCategoryId": self._catalog.accounting_category_id,
            "BillingName": None,
            "ExternalIdentifier": None,
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
            "ClosedUtc": utc_text(item.closed),
            "StartUtc": utc_text(night),
            "ClaimedUtc": None,
            "AccountingState": _accounting_state(item),
            "Type": item.kind,
            "Options": {"CanceledWithReservation": item.with_reservation},
            "Data": {
                "Discriminator": "Product",
                "Rebate": None,
                "Product": {"ProductId": self._catalog.product_id, "AgeCategoryId": None},
            }
            if item.kind == "SpaceOrder"
            else None,
            "TaxExemptionReason": None,
            "TaxExemptionLegalReference": None,
        }

    def _number(self, minor: int) -> int | float:
        """A JSON number as the vendor writes it: 100, not 100.0; 93.46 by shortest repr."""
        return minor // self._scale if minor % self._scale == 0 else minor / self._scale

    def _amount(self, gross: int, *, taxed: bool) -> Json:
        net = (gross * 200 + 100 + TAX_PERCENT) // (2 * (100 + TAX_PERCENT)) if taxed else gross
        code = TAX_CODE if taxed else UNTAXED_CODE
        net_value, tax_value = self._number(net), self._number(gross - net)
        line = {"TaxRateCode": code, "NetValue": net_value, "TaxValue": tax_value}
        return {
            "Currency": self._catalog.profile.currency,
            "NetValue": net_value,
            "GrossValue": self._number(gross),
            "TaxValues": [{"Code": code, "Value": tax_value}],
            "Breakdown": {"Items": [line]},
        }


def _accounting_state(item: OrderItem) -> str:
    if item.canceled is not None:
        return "Canceled"
    if item.closed is not None:
        return "Closed"
    return "Inactive" if item.reservation.state in _INACTIVE_STATES else "Open"
