"""People and companies on a reservation: guests, who booked, who pays or brought it.

A guest's id is that of his profile (UniqueID of type 1) within its context, e.g. `PMS:4711`: other
systems number their guests too. Where a profile has none the person is known by the booking alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.code_tables import (
    normalize_country,
    normalize_language,
)
from domain.errors import InvalidField
from domain.snapshots import Party, PartyRole, require_id
from domain.values import ABSENT, Field

_PROFILE_ID_TYPE: Final = "1"
_FAX_PHONE_TYPE: Final = "3"
_CORPORATE_PROFILE_TYPE: Final = "3"
_AGENT_PROFILE_TYPE: Final = "4"


@dataclass(frozen=True, slots=True)
class ReservationParties:
    """`corporate`, `agent`: a company of that kind is on the reservation."""

    primary: Field[Party | None] = ABSENT
    further: Field[tuple[Party, ...]] = ABSENT
    corporate: bool = False
    agent: bool = False


def map_parties(r: XmlReader) -> ReservationParties:
    """Guests come with ResGuests, the first of them where none is marked as the primary one. A
    customer among the global profiles is who booked, or, where no guest is told, the guest."""
    guests = _map_guests(r.listed("ResGuests", "ResGuest"))
    info = r.child("ResGlobalInfo")
    profiles = info.listed("Profiles", "ProfileInfo") if info is not None else []
    customers = [each for each in profiles if _customer_of(each) is not None]
    companies = [each for each in profiles if _company_of(each) is not None]
    if not guests and not customers and not companies:
        return ReservationParties()
    primary = next((each for each in guests if each.role is PartyRole.PRIMARY), None)
    others = [each for each in guests if each.role is not PartyRole.PRIMARY]
    bookers = list(_map_bookers(customers, primary))
    if primary is None and bookers:
        primary, *bookers = (replace(bookers[0], role=PartyRole.PRIMARY), *bookers[1:])
    owners = [_map_owner(each, "further_guests") for each in companies]
    kinds = {kind for each in companies if (kind := _profile_type(each))}
    return ReservationParties(
        primary=primary if primary is not None else ABSENT,
        further=(*others, *bookers, *owners),
        corporate=_CORPORATE_PROFILE_TYPE in kinds,
        agent=_AGENT_PROFILE_TYPE in kinds,
    )


def _map_guests(found: Sequence[XmlReader]) -> list[Party]:
    """Only the first profile of each: a ResGuest is one person."""
    marked = [n for n, r in enumerate(found) if r.flag("PrimaryIndicator", "primary_guest.role")]
    chosen = marked[0] if marked else 0
    people = []
    for n, r in enumerate(found):
        role = PartyRole.PRIMARY if n == chosen else PartyRole.COMPANION
        target = "primary_guest" if n == chosen else "further_guests"
        for profile in r.listed("Profiles", "ProfileInfo"):
            customer = _customer_of(profile)
            if customer is not None:
                people.append(_map_person(profile, customer, role, target))
                break
    return people


def _map_bookers(profiles: Sequence[XmlReader], primary: Party | None) -> Iterator[Party]:
    """SiteMinder repeats the guest there: who has the same name and no other id or address is the
    same entry told twice."""
    for profile in profiles:
        customer = _customer_of(profile)
        if customer is not None:
            party = _map_person(profile, customer, PartyRole.BOOKER, "further_guests")
            if primary is None or not _is_same_person(party, primary):
                yield party


def _is_same_person(party: Party, primary: Party) -> bool:
    def is_compatible(one: str | None, other: str | None) -> bool:
        return one is None or one == other

    named = (party.first_name, party.last_name) == (primary.first_name, primary.last_name)
    return (
        named
        and is_compatible(party.guest_id, primary.guest_id)
        and is_compatible(party.email, primary.email)
    )


def _customer_of(profile: XmlReader) -> XmlReader | None:
    found = profile.child("Profile")
    return found.child("Customer") if found is not None else None


def _company_of(profile: XmlReader) -> XmlReader | None:
    found = profile.child("Profile")
    return found.child("CompanyInfo") if found is not None else None


def _profile_type(profile: XmlReader) -> str | None:
    found = profile.child("Profile")
    return found.optional_text("ProfileType", "source, extras") if found is not None else None


def _map_person(profile: XmlReader, r: XmlReader, role: PartyRole, target: str) -> Party:
    name = r.child("PersonName")
    return Party(
        guest_id=_read_profile_id(profile, target),
        role=role,
        first_name=_read_content(name, "GivenName", f"{target}.first_name"),
        last_name=_read_content(name, "Surname", f"{target}.last_name"),
        email=_read_content(r, "Email", f"{target}.email"),
        phone=_read_phone(r.children("Telephone"), f"{target}.phone"),
        country=_read_country(r.child("Address"), f"{target}.country"),
        language=_read_language(r, f"{target}.language"),
    )


def _map_owner(profile: XmlReader, target: str) -> Party:
    company = _company_of(profile)
    if company is None:
        return Party(role=PartyRole.OWNER)
    return Party(
        guest_id=_read_profile_id(profile, target),
        role=PartyRole.OWNER,
        last_name=_read_content(company, "CompanyName", f"{target}.last_name"),
        email=_read_content(company, "Email", f"{target}.email"),
        phone=_read_phone(company.children("TelephoneInfo"), f"{target}.phone"),
        country=_read_country(company.child("AddressInfo"), f"{target}.country"),
    )


def _read_profile_id(profile: XmlReader, target: str) -> str | None:
    for profile_reader in (profile, profile.child("Profile")):
        for r in profile_reader.children("UniqueID") if profile_reader is not None else ():
            if (r.peek("Type") or _PROFILE_ID_TYPE) != _PROFILE_ID_TYPE or r.peek("ID") is None:
                continue
            r.optional_text("Type", f"{target}.guest_id")
            context = r.optional_text("ID_Context", f"{target}.guest_id")
            name = r.text("ID", f"{target}.guest_id")
            return _checked_id(f"{context}:{name}" if context else name, r.path_of("ID"))
    return None


def _checked_id(name: str, path: str) -> str:
    try:
        require_id(name, path)
    except InvalidField as fault:
        raise UnreadableField(path, fault.code, fault.fix) from None
    return name


def _read_content(r: XmlReader | None, element: str, target: str) -> str | None:
    found = r.child(element) if r is not None else None
    return found.content(target) if found is not None else None


def _read_phone(numbers: Sequence[XmlReader], target: str) -> str | None:
    """The first that is no fax."""
    for r in numbers:
        if r.peek("PhoneTechType") != _FAX_PHONE_TYPE and r.peek("PhoneNumber") is not None:
            return r.text("PhoneNumber", target)
    return None


def _read_country(address: XmlReader | None, target: str) -> str | None:
    r = address.child("CountryName") if address is not None else None
    if r is None:
        return None
    for value, is_code in ((r.peek("Code"), True), (r.peek_content(), False)):
        code = normalize_country(value)
        if code is not None:
            _ = r.optional_text("Code", target) if is_code else r.content(target)
            return code
    return None


def _read_language(r: XmlReader, target: str) -> str | None:
    value = r.optional_text("Language", target)
    return normalize_language(value) if value is not None else None
