"""What a hotel is made of before anybody books: services, categories, rates, ages, companies."""

from dataclasses import dataclass

from adapters.outbound.providers.mews.simulator.hotel_time import utc_text
from adapters.outbound.providers.mews.simulator.records import SeededIds, SimulatedEntry
from domain.currencies import EXPONENTS

# (name, short, capacity, weekday price in EUR, share of rooms)
CATEGORIES = (
    ("Single Room", "SGL", 1, 79, 2),
    ("Double Room", "DBL", 2, 119, 5),
    ("Family Room", "FAM", 4, 169, 2),
    ("Suite", "STE", 3, 289, 1),
)
RATES = (
    ("Best Flexible", "FLEX", 100),
    ("Non-refundable", "NRF", 88),
    ("Bed & Breakfast", "BB", 115),
    ("Corporate", "CORP", 92),
)
COMPANIES = ("Nordwind Logistik GmbH", "Atelier Brun SA", "Kestrel Engineering Ltd", "Hoshi K.K.")
AGENCIES = ("Wanderlust Bookings", "Global Stays")
# Rough, and only so that amounts look like the currency's own.
UNITS_PER_EUR = {"JPY": 160, "KRW": 1450, "HUF": 390, "CZK": 25, "KWD": 1, "ISK": 150}
TAX_PERCENT = 7
ARRIVAL_MINUTE = 15 * 60
DEPARTURE_MINUTE = 12 * 60


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes one simulated hotel differ from another."""

    name: str
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Category:
    id: str
    service_id: str
    capacity: int
    price: int
    """Minor units per weekday night."""


class Catalog:
    """Ids and JSON bodies of the configuration; `opened` is when all of it was created."""

    def __init__(self, profile: Profile, ids: SeededIds, opened: int) -> None:
        self.profile = profile
        self.exponent = EXPONENTS[profile.currency]
        self.opened = opened
        self.enterprise_id, self.chain_id, self.integration_id = ids(), ids(), ids()
        self.staff_id, self.rate_group_id, self.product_id = ids(), ids(), ids()
        self.accounting_category_id = ids()
        self.services = self._services(ids)
        self.stay_service_id, self.parking_service_id = (s.id for s in self.services[:2])
        self.categories, self.category_entries = self._categories(ids)
        self.parking_category = self.categories[-1]
        self.room_categories = self.categories[:-1]
        self.ages = self._ages(ids)
        self.adult_id, self.child_id = self.ages[0].id, self.ages[1].id
        self.rates = self._rates(ids)
        self.companies = self._companies(ids)
        self.agency_ids = tuple(entry.id for entry in self.companies[len(COMPANIES) :])
        self.employer_ids = tuple(entry.id for entry in self.companies[: len(COMPANIES)])

    def minor(self, euros: int) -> int:
        units = UNITS_PER_EUR.get(self.profile.currency, 1)
        scale: int = 10**self.exponent
        return euros * units * scale

    def _entry(
        self, id_: str, body: dict[str, object], parent_id: str | None = None
    ) -> SimulatedEntry:
        whole = {"Id": id_, **body}
        return SimulatedEntry(
            id=id_, created=self.opened, updated=self.opened, body=whole, parent_id=parent_id
        )

    def _stamps(self) -> dict[str, object]:
        return {"CreatedUtc": utc_text(self.opened), "UpdatedUtc": utc_text(self.opened)}

    def _services(self, ids: SeededIds) -> tuple[SimulatedEntry, ...]:
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
        return tuple(
            self._entry(
                ids(),
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
            for position, (name, data) in enumerate(
                (("Accommodation", day_service), ("Parking", day_service), ("Breakfast", extra))
            )
        )

    def _categories(
        self, ids: SeededIds
    ) -> tuple[tuple[Category, ...], tuple[SimulatedEntry, ...]]:
        rows = [(*row[:4], self.stay_service_id, "Room") for row in CATEGORIES]
        rows.append(("Parking space", "P", 1, 15, self.parking_service_id, "ParkingSpot"))
        found = []
        for position, (name, short, capacity, price, service_id, kind) in enumerate(rows):
            category = Category(ids(), service_id, capacity, self.minor(price))
            body: dict[str, object] = {
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
            }
            found.append((category, self._entry(category.id, body, service_id)))
        return tuple(pair[0] for pair in found), tuple(pair[1] for pair in found)

    def _ages(self, ids: SeededIds) -> tuple[SimulatedEntry, ...]:
        rows = (("Adults", None, None, "Adult"), ("Children", 3, 12, "Child"))
        return tuple(
            self._entry(
                ids(),
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
        )

    def _rates(self, ids: SeededIds) -> tuple[SimulatedEntry, ...]:
        return tuple(
            self._entry(
                ids(),
                {
                    "BaseRateId": None,
                    "BusinessSegmentId": None,
                    "GroupId": self.rate_group_id,
                    "ServiceId": self.stay_service_id,
                    "IsActive": True,
                    "IsEnabled": True,
                    "IsPublic": short != "CORP",
                    "Name": name,
                    "Names": {"en-GB": name},
                    "ShortName": short,
                    "ExternalNames": {"en-GB": name},
                    "UpdatedUtc": utc_text(self.opened),
                    "ExternalIdentifier": None,
                },
                self.stay_service_id,
            )
            for name, short, _ in RATES
        )

    def _companies(self, ids: SeededIds) -> tuple[SimulatedEntry, ...]:
        return tuple(
            self._entry(
                ids(),
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
            for position, name in enumerate((*COMPANIES, *AGENCIES))
        )

    def configuration(self, now: int) -> dict[str, object]:
        return {
            "NowUtc": utc_text(now),
            "Enterprise": self._enterprise(),
            "Service": self.services[0].body,
            "PaymentCardStorage": None,
            "IsIdentityDocumentNumberRequired": False,
        }

    def _enterprise(self) -> dict[str, object]:
        currency = {"Currency": self.profile.currency, "IsDefault": True, "IsEnabled": True}
        return {
            "Currencies": [currency],
            "IsPortfolio": False,
            "Id": self.enterprise_id,
            "ExternalIdentifier": None,
            "HoldingKey": None,
            "ChainId": self.chain_id,
            "ChainName": "Simulated Hotels",
            **self._stamps(),
            "Name": self.profile.name,
            "ShortName": None,
            "TimeZoneIdentifier": self.profile.time_zone,
            "LegalEnvironmentCode": "DE",
            "TaxEnvironmentCode": "DE-2023",
            "DefaultLanguageCode": "en-GB",
            "EditableHistoryInterval": "P0M7DT0H0M0S",
            "AccountingEditableHistoryInterval": "P0M7DT0H0M0S",
            "OperationalEditableHistoryInterval": "P0M7DT0H0M0S",
            "WebsiteUrl": None,
            "Email": "front.desk@hotel.example",
            "Phone": None,
            "Pricing": "Gross",
            "TaxPrecision": None,
            "AddressId": None,
            "Address": None,
            "GroupNames": [],
        }
