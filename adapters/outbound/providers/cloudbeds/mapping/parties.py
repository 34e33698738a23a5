"""Guests on a reservation: `guestList`, by guest id or as an array."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.cloudbeds.mapping.parsing import as_id, children, null_if_complete
from domain.snapshots import Party, PartyRole
from domain.values import ABSENT, Absent, Field

PERSONAL_FIELDS: Final = (
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

ANONYMIZED_FLAG: Final = "isAnonymized"


def map_parties(
    r: Reader, *, is_complete: bool
) -> tuple[Field[Party | None], Field[tuple[Party, ...]]]:
    """(primary, further). The main guest is the one that says so, else the header's."""
    main_id = r.field("guestID", as_id, "primary_guest.guest_id")
    if not r.optional_boolean(ANONYMIZED_FLAG, "primary_guest", lenient=True):
        email = r.optional_text("guestEmail", "primary_guest.email")
    else:
        email = None
        for key in PERSONAL_FIELDS:
            r.drop(key, "anonymized")
    listed = children(r, "guestList", "further_guests")
    if listed is None:
        return _map_header_guest(
            main_id, email, is_complete=is_complete
        ), () if is_complete else ABSENT
    parties = sorted(_map_all_parties(listed, main_id), key=lambda party: party.guest_id or "")
    main = next((p for p in parties if p.role is PartyRole.PRIMARY), None)
    further = tuple(party for party in parties if party is not main)
    return main or _map_header_guest(main_id, email, is_complete=True), further


def _map_header_guest(
    main_id: str | Absent | None, email: str | None, *, is_complete: bool
) -> Field[Party | None]:
    value = null_if_complete(main_id, is_complete=is_complete)
    if value is ABSENT:
        return Party(email=email) if email else ABSENT
    return Party(guest_id=value, email=email) if value or email else None


def _map_all_parties(listed: Sequence[Reader], main_id: str | Absent | None) -> Iterator[Party]:
    flagged_main = [guest for guest in listed if _is_main(guest)]
    for guest in listed:
        guest_id = guest.required("guestID", as_id, "guest_id")
        is_main = guest is flagged_main[0] if flagged_main else guest_id == main_id
        yield _map_party(guest, guest_id, PartyRole.PRIMARY if is_main else PartyRole.COMPANION)


def _is_main(guest: Reader) -> bool:
    target = "primary_guest, further_guests"
    return guest.optional_boolean("isMainGuest", target, lenient=True) is True


def _map_party(guest: Reader, guest_id: str, role: PartyRole) -> Party:
    target = "primary_guest" if role is PartyRole.PRIMARY else "further_guests"
    if guest.optional_boolean(ANONYMIZED_FLAG, target, lenient=True):
        for key in PERSONAL_FIELDS:
            guest.drop(key, "anonymized")
        return Party(guest_id=guest_id, role=role)
    return Party(
        guest_id=guest_id,
        role=role,
        first_name=guest.optional_text("guestFirstName", f"{target}.first_name"),
        last_name=guest.optional_text("guestLastName", f"{target}.last_name"),
        email=guest.optional_text("guestEmail", f"{target}.email"),
        phone=_map_phone(guest, target),
        country=guest.optional_text("guestCountry", f"{target}.country"),
    )


def _map_phone(guest: Reader, target: str) -> str | None:
    """The mobile's is used where there is no other, and is an extra otherwise."""
    value = guest.optional_text("guestPhone", f"{target}.phone")
    return value or guest.optional_text("guestCellPhone", f"{target}.phone")
