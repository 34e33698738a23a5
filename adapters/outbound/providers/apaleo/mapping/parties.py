"""People on a reservation. Apaleo gives them no id: booking and role identify them."""

from adapters.outbound.provider_kit.parsing.reader import Reader, null_if_complete
from domain.snapshots import Party, PartyRole
from domain.values import ABSENT, Field


def map_primary_guest(r: Reader, *, is_complete: bool) -> Field[Party | None]:
    found = null_if_complete(r.field_object("primaryGuest"), is_complete=is_complete)
    if not isinstance(found, Reader):
        return found
    return _map_party(found, PartyRole.PRIMARY, "primary_guest")


def map_further_guests(r: Reader, *, is_complete: bool) -> Field[tuple[Party, ...]]:
    """Companions, the booker, and the paying company by name as owner."""
    additional = r.optional_objects("additionalGuests")
    booker = r.optional_object("booker")
    company = r.optional_object("company")
    if not is_complete and additional is None and booker is None and company is None:
        return ABSENT
    people = [
        _map_party(guest, PartyRole.COMPANION, "further_guests") for guest in additional or ()
    ]
    if booker is not None:
        people.append(_map_party(booker, PartyRole.BOOKER, "further_guests"))
    if company is not None:
        name = company.optional_text("name", "further_guests")
        people.append(Party(role=PartyRole.OWNER, last_name=name))
    return tuple(people)


def _map_party(r: Reader, role: PartyRole, target: str) -> Party:
    address = r.optional_object("address")
    return Party(
        role=role,
        first_name=r.contact("firstName", f"{target}.first_name"),
        last_name=r.contact("lastName", f"{target}.last_name"),
        email=r.contact("email", f"{target}.email"),
        phone=r.contact("phone", f"{target}.phone"),
        country=address.country("countryCode", f"{target}.country") if address else None,
        language=r.optional_text("preferredLanguage", f"{target}.language"),
    )
