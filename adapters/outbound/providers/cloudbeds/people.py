"""Guests on a reservation: `guestList`, by guest id or as an array."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.cloudbeds.reading import as_id, children, told
from domain.snapshots import Party, PartyRole
from domain.values import ABSENT, Absent, Field

PERSONAL: Final = (
    "guestName",
    "guestFirstName",
    "guestLastName",
    "guestGender",
    "guestEmail",
    "guestPhone",
    "guestCellPhone",
    "guestAddress",
    "guestAddress1",
    "guestAddress2",
    "guestCity",
    "guestState",
    "guestCountry",
    "guestZip",
    "guestBirthdate",
    "guestBirthDate",
    "guestDocumentType",
    "guestDocumentNumber",
    "guestDocumentIssueDate",
    "guestDocumentIssuingCountry",
    "guestDocumentExpirationDate",
    "taxID",
    "companyTaxID",
    "companyName",
    "guestOptIn",
    "guestNotes",
    "guestRequirements",
    "customFields",
    "specialRequests",
)
"""What is no longer told of somebody whose data was removed on request, whatever comes along."""

ANONYMIZED: Final = "isAnonymized"


def people_of(r: Reader, *, whole: bool) -> tuple[Field[Party | None], Field[tuple[Party, ...]]]:
    """(primary, further). The main guest is the one that says so, else the header's."""
    main_id = r.field("guestID", as_id, "primary_guest.guest_id")
    if not r.optional_boolean(ANONYMIZED, "primary_guest", lenient=True):
        email = r.optional_text("guestEmail", "primary_guest.email")
    else:
        email = None
        for key in PERSONAL:
            r.drop(key, "anonymized")
    listed = children(r, "guestList", "further_guests")
    if listed is None:
        return _header_only(main_id, email, whole=whole), () if whole else ABSENT
    everybody = sorted(_everybody(listed, main_id), key=lambda party: party.guest_id or "")
    main = next((p for p in everybody if p.role is PartyRole.PRIMARY), None)
    further = tuple(party for party in everybody if party is not main)
    return main or _header_only(main_id, email, whole=True), further


def _header_only(
    main_id: str | Absent | None, email: str | None, *, whole: bool
) -> Field[Party | None]:
    said = told(main_id, whole=whole)
    if said is ABSENT:
        return Party(email=email) if email else ABSENT
    return Party(guest_id=said, email=email) if said or email else None


def _everybody(listed: Sequence[Reader], main_id: str | Absent | None) -> Iterator[Party]:
    told_main = [guest for guest in listed if _is_main(guest)]
    for guest in listed:
        guest_id = guest.required("guestID", as_id, "guest_id")
        is_main = guest is told_main[0] if told_main else guest_id == main_id
        yield _party(guest, guest_id, PartyRole.PRIMARY if is_main else PartyRole.COMPANION)


def _is_main(guest: Reader) -> bool:
    home = "primary_guest, further_guests"
    return guest.optional_boolean("isMainGuest", home, lenient=True) is True


def _party(guest: Reader, guest_id: str, role: PartyRole) -> Party:
    home = "primary_guest" if role is PartyRole.PRIMARY else "further_guests"
    if guest.optional_boolean(ANONYMIZED, home, lenient=True):
        for key in PERSONAL:
            guest.drop(key, "anonymized")
        return Party(guest_id=guest_id, role=role)
    return Party(
        guest_id=guest_id,
        role=role,
        first_name=guest.optional_text("guestFirstName", f"{home}.first_name"),
        last_name=guest.optional_text("guestLastName", f"{home}.last_name"),
        email=guest.optional_text("guestEmail", f"{home}.email"),
        phone=_phone(guest, home),
        country=guest.optional_text("guestCountry", f"{home}.country"),
    )


def _phone(guest: Reader, home: str) -> str | None:
    """The mobile's is used where there is no other, and is an extra otherwise."""
    said = guest.optional_text("guestPhone", f"{home}.phone")
    return said or guest.optional_text("guestCellPhone", f"{home}.phone")
