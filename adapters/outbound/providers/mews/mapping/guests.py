"""Customers (customers.md) to guests and to the parties of bookings.

Customers are matched by id only: an e-mail may be a sales channel's relay (`HasOtaEmail`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.mews.mapping.code_tables import (
    DOCUMENT_TYPES,
    MARKETING_OPTION,
    TITLES,
    VIP_CLASSIFICATIONS,
)
from adapters.outbound.providers.mews.mapping.parsing import MewsMapper, MewsReader
from adapters.outbound.providers.mews.mapping.references import unwrap_customer
from domain.messages import ItemKind
from domain.snapshots import GuestSnapshot, Party, PartyRole
from domain.values import ABSENT, Absent, Field, SourceVersion
from ports.providers import ReadItem


def map_guest(
    listed: JsonEntry, documents: Mapping[str, Sequence[JsonEntry]], *, explain: bool = False
) -> ReadItem:
    """`documents`: identity documents by customer."""
    entry = unwrap_customer(listed)._replace(raw=listed.text())
    return _MewsGuestMapper(documents).map(entry, explain=explain)


@dataclass(frozen=True, slots=True)
class _MewsGuestMapper(MewsMapper):
    kind = ItemKind.GUEST
    documents: Mapping[str, Sequence[JsonEntry]]

    def map_snapshot(self, r: MewsReader, external_id: str) -> GuestSnapshot:
        return _map_snapshot(r, external_id, self.documents.get(external_id, ()))


def party_of(customer_id: str, role: PartyRole, customers: Mapping[str, JsonEntry]) -> Party:
    """The details are empty if the customer was not sent, or as far as they are invalid."""
    entry = customers.get(customer_id)
    if entry is None:
        return Party(guest_id=customer_id, role=role)
    r = MewsReader(entry.value).tolerant()
    address = r.optional_object("Address")
    return Party(
        guest_id=customer_id,
        role=role,
        first_name=r.contact("FirstName"),
        last_name=r.contact("LastName"),
        email=r.contact("Email"),
        phone=r.contact("Phone"),
        country=address.country("CountryCode") if address else None,
        language=r.optional_text("PreferredLanguageCode") or r.optional_text("LanguageCode"),
    )


def _map_snapshot(r: MewsReader, external_id: str, documents: Sequence[JsonEntry]) -> GuestSnapshot:
    document = _documents(r, documents)
    address = _CustomerAddress(r)
    classifications = _read_texts(r, "Classifications", f"vip, {EXTRAS}")
    options = _read_texts(r, "Options", f"email_opt_in, {EXTRAS}")
    return GuestSnapshot(
        external_id=external_id,
        version=SourceVersion(r.instant("UpdatedUtc", "version")),
        deleted=_is_deleted(r),
        title=_title(r),
        first_name=r.field_contact("FirstName", "first_name"),
        last_name=r.field_contact("LastName", "last_name"),
        email=r.field_contact("Email", "email"),
        phone=r.field_contact("Phone", "phone"),
        address=address.lines,
        city=address.part("City", "city"),
        region=address.part("CountrySubdivisionCode", "region"),
        postal_code=address.part("PostalCode", "postal_code"),
        country=address.country,
        nationality=r.field_country("NationalityCode", "nationality"),
        birth_date=r.field("BirthDate", _as_birth_date, "birth_date"),
        language=_language(r),
        vip=_contains_any(classifications, VIP_CLASSIFICATIONS),
        loyalty_number=r.field_text("LoyaltyCode", "loyalty_number"),
        id_document_type=document.kind,
        id_document_number=document.number,
        further_id_documents=document.further,
        preferences=_preferences(r),
        notes=r.field_text("Notes", "notes"),
        email_opt_in=_contains_any(options, frozenset({MARKETING_OPTION})),
        merged_into=r.decisive_field("MergeTargetId", values.as_text, "merged_into"),
        extras=tuple(sorted(r.leftovers())),
    )


def _is_deleted(r: MewsReader) -> bool:
    """`ActivityState` is the deprecated form of `IsActive`."""
    active = r.decisive("IsActive", values.as_boolean, "deleted")
    if isinstance(active, bool):
        return not active
    return r.decisive("ActivityState", values.as_text, "deleted") == "Deleted"


def _title(r: MewsReader) -> Field[str | None]:
    custom = r.field_text("CustomTitleName", "title")
    title = r.field_text("Title", f"title, {EXTRAS}")
    if isinstance(custom, str) and custom:
        return custom
    return TITLES.get(title, ABSENT) if isinstance(title, str) else title


def _language(r: MewsReader) -> Field[str | None]:
    """The preferred language, else the one that Mews derives from nationality and stays."""
    preferred = r.field_text("PreferredLanguageCode", "language")
    derived = r.field_text("LanguageCode", f"language, {EXTRAS}")
    return preferred or derived if isinstance(derived, str) else preferred


class _CustomerAddress:
    """`Address` is null if the customer has none or if it was not requested; in the second case
    `AddressId` is set, and the stored address is unchanged."""

    def __init__(self, r: MewsReader) -> None:
        has_address = r.optional_text("AddressId", f"address, {EXTRAS}") is not None
        found = r.field_object("Address")
        self._object = found if isinstance(found, MewsReader) else None
        self._when_missing: Absent | None = ABSENT if has_address or found is ABSENT else None

    @property
    def lines(self) -> Field[str | None]:
        if self._object is None:
            return self._when_missing
        parts = (self._object.contact(key, "address") for key in ("Line1", "Line2"))
        return "\n".join(part for part in parts if part) or None

    @property
    def country(self) -> Field[str | None]:
        if self._object is None:
            return self._when_missing
        return self._object.field_country("CountryCode", "country")

    def part(self, key: str, target: str) -> Field[str | None]:
        if self._object is None:
            return self._when_missing
        return self._object.field_contact(key, target)


def _read_texts(r: MewsReader, key: str, target: str) -> frozenset[str] | None:
    found = r.optional_texts(key, target)
    return None if found is None else frozenset(found)


def _contains_any(
    values_given: frozenset[str] | None, wanted: frozenset[str]
) -> Field[bool | None]:
    return ABSENT if values_given is None else not wanted.isdisjoint(values_given)


def _preferences(r: MewsReader) -> Field[str | None]:
    diet = r.field_text("DietaryRequirements", "preferences")
    features = _read_texts(r, "PreferredSpaceFeatures", "preferences")
    if diet is ABSENT and features is None:
        return ABSENT
    parts = [diet if isinstance(diet, str) else "", *sorted(features or ())]
    return "; ".join(part for part in parts if part) or None


class _IdDocuments(NamedTuple):
    kind: Field[str | None] = ABSENT
    number: Field[str | None] = ABSENT
    further: Field[str | None] = ABSENT


def _documents(r: MewsReader, documents: Sequence[JsonEntry]) -> _IdDocuments:
    """The document fields of a customer are deprecated and always null, so null is ignored."""
    found = {number: kind for kind, number in _listed_documents(documents)}
    for kind in DOCUMENT_TYPES:
        inside = r.optional_object(kind)
        number = inside.contact("Number", "id_document_number") if inside else None
        if number:
            found.setdefault(number, kind)
    if not found:
        return _IdDocuments()
    ordered = sorted(found.items(), key=lambda each: _document_rank(each[1]))
    further = "\n".join(f"{kind} {number}" for number, kind in ordered[1:])
    return _IdDocuments(ordered[0][1], ordered[0][0], further or None)


def _document_rank(kind: str) -> int:
    return DOCUMENT_TYPES.index(kind) if kind in DOCUMENT_TYPES else len(DOCUMENT_TYPES)


def _listed_documents(documents: Sequence[JsonEntry]) -> Iterator[tuple[str, str]]:
    for entry in documents:
        r = MewsReader(entry.value, entry.path).tolerant()
        number, kind = r.contact("Number"), r.optional_text("Type")
        if number and kind:
            yield kind, number


def _as_birth_date(value: Json, path: str) -> date:
    """A date; older responses have midnight UTC of that date."""
    text = values.as_text(value, path).removesuffix("T00:00:00Z")
    return values.as_local_date(text, path)
