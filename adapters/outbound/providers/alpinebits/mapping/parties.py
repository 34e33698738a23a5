"""People and companies on a reservation: guests, bookers, companies and agents.

A guest's id is that of the profile (UniqueID of type 1) with its context, e.g. `PMS:4711`, because
several systems number guests. A person without a profile id is identified by the booking only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.contact_values import contact_value, is_masked
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_text
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.code_tables import (
    as_language,
    as_storable_id,
    normalize_country,
)
from domain.snapshots import BookingSource, Party, PartyRole
from domain.values import ABSENT, Field

_PROFILE_ID_TYPE: Final = "1"
_FAX_PHONE_TYPE: Final = "3"
_COUNTRY: Final = "an ISO 3166 country code"
_FURTHER: Final = "further_guests"
_REPEATED: Final = "(dropped: repeats the primary guest)"
_PHONE_PARTS: Final = ("CountryAccessCode", "AreaCityCode")
"""Before the number, for senders that split it, e.g. Expedia."""

_SOURCE_BY_PROFILE: Final = {"3": BookingSource.CORPORATE, "4": BookingSource.AGENT}
"""By the type of a company's profile; the first one applies if there are several companies."""


@dataclass(frozen=True, slots=True)
class ReservationParties:
    """`source`: by the companies."""

    primary: Field[Party | None] = ABSENT
    further: Field[tuple[Party, ...]] = ABSENT
    source: BookingSource | None = None


def map_parties(r: XmlReader) -> ReservationParties:
    """Guests are in ResGuests; the first is primary if none is marked. A customer in the global
    profiles is the booker, or the primary guest if there is no other guest."""
    guests = _map_guests(r.listed("ResGuests", "ResGuest"))
    customers = _global_profiles(r, "Customer")
    companies = _global_profiles(r, "CompanyInfo")
    if not guests and not customers and not companies:
        return ReservationParties()
    primary, people = _choose_primary(guests, customers)
    owners = [_map_owner(each, _FURTHER) for each in companies]
    kinds = {each.first("Profile").peek("ProfileType") for each in companies}
    return ReservationParties(
        primary=primary if primary is not None else ABSENT,
        further=(*people, *owners),
        source=next((each for kind, each in _SOURCE_BY_PROFILE.items() if kind in kinds), None),
    )


def _global_profiles(r: XmlReader, kind: str) -> list[XmlReader]:
    profiles = r.listed("ResGlobalInfo", "Profiles", "ProfileInfo")
    return [each for each in profiles if each.first("Profile", kind)]


def _choose_primary(
    guests: Sequence[Party], customers: Sequence[XmlReader]
) -> tuple[Party | None, list[Party]]:
    """The primary guest, and the others with the bookers."""
    primary = next((each for each in guests if each.role is PartyRole.PRIMARY), None)
    others = [each for each in guests if each is not primary]
    bookers = list(_map_bookers(customers, primary))
    if primary is None and bookers:
        primary, *bookers = (replace(bookers[0], role=PartyRole.PRIMARY), *bookers[1:])
    return primary, [*others, *bookers]


def _map_guests(found: Sequence[XmlReader]) -> list[Party]:
    """A ResGuest is one person: only its first profile is used."""
    marked = [n for n, r in enumerate(found) if r.flag("PrimaryIndicator", "primary_guest.role")]
    chosen = marked[0] if marked else 0
    people = []
    for n, r in enumerate(found):
        role = PartyRole.PRIMARY if n == chosen else PartyRole.COMPANION
        target = "primary_guest" if n == chosen else _FURTHER
        for profile in r.listed("Profiles", "ProfileInfo"):
            if profile.first("Profile", "Customer"):
                people.append(_map_person(profile, role, target))
                break
    return people


def _map_bookers(profiles: Sequence[XmlReader], primary: Party | None) -> Iterator[Party]:
    """Without SiteMinder's copy of the primary guest: same name, no different id or e-mail."""
    for profile in profiles:
        party = _map_person(profile, PartyRole.BOOKER, _FURTHER)
        if primary is None or not _is_same_person(party, primary):
            yield party
        else:
            profile.retarget(partial(_target_of_repeated, party, primary))


def _target_of_repeated(party: Party, primary: Party, target: str) -> str | None:
    """A value that the primary guest does not have stays unread, so that the extras keep it."""
    name = target.removeprefix(f"{_FURTHER}.")
    if name != target and getattr(party, name) != getattr(primary, name):
        return None
    return _REPEATED if name != target else target


def _is_same_person(party: Party, primary: Party) -> bool:
    same_name = (party.first_name, party.last_name) == (primary.first_name, primary.last_name)
    return (
        same_name
        and party.guest_id in (None, primary.guest_id)
        and party.email in (None, primary.email)
    )


def _map_person(profile: XmlReader, role: PartyRole, target: str) -> Party:
    r = profile.first("Profile", "Customer")
    return Party(
        guest_id=_read_profile_id(profile, target),
        role=role,
        first_name=r.first("PersonName", "GivenName").contact_content(f"{target}.first_name"),
        last_name=r.first("PersonName", "Surname").contact_content(f"{target}.last_name"),
        email=r.first("Email").contact_content(f"{target}.email"),
        phone=_read_phone(r.children("Telephone"), f"{target}.phone"),
        country=_read_country(r.first("Address", "CountryName"), f"{target}.country"),
        language=r.detail("Language", as_language, f"{target}.language"),
    )


def _map_owner(profile: XmlReader, target: str) -> Party:
    r = profile.first("Profile", "CompanyInfo")
    return Party(
        guest_id=_read_profile_id(profile, target),
        role=PartyRole.OWNER,
        last_name=r.first("CompanyName").contact_content(f"{target}.last_name"),
        email=r.first("Email").contact_content(f"{target}.email"),
        phone=_read_phone(r.children("TelephoneInfo"), f"{target}.phone"),
        country=_read_country(r.first("AddressInfo", "CountryName"), f"{target}.country"),
    )


def _read_profile_id(profile: XmlReader, target: str) -> str | None:
    for parent in (profile, profile.first("Profile")):
        for r in parent.children("UniqueID"):
            if r.peek("Type") in (None, _PROFILE_ID_TYPE) and r.peek("ID") is not None:
                return _read_profile_number(r, f"{target}.guest_id")
    return None


def _read_profile_number(r: XmlReader, target: str) -> str | None:
    name, context = r.peek("ID"), r.peek("ID_Context")
    try:
        found = as_storable_id(f"{context}:{name}" if context else name, r.path_of("ID"))
    except UnreadableField as error:
        r.remark(error)
        return None
    for attribute in ("Type", "ID_Context", "ID"):
        r.optional_text(attribute, target)
    return found


def _read_phone(numbers: Sequence[XmlReader], target: str) -> str | None:
    """The first number that is not a fax."""
    for r in numbers:
        if r.peek("PhoneTechType") != _FAX_PHONE_TYPE and r.peek("PhoneNumber") is not None:
            parts = [contact_value(r.optional_text(key, target)) for key in _PHONE_PARTS]
            return _join_phone(parts, r.contact("PhoneNumber", target))
    return None


def _join_phone(prefixes: Sequence[str | None], number: str | None) -> str | None:
    """The country code, e.g. `1` or `+1`, is left out if the number repeats it."""
    country, area = prefixes
    if number is None or number.startswith("+"):
        return number
    country = f"+{country.lstrip('+0')}" if country else None
    return " ".join(part for part in (country, area, number) if part)


def _read_country(r: XmlReader, target: str) -> str | None:
    code = r.detail("Code", _as_country, target)
    if code is not None:
        return code
    text = r.peek_content()
    code = normalize_country(text)
    if code is not None or (text is not None and is_masked(text)):
        r.contact_content(target)
    elif text is not None:
        r.remark(UnreadableField(r.path, "unknown_value", _COUNTRY))
    return code


def _as_country(value: Json, path: str) -> str:
    code = normalize_country(as_text(value, path))
    if code is None:
        raise UnreadableField(path, "unknown_value", _COUNTRY)
    return code
