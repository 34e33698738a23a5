"""The canonical format, described once.

The reader, the writer, the REST schemas, the GraphQL types and docs/canonical-format.md derive
from these tables. A new field needs one line here, a field of the snapshot and of the stored
details, and its place in their row; a column only if it is searched (CONTRIBUTING.md).
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final, TypeAlias

from domain.messages import ItemKind
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    BookingSource,
    GuestSnapshot,
    Party,
    PartyRole,
    RoomStay,
)
from domain.status import BookingStatus
from domain.values import AgeClass, AgeCount, Money, NightlyPrice, PriceBasis, SourceVersion, Stay


class PersonalData(StrEnum):
    """The classes of personal data. A field without one holds none."""

    GUEST = auto()
    CONTACT = auto()
    NOTES = auto()
    DOCUMENT = auto()


class Scalar(Enum):
    """Types without parameters; the value is the type's name in the documents."""

    ID = "text, 1 to 200 printable characters"
    REFERENCE = "text, the id of another object"
    TEXT = "text"
    BOOLEAN = "boolean"
    FLAG = "boolean, false when left out"
    DATE = "date"
    INSTANT = "instant"
    AMOUNT = "number or text"
    CURRENCY = "text, ISO 4217 code"
    COUNTRY = "text, ISO 3166 code of two letters"
    EXTRAS = "object, path to any JSON value"


@dataclass(frozen=True, slots=True)
class NumberType:
    """An integer. Without `maximum` it has up to 63 bits."""

    minimum: int
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class ChoiceType:
    values: type[StrEnum]


@dataclass(frozen=True, slots=True)
class RecordType:
    shape: "RecordShape"


@dataclass(frozen=True, slots=True)
class ListType:
    """`defaults`: values for the attributes that an element leaves out."""

    shape: "RecordShape"
    _: KW_ONLY
    minimum: int = 0
    defaults: Mapping[str, object] = field(default_factory=dict)


FieldType: TypeAlias = Scalar | NumberType | ChoiceType | RecordType | ListType


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a JSON object. `stored_as` is the attribute's name where it differs.

    `description` tells what the field means, `rule` what holds for senders only. An inherited
    field takes the enclosing object's value when it is left out.
    """

    name: str
    type: FieldType
    description: str = ""
    rule: str = ""
    _: KW_ONLY
    required: bool = False
    nullable: bool = True
    inherited: bool = False
    stored_as: str | None = None
    personal: PersonalData | None = None

    @property
    def documentation(self) -> str:
        """Description and rule as one phrase."""
        text = "; ".join(part for part in (self.description, self.rule) if part)
        return text[:1].upper() + text[1:]

    @property
    def attribute(self) -> str:
        return self.stored_as or self.name

    @property
    def accepts_null(self) -> bool:
        return self.nullable and not self.required


@dataclass(frozen=True, slots=True, eq=False)
class RecordShape:
    """A JSON object and the class whose attributes it fills.

    In a snapshot a field that is left out differs from null; in other objects the two are the same.
    """

    name: str
    model: type
    fields: tuple[FieldSpec, ...]
    _: KW_ONLY
    description: str = ""
    is_snapshot: bool = False


_TEXT, _REFERENCE, _BOOLEAN = Scalar.TEXT, Scalar.REFERENCE, Scalar.BOOLEAN
_DATE, _INSTANT = Scalar.DATE, Scalar.INSTANT
_COUNTER: Final = NumberType(-(10**15), 10**15)
"""Fits a signed 64-bit column with room for sums."""
_CELL_COUNT: Final = NumberType(-100_000, 100_000)
_IF_NEW: Final = "required if the booking is new"
_GUEST, _CONTACT = PersonalData.GUEST, PersonalData.CONTACT
_NOTES, _DOCUMENT = PersonalData.NOTES, PersonalData.DOCUMENT

_AMOUNT_RULE: Final = "a JSON number or a text, with no more digits than the currency has"
MONEY: Final = RecordShape(
    "Money",
    Money,
    (
        FieldSpec("amount", Scalar.AMOUNT, "In major units, exact", _AMOUNT_RULE, required=True),
        FieldSpec("currency", Scalar.CURRENCY, required=True),
    ),
)
STAY: Final = RecordShape(
    "Stay",
    Stay,
    (
        FieldSpec("arrival", _DATE, required=True),
        FieldSpec("departure", _DATE, "The same day for a day use", required=True),
    ),
    description="Local hotel dates, half-open, at most 1,830 nights",
)
SOURCE_VERSION: Final = RecordShape(
    "SourceVersion",
    SourceVersion,
    (
        FieldSpec("updated_at", _INSTANT, "When the source changed it", required=True),
        FieldSpec("sequence", NumberType(0), "Orders changes with the same `updated_at`"),
    ),
    description="Orders the versions of an object; an older one never overwrites a newer one",
)
AGE_COUNT: Final = RecordShape(
    "AgeCount",
    AgeCount,
    (
        FieldSpec("age_class", ChoiceType(AgeClass), required=True),
        FieldSpec("count", NumberType(0, 9_999), required=True),
        FieldSpec("age", _COUNTER, "In years"),
        FieldSpec("category", _TEXT, "The provider's own age category"),
    ),
)
NIGHTLY_PRICE: Final = RecordShape(
    "NightlyPrice",
    NightlyPrice,
    (
        FieldSpec("night", _DATE, required=True),
        FieldSpec("price", RecordType(MONEY), "Of one unit", required=True),
        FieldSpec("basis", ChoiceType(PriceBasis), "With taxes or without, where known"),
    ),
)
ROOM_STAY: Final = RecordShape(
    "RoomStay",
    RoomStay,
    (
        FieldSpec("line_id", _TEXT),
        FieldSpec("room_type_id", _REFERENCE),
        FieldSpec("room_id", _REFERENCE),
        FieldSpec("rate_plan_id", _REFERENCE),
        FieldSpec("stay", RecordType(STAY), inherited=True),
        FieldSpec("status", ChoiceType(BookingStatus), inherited=True),
        FieldSpec("occupancy", ListType(AGE_COUNT)),
        FieldSpec("nightly_prices", ListType(NIGHTLY_PRICE)),
        FieldSpec("total", RecordType(MONEY), "Of all units"),
        FieldSpec("units", NumberType(1, 999), "Identical rooms", "1 by default", nullable=False),
    ),
)
PARTY: Final = RecordShape(
    "Party",
    Party,
    (
        FieldSpec("guest_id", _REFERENCE, "The guest's `external_id`"),
        FieldSpec("role", ChoiceType(PartyRole), rule="by default that of the field"),
        FieldSpec("first_name", _TEXT, personal=_GUEST),
        FieldSpec("last_name", _TEXT, personal=_GUEST),
        FieldSpec("email", _TEXT, personal=_CONTACT),
        FieldSpec("phone", _TEXT, personal=_CONTACT),
        FieldSpec("country", Scalar.COUNTRY, personal=_CONTACT),
        FieldSpec("language", _TEXT, personal=_GUEST),
    ),
)
_FURTHER: Final = ListType(PARTY, defaults={"role": PartyRole.COMPANION})
_HEAD: Final = (
    FieldSpec("external_id", Scalar.ID, rule="never reused", required=True),
    FieldSpec("source_version", RecordType(SOURCE_VERSION), required=True, stored_as="version"),
    FieldSpec("deleted", Scalar.FLAG, "True once the source has deleted it", nullable=False),
)
_EXTRAS: Final = FieldSpec(
    "extras", Scalar.EXTRAS, "Other source fields", "null empties it", personal=_NOTES
)

BOOKING: Final = RecordShape(
    "Booking",
    BookingSnapshot,
    (
        *_HEAD,
        FieldSpec("status", ChoiceType(BookingStatus), rule=_IF_NEW, nullable=False),
        FieldSpec(
            "holds_inventory",
            _BOOLEAN,
            "Whether it takes a room from sale",
            "by default CONFIRMED and CHECKED_IN do",
            nullable=False,
        ),
        FieldSpec("confirmation_number", _TEXT),
        FieldSpec("group_id", _TEXT),
        FieldSpec("share_id", _TEXT, "Bookings with the same one share a room, sold once"),
        FieldSpec("source", ChoiceType(BookingSource), nullable=False),
        FieldSpec("stay", RecordType(STAY), rule=_IF_NEW, nullable=False),
        FieldSpec("rooms", ListType(ROOM_STAY, minimum=1), rule="all rooms", nullable=False),
        FieldSpec("primary_guest", RecordType(PARTY), rule="its role is PRIMARY by default"),
        FieldSpec("further_guests", _FURTHER, rule="all of them, COMPANION by default"),
        FieldSpec("total", RecordType(MONEY)),
        FieldSpec("paid", RecordType(MONEY)),
        FieldSpec("balance", RecordType(MONEY)),
        FieldSpec("special_requests", _TEXT, personal=_NOTES),
        FieldSpec("notes", _TEXT, personal=_NOTES),
        FieldSpec("checked_in_at", _INSTANT),
        FieldSpec("checked_out_at", _INSTANT),
        FieldSpec("canceled_at", _INSTANT),
        FieldSpec("cancel_reason", _TEXT, personal=_NOTES),
        _EXTRAS,
    ),
    is_snapshot=True,
)
GUEST: Final = RecordShape(
    "Guest",
    GuestSnapshot,
    (
        *_HEAD,
        FieldSpec("title", _TEXT, personal=_GUEST),
        FieldSpec("first_name", _TEXT, personal=_GUEST),
        FieldSpec("last_name", _TEXT, personal=_GUEST),
        FieldSpec("email", _TEXT, personal=_CONTACT),
        FieldSpec("phone", _TEXT, personal=_CONTACT),
        FieldSpec("address", _TEXT, "Street lines, joined by a line feed", personal=_CONTACT),
        FieldSpec("city", _TEXT, personal=_CONTACT),
        FieldSpec("region", _TEXT, personal=_CONTACT),
        FieldSpec("postal_code", _TEXT, personal=_CONTACT),
        FieldSpec("country", Scalar.COUNTRY, personal=_CONTACT),
        FieldSpec("nationality", Scalar.COUNTRY, personal=_GUEST),
        FieldSpec("birth_date", _DATE, personal=_DOCUMENT),
        FieldSpec("language", _TEXT, personal=_GUEST),
        FieldSpec("vip", _BOOLEAN, personal=_GUEST),
        FieldSpec("loyalty_number", _TEXT, personal=_GUEST),
        FieldSpec("loyalty_tier", _TEXT, personal=_GUEST),
        FieldSpec("loyalty_points", _COUNTER, personal=_GUEST),
        FieldSpec("id_document_type", _TEXT, personal=_DOCUMENT),
        FieldSpec("id_document_number", _TEXT, personal=_DOCUMENT),
        FieldSpec(
            "further_id_documents",
            _TEXT,
            "Type and number of each other document, joined by a line feed",
            personal=_DOCUMENT,
        ),
        FieldSpec("preferences", _TEXT, personal=_NOTES),
        FieldSpec("notes", _TEXT, personal=_NOTES),
        FieldSpec("email_opt_in", _BOOLEAN, personal=_CONTACT),
        FieldSpec("sms_opt_in", _BOOLEAN, personal=_CONTACT),
        FieldSpec("total_stays", _COUNTER, personal=_GUEST),
        FieldSpec("total_spent", RecordType(MONEY), personal=_GUEST),
        FieldSpec("last_stay_on", _DATE, personal=_GUEST),
        FieldSpec("merged_into", _REFERENCE, "`external_id` of the guest that replaces this one"),
        _EXTRAS,
    ),
    is_snapshot=True,
)
AVAILABILITY: Final = RecordShape(
    "Availability",
    AvailabilitySnapshot,
    (
        FieldSpec("room_type_id", Scalar.ID, required=True),
        FieldSpec("date", _DATE, required=True, stored_as="day"),
        FieldSpec(
            "source_version",
            RecordType(SOURCE_VERSION),
            rule="by default the time of arrival; `observed: true` in it marks the time of a query",
            nullable=False,
            stored_as="version",
        ),
        FieldSpec("total", _CELL_COUNT),
        FieldSpec("available", _CELL_COUNT, "Negative when overbooked"),
        FieldSpec("occupied", _CELL_COUNT),
        FieldSpec("blocked", _CELL_COUNT),
        FieldSpec("lowest_rate", RecordType(MONEY)),
        FieldSpec("closed", _BOOLEAN),
        FieldSpec("closed_to_arrival", _BOOLEAN),
        FieldSpec("closed_to_departure", _BOOLEAN),
        FieldSpec("min_stay", _CELL_COUNT, "In nights"),
        FieldSpec("max_stay", _CELL_COUNT, "In nights"),
    ),
    description="One room type on one local hotel date; counts are rooms",
    is_snapshot=True,
)

SHAPES: Final = {
    ItemKind.BOOKING: BOOKING,
    ItemKind.GUEST: GUEST,
    ItemKind.AVAILABILITY: AVAILABILITY,
}
