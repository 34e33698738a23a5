"""Guests on a reservation: `guestList`, a map by guest id or an array."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.reader import Reader, null_if_complete
from adapters.outbound.providers.cloudbeds.mapping.parsing import children
from domain.snapshots import Party, PartyRole
from domain.values import ABSENT, Absent, Field

PERSONAL_FIELDS: Final = (
    *("guestName", "guestFirstName", "guestLastName", "guestGender", "guestEmail", "guestPhone"),
    *("guestCellPhone", "guestAddress", "guestAddress1", "guestAddress2", "guestCity"),
    *("guestState", "guestCountry", "guestZip", "guestBirthdate", "guestBirthDate"),
    *("guestDocumentType", "guestDocumentNumber", "guestDocumentIssueDate"),
    *("guestDocumentIssuingCountry", "guestDocumentExpirationDate", "taxID", "companyTaxID"),
    *("companyName", "guestOptIn", "guestNotes", "guestRequirements", "customFields"),
    "specialRequests",
)
"""Dropped for an anonymized guest, even if the payload still has them."""

_ANONYMIZED_FLAG: Final = "isAnonymized"


def map_parties(
    r: Reader, *, is_complete: bool
) -> tuple[Field[Party | None], Field[tuple[Party, ...]]]:
    """(primary, further). The primary guest is the one flagged as main guest, else the header's."""
    main_id = r.field("guestID", as_id, "primary_guest.guest_id")
    is_anonymized = drop_if_anonymized(r, "primary_guest")
    email = None if is_anonymized else r.optional_text("guestEmail", "primary_guest.email")
    listed = children(r, "guestList", "further_guests")
    if listed is None:
        header_guest = _map_header_guest(main_id, email, is_complete=is_complete)
        return header_guest, () if is_complete else ABSENT
    parties = sorted(_map_all_parties(listed, main_id), key=lambda party: party.guest_id or "")
    main = next((p for p in parties if p.role is PartyRole.PRIMARY), None)
    further = tuple(party for party in parties if party is not main)
    return main or _map_header_guest(main_id, email, is_complete=True), further


def drop_if_anonymized(
    r: Reader, target: str, personal_fields: Sequence[str] = PERSONAL_FIELDS
) -> bool:
    """Drops the personal fields of an anonymized guest, also if the flag is invalid."""
    flag = r.optional_boolean(_ANONYMIZED_FLAG, target, lenient=True)
    is_anonymized = flag is True or r.path_of(_ANONYMIZED_FLAG) in r.remarks
    if is_anonymized:
        for key in personal_fields:
            r.drop(key, "anonymized")
    return is_anonymized


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
        guest_id = guest.optional("guestID", as_id, "guest_id")
        is_main = guest is flagged_main[0] if flagged_main else guest_id == main_id
        yield _map_party(guest, guest_id, PartyRole.PRIMARY if is_main else PartyRole.COMPANION)


def _is_main(guest: Reader) -> bool:
    target = "primary_guest, further_guests"
    return guest.optional_boolean("isMainGuest", target, lenient=True) is True


def _map_party(guest: Reader, guest_id: str | None, role: PartyRole) -> Party:
    target = "primary_guest" if role is PartyRole.PRIMARY else "further_guests"
    if drop_if_anonymized(guest, target):
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
    """The mobile number if there is no other; otherwise it stays in the extras."""
    value = guest.optional_text("guestPhone", f"{target}.phone")
    return value or guest.optional_text("guestCellPhone", f"{target}.phone")
