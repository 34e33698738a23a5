"""The configuration of a hotel: services, categories, rates, age categories, companies."""

from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.simulation.json_fields import fields_with
from adapters.outbound.providers.mews.simulator.hotel_time import utc_text
from adapters.outbound.providers.mews.simulator.record_index import MewsRecords
from adapters.outbound.providers.mews.simulator.records import AGENCIES

Json = dict[str, object]
TAX_PERCENT: Final = 7


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """Configuration that hardly changes, as JSON. `parent_id`: the id of its owner."""

    id: str
    created: int
    updated: int
    body: Json
    parent_id: str | None = None


class Catalog:
    """JSON bodies of the configuration, all created when the hotel opened."""

    def __init__(self, records: MewsRecords) -> None:
        ids = records.ids
        self._ids = ids
        self._hotel = records.hotel
        self._opened = records.opened
        self.enterprise_id, self.chain_id = ids("enterprise"), ids("chain")
        self.integration_id, self.staff_id = ids("integration"), ids("staff")
        self.stay_service_id, self.parking_service_id = (
            ids("service", name) for name in ("stay", "parking")
        )
        self.parking_category_id = ids("category", "PARKING")
        self.adult_id, self.child_id = ids("age", "Adults"), ids("age", "Children")
        self.services = self._services()
        self.categories = self._categories()
        self.assignments = self._assignments()
        self.ages = self._ages()
        self.rates = self._rates()
        self.companies = self._companies()

    @property
    def room_category_ids(self) -> list[str]:
        return [entry.id for entry in self.categories if entry.id != self.parking_category_id]

    def _entry(self, id_: str, body: Json, parent_id: str | None = None) -> CatalogEntry:
        return CatalogEntry(id_, self._opened, self._opened, {"Id": id_, **body}, parent_id)

    def _stamps(self) -> Json:
        return {"CreatedUtc": utc_text(self._opened), "UpdatedUtc": utc_text(self._opened)}

    def _services(self) -> list[CatalogEntry]:
        day_service = {
            "Discriminator": "Bookable",
            "Value": {
                "StartOffset": "P0M0DT15H0M0S",
                "EndOffset": "P0M0DT12H0M0S",
                "OccupancyStartOffset": "P0M0DT15H0M0S",
                "OccupancyEndOffset": "P0M0DT12H0M0S",
                "TimeUnitPeriod": "Day",
            },
        }
        moments = ("BeforeCheckIn", "AfterCheckIn", "DuringStay", "BeforeCheckOut")
        promotions = dict.fromkeys((*moments, "AfterCheckOut", "DuringCheckOut"), False)
        extra = {"Discriminator": "Additional", "Value": {"Promotions": promotions}}
        rows = (
            ("stay", "Accommodation", day_service),
            ("parking", "Parking", day_service),
            ("breakfast", "Breakfast", extra),
        )
        return [
            self._entry(
                self._ids("service", key),
                {
                    "EnterpriseId": self.enterprise_id,
                    **self._stamps(),
                    "IsActive": True,
                    "Name": name,
                    "Names": {"en-GB": name},
                    "Options": {"BillAsPackage": False},
                    "Ordering": position,
                    "Data": data,
                    "ExternalIdentifier": None,
                },
            )
            for position, (key, name, data) in enumerate(rows)
        ]

    def _categories(self) -> list[CatalogEntry]:
        rows = [
            (kind.id, kind.name, kind.sleeps, self.stay_service_id, "Room")
            for kind in self._hotel.room_types.values()
        ]
        rows.append(("PARKING", "Parking space", 1, self.parking_service_id, "ParkingSpot"))
        return [
            self._entry(
                self._ids("category", short),
                {
                    "EnterpriseId": self.enterprise_id,
                    "ServiceId": service_id,
                    "IsActive": True,
                    "Type": kind,
                    "Names": {"en-GB": name},
                    "ShortNames": {"en-GB": short},
                    "Descriptions": {},
                    "Ordering": position,
                    "Capacity": capacity,
                    "ExtraCapacity": 0,
                    "ExternalIdentifier": short if position % 2 else None,
                },
                service_id,
            )
            for position, (short, name, capacity, service_id, kind) in enumerate(rows)
        ]

    def _assignments(self) -> list[CatalogEntry]:
        return [
            self._entry(
                self._ids("assignment", room.id),
                {
                    "IsActive": True,
                    "ResourceId": self._ids("room", room.id),
                    "CategoryId": self._ids("category", room.room_type_id),
                    **self._stamps(),
                },
                self._ids("category", room.room_type_id),
            )
            for room in self._hotel.rooms.values()
        ]

    def _ages(self) -> list[CatalogEntry]:
        rows = (("Adults", None, None, "Adult"), ("Children", 3, 12, "Child"))
        return [
            self._entry(
                self._ids("age", name),
                {
                    "ServiceId": self.stay_service_id,
                    "MinimalAge": low,
                    "MaximalAge": high,
                    "Names": {"en-GB": name},
                    "ShortNames": None,
                    **self._stamps(),
                    "Classification": kind,
                    "IsActive": True,
                    "ExternalIdentifier": None,
                },
                self.stay_service_id,
            )
            for name, low, high, kind in rows
        ]

    def _rates(self) -> list[CatalogEntry]:
        return [
            self._entry(
                self._ids("rate", plan.id),
                {
                    "BaseRateId": None,
                    "BusinessSegmentId": None,
                    "GroupId": self._ids("rate-group"),
                    "ServiceId": self.stay_service_id,
                    "IsActive": True,
                    "IsEnabled": True,
                    "IsPublic": True,
                    "Name": plan.name,
                    "Names": {"en-GB": plan.name},
                    "ShortName": plan.id,
                    "ExternalNames": {"en-GB": plan.name},
                    "UpdatedUtc": utc_text(self._opened),
                    "ExternalIdentifier": None,
                },
                self.stay_service_id,
            )
            for plan in self._hotel.rate_plans.values()
        ]

    def rate_groups(self) -> Json:
        group = {
            "Id": self._ids("rate-group"),
            "ServiceId": self.stay_service_id,
            "IsActive": True,
            "Name": "Default",
            "ExternalIdentifier": None,
        }
        return {"RateGroups": [group], "AvailabilityBlockAssignments": []}

    def _companies(self) -> list[CatalogEntry]:
        employers = [(company.id, company.name) for company in self._hotel.companies.values()]
        agencies = [(name, f"{name.title()} Travel") for name in AGENCIES]
        return [
            self._entry(
                self._ids("company", key),
                {
                    "ChainId": self.chain_id,
                    "Name": name,
                    "IsActive": True,
                    "Number": position + 1,
                    "Identifier": None,
                    **self._stamps(),
                    "AddressId": None,
                    "Iata": None,
                    "Telephone": None,
                    "InvoicingEmail": f"accounts@company{position + 1}.example",
                    "Options": {"Invoiceable": True, "AddFeesToInvoices": False},
                    "ExternalIdentifier": None,
                },
            )
            for position, (key, name) in enumerate((*employers, *agencies))
        ]

    def configuration(self, now: int) -> Json:
        return {
            "NowUtc": utc_text(now),
            "Enterprise": self._enterprise(),
            "Service": self.services[0].body,
            "PaymentCardStorage": None,
            "IsIdentityDocumentNumberRequired": False,
        }

    def _enterprise(self) -> Json:
        currency = {"Currency": self._hotel.currency, "IsDefault": True, "IsEnabled": True}
        return {
            **fields_with(None, "ExternalIdentifier HoldingKey ShortName WebsiteUrl Phone"),
            **fields_with(None, "TaxPrecision AddressId Address"),
            "Currencies": [currency],
            "IsPortfolio": False,
            "Id": self.enterprise_id,
            "ChainId": self.chain_id,
            "ChainName": "Simulated Hotels",
            **self._stamps(),
            "Name": self._hotel.name,
            "TimeZoneIdentifier": self._hotel.time_zone,
            "LegalEnvironmentCode": "DE",
            "TaxEnvironmentCode": "DE-2023",
            "DefaultLanguageCode": "en-GB",
            "EditableHistoryInterval": "P0M7DT0H0M0S",
            "AccountingEditableHistoryInterval": "P0M7DT0H0M0S",
            "OperationalEditableHistoryInterval": "P0M7DT0H0M0S",
            "Email": "front.desk@hotel.example",
            "Pricing": "Gross",
            "GroupNames": [],
        }
