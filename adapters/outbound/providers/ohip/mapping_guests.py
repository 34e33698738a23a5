"""Profiles (crm) of the type Guest to guests. Companies, agents and groups are none."""

from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import all_homes
from adapters.outbound.providers.ohip.messages import MERGED_INTO
from adapters.outbound.providers.ohip.people import primary_name
from adapters.outbound.providers.ohip.reading import (
    Entry,
    HotelClock,
    as_day,
    child,
    listed,
    opened,
    preferred,
    profile_id_of,
    reason_of,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import GuestSnapshot
from domain.values import ABSENT, Field, SourceVersion
from ports.providers import ReadItem

_DETAILS: Final = ("profileDetails", "guestDetails", "profile")
_IDS: Final = ("profileIdList", "guestIdList")
_NO_PHONES: Final = frozenset({"EMAIL", "FAX", "URL"})
_ANONYMIZED: Final = "anonymized"


@dataclass(frozen=True, slots=True)
class GuestMapper:
    clock: HotelClock

    def map(self, entry: Entry, *, explain: bool = False) -> ReadItem:
        raw, external_id = entry.text(), None
        try:
            r = opened(entry.value)
            external_id = _external_id(r)
            snapshot = self._snapshot(r, external_id)
        except (UnreadableField, InvalidField) as fault:
            reason = reason_of(fault, entry.path)
            return ReadItem(kind=ItemKind.GUEST, raw=raw, external_id=external_id, reason=reason)
        extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
        homes = all_homes(r, extras) if explain else ()
        return ReadItem(
            kind=ItemKind.GUEST, raw=raw, external_id=external_id, snapshot=snapshot, homes=homes
        )

    def _snapshot(self, r: Reader, external_id: str) -> GuestSnapshot:
        if MERGED_INTO in r:
            return self._merged(r, external_id)
        details = _details(r)
        updated = details.optional("lastModifyDateTime", self.clock.instant, "version")
        version = SourceVersion(updated or self.clock.observed_at)
        customer = details.object("customer")
        if _is_anonymized(customer):
            return _nobody(external_id, version)
        return _somebody(r, details, external_id, version)

    def _merged(self, r: Reader, external_id: str) -> GuestSnapshot:
        survivor = profile_id_of(r, "merged_into", MERGED_INTO)
        if not survivor:
            raise UnreadableField(MERGED_INTO, "missing_field", "an id of the type Profile")
        version = SourceVersion(self.clock.observed_at)
        return GuestSnapshot(external_id=external_id, version=version, merged_into=survivor)


def _external_id(r: Reader) -> str:
    if "companyIdList" in r or "companyDetails" in r:
        raise UnreadableField("companyDetails", "unknown_value", "a guest's profile", found=None)
    for key in _IDS:
        found = profile_id_of(r, "external_id", key)
        if found:
            return found
    raise UnreadableField(_IDS[0], "missing_field", "an id of the type Profile")


def _details(r: Reader) -> Reader:
    for key in _DETAILS:
        found = r.optional_object(key)
        if found is not None:
            kind = found.optional_text("profileType", "(kind of profile)")
            if kind is not None and kind.casefold() != "guest":
                path = found.path_of("profileType")
                raise UnreadableField(path, "unknown_value", "a guest's profile", found=kind)
            return found
    raise UnreadableField(_DETAILS[0], "missing_field", "an object")


def _is_anonymized(customer: Reader) -> bool:
    state = child(customer, "anonymization")
    word = state.peek("anonymizationStatus") if state else None
    return isinstance(word, str) and word.casefold() == _ANONYMIZED


def _nobody(external_id: str, version: SourceVersion) -> GuestSnapshot:
    """What stands in an anonymised profile is no name and no address: ours are cleared."""
    return GuestSnapshot(
        external_id=external_id,
        version=version,
        title=None,
        first_name=None,
        last_name=None,
        email=None,
        phone=None,
        address=None,
        city=None,
        region=None,
        postal_code=None,
        birth_date=None,
        loyalty_number=None,
        id_document_type=None,
        id_document_number=None,
        preferences=None,
        notes=None,
        extras=(),
    )


def _somebody(
    r: Reader, details: Reader, external_id: str, version: SourceVersion
) -> GuestSnapshot:
    customer = details.object("customer")
    name = primary_name(customer)
    address = _one(details, ("addresses", "addressInfo"), "address")
    email = _one(details, ("emails", "emailInfo"), "email")
    member = preferred(listed(details, "profileMemberships", "profileMembership"), "preferredCard")
    document = _one(customer, ("identifications", "identificationInfo"), "identification")
    last = details.optional_object("lastStayInfo")
    privacy = details.optional_object("privacyInfo")
    return GuestSnapshot(
        external_id=external_id,
        version=version,
        title=_text(name, "nameTitle", "title"),
        first_name=_text(name, "givenName", "first_name"),
        last_name=_text(name, "surname", "last_name"),
        email=_text(email, "emailAddress", "email"),
        phone=_text(_phone(details), "phoneNumber", "phone"),
        address=_lines(address),
        city=_text(address, "cityName", "city"),
        region=_text(address, "state", "region"),
        postal_code=_text(address, "postalCode", "postal_code"),
        country=_text(child(address, "country"), "code", "country"),
        nationality=_text(customer, "nationality", "nationality"),
        birth_date=customer.field("birthDate", as_day, "birth_date"),
        language=_text(customer, "language", "language"),
        vip=_is_vip(customer),
        loyalty_number=_text(member, "membershipId", "loyalty_number"),
        loyalty_tier=_text(member, "membershipLevel", "loyalty_tier"),
        loyalty_points=_number(member, "currentPoints", "loyalty_points"),
        id_document_type=_text(document, "idType", "id_document_type"),
        id_document_number=_text(document, "idNumber", "id_document_number"),
        email_opt_in=_opted(privacy, "optInEmail", "email_opt_in"),
        sms_opt_in=_opted(privacy, "optInSms", "sms_opt_in"),
        total_stays=_number(last, "totalStay", "total_stays"),
        last_stay_on=last.field("lastVisit", as_day, "last_stay_on") if last else ABSENT,
        extras=tuple(sorted(r.unread().items())),
    )


def _one(r: Reader, way: tuple[str, ...], key: str) -> Reader | None:
    found = [each for info in listed(r, *way) if (each := info.optional_object(key))]
    return preferred(found, "primaryInd")


def _phone(details: Reader) -> Reader | None:
    """Of the numbers that can be called: the primary one, else the first."""
    found = [
        each
        for info in listed(details, "telephones", "telephoneInfo")
        if (each := info.optional_object("telephone"))
        and str(each.peek("phoneTechType")).upper() not in _NO_PHONES
    ]
    return preferred(found, "primaryInd")


def _lines(address: Reader | None) -> Field[str | None]:
    if address is None:
        return ABSENT
    lines = address.optional_texts("addressLine", "address")
    return ABSENT if lines is None else "\n".join(line for line in lines if line) or None


def _is_vip(customer: Reader) -> Field[bool]:
    """Which codes there are is the hotel's; one that is set makes a VIP."""
    if "vipStatus" not in customer:
        return ABSENT
    return bool(customer.optional_text("vipStatus", "vip"))


def _text(r: Reader | None, key: str, home: str) -> Field[str | None]:
    return ABSENT if r is None else r.field_text(key, home)


def _number(r: Reader | None, key: str, home: str) -> Field[int | None]:
    return ABSENT if r is None else r.field_integer(key, home, lenient=True)


def _opted(r: Reader | None, key: str, home: str) -> Field[bool | None]:
    return ABSENT if r is None else r.field_boolean(key, home, lenient=True)
