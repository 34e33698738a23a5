"""Profiles (crm) of the type Guest to guests; companies, agents and groups are rejected."""

from dataclasses import dataclass, replace
from typing import Final

from adapters.outbound.provider_kit.parsing.anonymized_guest import anonymized_guest
from adapters.outbound.provider_kit.parsing.contact_values import contact_value
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.mapping_report import unread_extras
from adapters.outbound.provider_kit.parsing.read_items import GuestMapper
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.ohip.mapping.messages import MERGED_INTO_KEY
from adapters.outbound.providers.ohip.mapping.parsing import (
    HotelClock,
    OhipMapper,
    as_day,
    child,
    find_profile_id,
    objects_at,
    preferred,
    preferred_info,
)
from adapters.outbound.providers.ohip.mapping.parties import primary_name
from domain.snapshots import GuestSnapshot
from domain.values import ABSENT, Field, SourceVersion

_DETAILS: Final = ("profileDetails", "guestDetails", "profile")
_IDS: Final = ("profileIdList", "guestIdList")
_NO_PHONES: Final = frozenset({"EMAIL", "FAX", "URL"})
_ANONYMIZED: Final = "anonymized"


@dataclass(frozen=True, slots=True)
class OhipGuestMapper(GuestMapper):
    source_names = OhipMapper.source_names
    sensitive_fields = OhipMapper.sensitive_fields
    clock: HotelClock

    def read_id(self, r: Reader) -> str:
        if "companyIdList" in r or "companyDetails" in r:
            raise UnreadableField("companyDetails", "unknown_value", "a guest's profile")
        for key in _IDS:
            if found := find_profile_id(r, "external_id", key):
                return found
        raise UnreadableField(_IDS[0], "missing_field", "an id of the type Profile")

    def map_snapshot(self, r: Reader, external_id: str) -> GuestSnapshot:
        if MERGED_INTO_KEY in r:
            return self._map_merged(r, external_id)
        details = _details(r)
        version = SourceVersion(self.clock.last_change(details))
        customer = details.object("customer")
        if _is_anonymized(customer):
            # An anonymized profile contains placeholders.
            return replace(
                anonymized_guest(external_id, version),
                loyalty_number=None,
                preferences=None,
                extras=(),
            )
        return _map_details(r, details, external_id, version)

    def _map_merged(self, r: Reader, external_id: str) -> GuestSnapshot:
        survivor = find_profile_id(r, "merged_into", MERGED_INTO_KEY)
        if not survivor:
            raise UnreadableField(MERGED_INTO_KEY, "missing_field", "an id of the type Profile")
        version = SourceVersion(self.clock.observed_at)
        return GuestSnapshot(external_id=external_id, version=version, merged_into=survivor)


def _details(r: Reader) -> Reader:
    for key in _DETAILS:
        found = r.optional_object(key)
        if found is not None:
            kind = found.optional_text("profileType", "(profile type)")
            if kind is not None and kind.casefold() != "guest":
                path = found.path_of("profileType")
                raise UnreadableField(path, "unknown_value", "a guest's profile", found=kind)
            return found
    raise UnreadableField(_DETAILS[0], "missing_field", "an object")


def _is_anonymized(customer: Reader) -> bool:
    state = child(customer, "anonymization")
    status = state.peek("anonymizationStatus") if state else None
    return isinstance(status, str) and status.casefold() == _ANONYMIZED


def _map_details(
    r: Reader, details: Reader, external_id: str, version: SourceVersion
) -> GuestSnapshot:
    customer = details.object("customer")
    name = primary_name(customer)
    address = preferred_info(details, ("addresses", "addressInfo"), "address")
    email = preferred_info(details, ("emails", "emailInfo"), "email")
    member = preferred(
        objects_at(details, "profileMemberships", "profileMembership"), "preferredCard"
    )
    document = preferred_info(customer, ("identifications", "identificationInfo"), "identification")
    last = details.optional_object("lastStayInfo")
    privacy = details.optional_object("privacyInfo")
    return GuestSnapshot(
        external_id=external_id,
        version=version,
        title=_field_text(name, "nameTitle", "title"),
        first_name=_field_text(name, "givenName", "first_name"),
        last_name=_field_text(name, "surname", "last_name"),
        email=_field_text(email, "emailAddress", "email"),
        phone=_field_text(_find_phone(details), "phoneNumber", "phone"),
        address=_map_address_lines(address),
        city=_field_text(address, "cityName", "city"),
        region=_field_text(address, "state", "region"),
        postal_code=_field_text(address, "postalCode", "postal_code"),
        country=_field_country(child(address, "country"), "code", "country"),
        nationality=_field_country(customer, "nationality", "nationality"),
        birth_date=customer.field("birthDate", as_day, "birth_date"),
        language=_field_text(customer, "language", "language"),
        vip=_is_vip(customer),
        loyalty_number=_field_text(member, "membershipId", "loyalty_number"),
        loyalty_tier=_field_text(member, "membershipLevel", "loyalty_tier"),
        loyalty_points=_field_integer(member, "currentPoints", "loyalty_points"),
        id_document_type=_field_text(document, "idType", "id_document_type"),
        id_document_number=_field_text(document, "idNumber", "id_document_number"),
        email_opt_in=_field_boolean(privacy, "optInEmail", "email_opt_in"),
        sms_opt_in=_field_boolean(privacy, "optInSms", "sms_opt_in"),
        total_stays=_field_integer(last, "totalStay", "total_stays"),
        last_stay_on=last.field("lastVisit", as_day, "last_stay_on") if last else ABSENT,
        extras=unread_extras(r),
    )


def _find_phone(details: Reader) -> Reader | None:
    """The primary telephone number, else the first; fax numbers and URLs are skipped."""
    found = [
        each
        for info in objects_at(details, "telephones", "telephoneInfo")
        if (each := info.optional_object("telephone"))
        and str(each.peek("phoneTechType")).upper() not in _NO_PHONES
    ]
    return preferred(found, "primaryInd")


def _map_address_lines(address: Reader | None) -> Field[str | None]:
    if address is None:
        return ABSENT
    lines = address.optional_texts("addressLine", "address")
    if lines is None:
        return ABSENT
    return "\n".join(filter(None, map(contact_value, lines))) or None


def _is_vip(customer: Reader) -> Field[bool]:
    """VIP codes are defined by the hotel: any code counts."""
    if "vipStatus" not in customer:
        return ABSENT
    return bool(customer.optional_text("vipStatus", "vip"))


def _field_text(r: Reader | None, key: str, target: str) -> Field[str | None]:
    return ABSENT if r is None else r.field_contact(key, target)


def _field_country(r: Reader | None, key: str, target: str) -> Field[str | None]:
    return ABSENT if r is None else r.field_country(key, target)


def _field_integer(r: Reader | None, key: str, target: str) -> Field[int | None]:
    return ABSENT if r is None else r.field_integer(key, target, lenient=True)


def _field_boolean(r: Reader | None, key: str, target: str) -> Field[bool | None]:
    return ABSENT if r is None else r.field_boolean(key, target, lenient=True)
