"""People on a reservation. The vendor gives them no id: they are known by booking and role."""

from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.apaleo.reading import told
from domain.snapshots import Party, PartyRole
from domain.values import ABSENT, Field


def primary_of(r: Reader, *, whole: bool) -> Field[Party | None]:
    found = told(r.field_object("primaryGuest"), whole=whole)
    if not isinstance(found, Reader):
        return found
    return _person(found, PartyRole.PRIMARY, "primary_guest")


def further_of(r: Reader, *, whole: bool) -> Field[tuple[Party, ...]]:
    """The company that pays comes as an owner, by its name. Absent where nobody was told of."""
    additional = r.optional_objects("additionalGuests")
    booker = r.optional_object("booker")
    company = r.optional_object("company")
    if not whole and additional is None and booker is None and company is None:
        return ABSENT
    people = [_person(guest, PartyRole.COMPANION, "further_guests") for guest in additional or ()]
    if booker is not None:
        people.append(_person(booker, PartyRole.BOOKER, "further_guests"))
    if company is not None:
        name = company.optional_text("name", "further_guests")
        people.append(Party(role=PartyRole.OWNER, last_name=name))
    return tuple(people)


def _person(r: Reader, role: PartyRole, home: str) -> Party:
    address = r.optional_object("address")
    return Party(
        role=role,
        first_name=r.optional_text("firstName", f"{home}.first_name"),
        last_name=r.text("lastName", f"{home}.last_name"),
        email=r.optional_text("email", f"{home}.email"),
        phone=r.optional_text("phone", f"{home}.phone"),
        country=address.optional_text("countryCode", f"{home}.country") if address else None,
        language=r.optional_text("preferredLanguage", f"{home}.language"),
    )
