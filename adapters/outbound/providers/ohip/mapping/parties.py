"""People and companies on a reservation.

Lists have one flat guest (`reservationGuest`), single responses have profiles (`reservationGuests`,
`reservationProfiles`). Both are mapped to the same parties.
"""

from collections.abc import Callable, Iterator
from typing import Final

from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.ohip.mapping.parsing import (
    PROFILE,
    child,
    contact,
    country,
    find_profile_id,
    objects_at,
    preferred_info,
)
from domain.snapshots import Party, PartyRole
from domain.values import ABSENT, Field

_PRIMARY: Final = "primary_guest"
_FURTHER: Final = "further_guests"
_OWNERS: Final = ("Company", "TravelAgent", "Source", "Group")
_CONTACT: Final = "ReservationContact"


def map_listed_primary(r: Reader) -> Field[Party | None]:
    guest = r.optional_object("reservationGuest")
    if guest is None:
        return ABSENT
    guest_id = None
    if guest.peek("type") == PROFILE:
        guest.text("type", f"{_PRIMARY}.guest_id")
        guest_id = guest.optional("id", as_id, f"{_PRIMARY}.guest_id")
    return Party(
        guest_id=guest_id,
        first_name=guest.contact("givenName", f"{_PRIMARY}.first_name"),
        last_name=_last_name(guest, "surname", f"{_PRIMARY}.last_name"),
        email=guest.contact("email", f"{_PRIMARY}.email"),
        phone=guest.contact("phoneNumber", f"{_PRIMARY}.phone"),
        country=country(child(guest, "address", "country"), f"{_PRIMARY}.country"),
        language=guest.contact("language", f"{_PRIMARY}.language"),
    )


def map_listed_further(r: Reader, *, is_complete: bool) -> Field[tuple[Party, ...]]:
    companions = objects_at(r, "reservationGuest", "accompanyGuests")
    attached = objects_at(r, "attachedProfiles")
    guest = r.optional_object("reservationGuest")
    is_present = (guest is not None and "accompanyGuests" in guest) or "attachedProfiles" in r
    if not (is_complete or is_present):
        return ABSENT
    people = [
        Party(
            role=PartyRole.COMPANION,
            guest_id=find_profile_id(each, f"{_FURTHER}.guest_id"),
            first_name=each.contact("firstName", f"{_FURTHER}.first_name"),
            last_name=_last_name(each, "lastName", f"{_FURTHER}.last_name"),
        )
        for each in companions
    ]
    return (*people, *_map_attached_profiles(attached, _listed_name))


def map_single_primary(r: Reader) -> Field[Party | None]:
    """The flagged guest; a single guest needs no flag."""
    guest = _find_primary(r)
    if guest is None:
        return ABSENT
    return _map_profile(guest.optional_object("profileInfo"), PartyRole.PRIMARY, _PRIMARY)


def map_single_further(r: Reader, *, is_complete: bool) -> Field[tuple[Party, ...]]:
    if not is_complete and "reservationGuests" not in r and "reservationProfiles" not in r:
        return ABSENT
    primary = _find_primary(r)
    people = []
    for each in objects_at(r, "reservationGuests"):
        if each is not primary:
            party = _map_profile(each.optional_object("profileInfo"), PartyRole.COMPANION, _FURTHER)
            # Lists have no more fields of a companion, and the stored booking must not depend on
            # the kind of request.
            people.append(
                Party(
                    role=PartyRole.COMPANION,
                    guest_id=party.guest_id,
                    first_name=party.first_name,
                    last_name=party.last_name,
                )
            )
    attached = objects_at(r, "reservationProfiles", "reservationProfile")
    return (*people, *_map_attached_profiles(attached, _single_name))


def _find_primary(r: Reader) -> Reader | None:
    guests = objects_at(r, "reservationGuests")
    flagged = [each for each in guests if each.peek("primary") in (True, "true")]
    found = flagged or (guests if len(guests) == 1 else [])
    return found[0] if found else None


def _map_profile(info: Reader | None, role: PartyRole, target: str) -> Party:
    if info is None:
        return Party(role=role)
    customer = child(info, "profile", "customer")
    name = primary_name(customer)
    email = preferred_info(info, ("profile", "emails", "emailInfo"), "email")
    phone = preferred_info(info, ("profile", "telephones", "telephoneInfo"), "telephone")
    address = preferred_info(info, ("profile", "addresses", "addressInfo"), "address")
    return Party(
        role=role,
        guest_id=find_profile_id(info, f"{target}.guest_id"),
        first_name=contact(name, "givenName", f"{target}.first_name"),
        last_name=contact(name, "surname", f"{target}.last_name"),
        email=contact(email, "emailAddress", f"{target}.email"),
        phone=contact(phone, "phoneNumber", f"{target}.phone"),
        country=country(child(address, "country"), f"{target}.country"),
        language=contact(customer, "language", f"{target}.language"),
    )


def primary_name(customer: Reader | None) -> Reader | None:
    """The name of type Primary (others: Alternate, Incognito, …), or the only name."""
    names = objects_at(customer, "personName")
    for each in names:
        kind = each.peek("nameType")
        if isinstance(kind, str) and kind.casefold() == "primary":
            return each
    return names[0] if len(names) == 1 else None


def _map_attached_profiles(
    profiles: list[Reader], read_name: Callable[[Reader], str | None]
) -> Iterator[Party]:
    """Companies, agents, sources and groups are owners, a contact is the booker. Other profiles
    (billing, mailing) stay in the extras, and so do company ids, which are not guest ids."""
    for each in profiles:
        kind = each.peek("reservationProfileType")
        if kind in _OWNERS:
            each.text("reservationProfileType", f"{_FURTHER}.role")
            yield Party(role=PartyRole.OWNER, last_name=read_name(each))
        elif kind == _CONTACT:
            each.text("reservationProfileType", f"{_FURTHER}.role")
            yield Party(
                role=PartyRole.BOOKER, guest_id=find_profile_id(each, f"{_FURTHER}.guest_id")
            )


def attached_profile_kinds(profiles: list[Reader]) -> set[str]:
    kinds = (each.peek("reservationProfileType") for each in profiles)
    return {kind for kind in kinds if isinstance(kind, str)}


def _listed_name(r: Reader) -> str | None:
    return r.contact("name", f"{_FURTHER}.last_name")


def _single_name(r: Reader) -> str | None:
    return contact(child(r, "profile", "company"), "companyName", f"{_FURTHER}.last_name")


def _last_name(r: Reader, key: str, target: str) -> str | None:
    """Masked names may be sent as full name only."""
    return r.contact(key, target) or r.contact("fullName", target)
