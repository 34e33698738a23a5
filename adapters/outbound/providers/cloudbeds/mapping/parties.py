"""Guests on a reservation: `guestList`, a map by guest id or an array."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from adapters.outbound.provider_kit.parsing.contact_values import contact_value
from adapters.outbound.provider_kit.parsing.field_values import as_id, as_text
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.reader import Reader, null_if_complete
from adapters.outbound.providers.cloudbeds.mapping.parsing import ZERO_DAY, children
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
ANONYMIZED_AT: Final = "dateAnonymized"
"""Of a profile, which has no flag."""


def map_parties(
    r: Reader, *, is_complete: bool
) -> tuple[Field[Party | None], Field[tuple[Party, ...]]]:
    """(primary, further). The primary guest is the one flagged as main guest, else the header's."""
    main_id = r.field("guestID", as_id, "primary_guest.guest_id")
    is_anonymized = drop_if_anonymized(r, "primary_guest")
    listed = children(r, "guestList", "further_guests")
    if listed is None:
        email = _header_email(r, is_anonymized=is_anonymized)
        header_guest = _map_header_guest(main_id, email, is_complete=is_complete)
        return header_guest, () if is_complete else ABSENT
    parties = sorted(_map_all_parties(listed, main_id), key=lambda party: party.guest_id or "")
    main = next((p for p in parties if p.role is PartyRole.PRIMARY), None)
    further = tuple(party for party in parties if party is not main)
    if main is None:
        email = _header_email(r, is_anonymized=is_anonymized)
        return _map_header_guest(main_id, email, is_complete=True), further
    return main if is_anonymized else _with_header_email(r, main), further


def _header_email(r: Reader, *, is_anonymized: bool) -> str | None:
    return None if is_anonymized else r.contact("guestEmail", "primary_guest.email")


def _with_header_email(r: Reader, main: Party) -> Party:
    """The reservation's own e-mail address if its main guest has none. A different one stays
    unread, so that the extras keep it."""
    header = r.peek("guestEmail")
    email = contact_value(header) if isinstance(header, str) else None
    if main.email and email and email.casefold() != main.email.casefold():
        return main
    email = r.contact("guestEmail", "primary_guest.email")
    return replace(main, email=main.email or email)


def drop_if_anonymized(
    r: Reader, target: str, personal_fields: Sequence[str] = PERSONAL_FIELDS
) -> bool:
    """Drops the personal fields of an anonymized guest, also if the flag is invalid."""
    flag = r.optional_boolean(_ANONYMIZED_FLAG, target, lenient=True)
    is_flagged = flag is True or r.path_of(_ANONYMIZED_FLAG) in r.remarks
    is_anonymized = is_flagged or r.optional(ANONYMIZED_AT, _is_set, target) is True
    if is_anonymized:
        for key in personal_fields:
            r.drop(key, "anonymized")
    return is_anonymized


def _is_set(value: Json, path: str) -> bool:
    """Whether it is a date other than MySQL's zero date; the date itself may be of any format."""
    return not as_text(value, path).startswith(ZERO_DAY)


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
    target = "(selects the primary guest)"
    return guest.optional_boolean("isMainGuest", target, lenient=True) is True


def _map_party(guest: Reader, guest_id: str | None, role: PartyRole) -> Party:
    target = "primary_guest" if role is PartyRole.PRIMARY else "further_guests"
    if drop_if_anonymized(guest, target):
        return Party(guest_id=guest_id, role=role)
    return Party(
        guest_id=guest_id,
        role=role,
        first_name=guest.contact("guestFirstName", f"{target}.first_name"),
        last_name=guest.contact("guestLastName", f"{target}.last_name"),
        email=guest.contact("guestEmail", f"{target}.email"),
        phone=_map_phone(guest, target),
        country=guest.country("guestCountry", f"{target}.country"),
    )


def _map_phone(guest: Reader, target: str) -> str | None:
    """The mobile number if there is no other; otherwise it stays in the extras."""
    value = guest.contact("guestPhone", f"{target}.phone")
    return value or guest.contact("guestCellPhone", f"{target}.phone")
