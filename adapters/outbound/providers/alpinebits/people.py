"""People and companies on a reservation: guests, who booked, who pays or brought it.

A guest's id is that of his profile (UniqueID of type 1) within its context, e.g. `PMS:4711`: other
systems number their guests too. Where a profile has none the person is known by the booking alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.ota_words import country_of, language_of
from domain.errors import InvalidField
from domain.snapshots import Party, PartyRole, require_id
from domain.values import ABSENT, Field

_PROFILE: Final = "1"
_FAX: Final = "3"
_CORPORATE: Final = "3"
_AGENT: Final = "4"


@dataclass(frozen=True, slots=True)
class People:
    """`corporate`, `agent`: a company of that kind is on the reservation."""

    primary: Field[Party | None] = ABSENT
    further: Field[tuple[Party, ...]] = ABSENT
    corporate: bool = False
    agent: bool = False


def people_of(r: XmlReader) -> People:
    """Guests come with ResGuests, the first of them where none is marked as the primary one. A
    customer among the global profiles is who booked, or, where no guest is told, the guest."""
    guests = _guests(r.listed("ResGuests", "ResGuest"))
    info = r.child("ResGlobalInfo")
    profiles = info.listed("Profiles", "ProfileInfo") if info is not None else []
    customers = [each for each in profiles if _customer_in(each) is not None]
    companies = [each for each in profiles if _company_in(each) is not None]
    if not guests and not customers and not companies:
        return People()
    primary = next((each for each in guests if each.role is PartyRole.PRIMARY), None)
    others = [each for each in guests if each.role is not PartyRole.PRIMARY]
    bookers = list(_bookers(customers, primary))
    if primary is None and bookers:
        primary, *bookers = (replace(bookers[0], role=PartyRole.PRIMARY), *bookers[1:])
    owners = [_owner(each, "further_guests") for each in companies]
    kinds = {kind for each in companies if (kind := _kind_of(each))}
    return People(
        primary=primary if primary is not None else ABSENT,
        further=(*others, *bookers, *owners),
        corporate=_CORPORATE in kinds,
        agent=_AGENT in kinds,
    )


def _guests(found: Sequence[XmlReader]) -> list[Party]:
    """Only the first profile of each: a ResGuest is one person."""
    marked = [n for n, r in enumerate(found) if r.flag("PrimaryIndicator", "primary_guest.role")]
    chosen = marked[0] if marked else 0
    people = []
    for n, r in enumerate(found):
        role = PartyRole.PRIMARY if n == chosen else PartyRole.COMPANION
        home = "primary_guest" if n == chosen else "further_guests"
        for profile in r.listed("Profiles", "ProfileInfo"):
            customer = _customer_in(profile)
            if customer is not None:
                people.append(_person(profile, customer, role, home))
                break
    return people


def _bookers(profiles: Sequence[XmlReader], primary: Party | None) -> Iterator[Party]:
    """SiteMinder repeats the guest there: who has the same name and no other id or address is the
    same entry told twice."""
    for profile in profiles:
        customer = _customer_in(profile)
        if customer is not None:
            party = _person(profile, customer, PartyRole.BOOKER, "further_guests")
            if primary is None or not _is_repeated(party, primary):
                yield party


def _is_repeated(party: Party, primary: Party) -> bool:
    def agree(one: str | None, other: str | None) -> bool:
        return one is None or one == other

    named = (party.first_name, party.last_name) == (primary.first_name, primary.last_name)
    return named and agree(party.guest_id, primary.guest_id) and agree(party.email, primary.email)


def _customer_in(profile: XmlReader) -> XmlReader | None:
    found = profile.child("Profile")
    return found.child("Customer") if found is not None else None


def _company_in(profile: XmlReader) -> XmlReader | None:
    found = profile.child("Profile")
    return found.child("CompanyInfo") if found is not None else None


def _kind_of(profile: XmlReader) -> str | None:
    found = profile.child("Profile")
    return found.optional_text("ProfileType", "source, extras") if found is not None else None


def _person(profile: XmlReader, r: XmlReader, role: PartyRole, home: str) -> Party:
    name = r.child("PersonName")
    return Party(
        guest_id=_id_of(profile, home),
        role=role,
        first_name=_content(name, "GivenName", f"{home}.first_name"),
        last_name=_content(name, "Surname", f"{home}.last_name"),
        email=_content(r, "Email", f"{home}.email"),
        phone=_phone(r.children("Telephone"), f"{home}.phone"),
        country=_country(r.child("Address"), f"{home}.country"),
        language=_language(r, f"{home}.language"),
    )


def _owner(profile: XmlReader, home: str) -> Party:
    company = _company_in(profile)
    if company is None:
        return Party(role=PartyRole.OWNER)
    return Party(
        guest_id=_id_of(profile, home),
        role=PartyRole.OWNER,
        last_name=_content(company, "CompanyName", f"{home}.last_name"),
        email=_content(company, "Email", f"{home}.email"),
        phone=_phone(company.children("TelephoneInfo"), f"{home}.phone"),
        country=_country(company.child("AddressInfo"), f"{home}.country"),
    )


def _id_of(profile: XmlReader, home: str) -> str | None:
    for place in (profile, profile.child("Profile")):
        for r in place.children("UniqueID") if place is not None else ():
            if (r.peek("Type") or _PROFILE) != _PROFILE or r.peek("ID") is None:
                continue
            r.optional_text("Type", f"{home}.guest_id")
            context = r.optional_text("ID_Context", f"{home}.guest_id")
            name = r.text("ID", f"{home}.guest_id")
            return _checked(f"{context}:{name}" if context else name, r.path_of("ID"))
    return None


def _checked(name: str, path: str) -> str:
    try:
        require_id(name, path)
    except InvalidField as fault:
        raise UnreadableField(path, fault.code, fault.fix) from None
    return name


def _content(r: XmlReader | None, element: str, home: str) -> str | None:
    found = r.child(element) if r is not None else None
    return found.content(home) if found is not None else None


def _phone(numbers: Sequence[XmlReader], home: str) -> str | None:
    """The first that is no fax."""
    for r in numbers:
        if r.peek("PhoneTechType") != _FAX and r.peek("PhoneNumber") is not None:
            return r.text("PhoneNumber", home)
    return None


def _country(address: XmlReader | None, home: str) -> str | None:
    r = address.child("CountryName") if address is not None else None
    if r is None:
        return None
    for said, take in ((r.peek("Code"), True), (r.peek_content(), False)):
        code = country_of(said)
        if code is not None:
            _ = r.optional_text("Code", home) if take else r.content(home)
            return code
    return None


def _language(r: XmlReader, home: str) -> str | None:
    said = r.optional_text("Language", home)
    return language_of(said) if said is not None else None
