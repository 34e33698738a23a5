"""Guests (getGuestList, getGuestsModified, getGuest) and profiles (Guest Profiles 1.0).

Guests are matched by id only. Profile ids are of another number space: they are prefixed, so that
they never match a guest's id.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.anonymized_guest import anonymized_guest
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_id, as_lenient_boolean
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import unread_extras
from adapters.outbound.provider_kit.parsing.read_items import GuestMapper
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.cloudbeds.mapping.parsing import (
    CloudbedsMapper,
    as_day,
    as_instant,
    children,
)
from adapters.outbound.providers.cloudbeds.mapping.parties import (
    ANONYMIZED_AT,
    PERSONAL_FIELDS,
    drop_if_anonymized,
)
from domain.snapshots import GuestSnapshot
from domain.values import ABSENT, Field, SourceVersion

PROFILE_PREFIX: Final = "profile-"
_RESERVATION_FIELDS: Final = (
    *("reservationID", "dateCreated", "isMainGuest", "status", "roomTypeID", "roomID"),
    *("roomName", "startDate", "endDate"),
)
"""Fields of one of the guest's reservations, which some responses have."""

_SINGLE_KEYS: Final = (
    *("firstName", "lastName", "gender", "email", "phone", "cellPhone", "country", "address"),
    *("address2", "city", "zip", "state", "birthDate", "documentType", "documentNumber"),
    *("documentIssueDate", "documentIssuingCountry", "documentExpirationDate"),
)
_SINGLE_ONLY: Final = frozenset({"specialRequests", "customFields"})
_PROFILE_PERSONAL: Final = (
    *_SINGLE_KEYS,
    *("address1", "countryName", "photo", "photoId", "taxId", "companyTaxId", "companyName"),
    *("birthday", "isOptIn"),
)
_SOURCES_OF: Final = {"external_id": "guestID"}


@cache
def _list_key(name: str) -> str:
    """In lists, of a field that profiles and getGuest call `name`."""
    return f"guest{name[0].upper()}{name[1:]}"


_LIST_KEY_OF_SINGLE: Final = {
    **{name: _list_key(name) for name in _SINGLE_KEYS},
    "address": "guestAddress1",
}
"""The stored guest must not depend on the kind of request."""


class _FieldNames(NamedTuple):
    """Of guests or of profiles. `key`: of the other fields, from their names in profiles."""

    key: Callable[[str], str]
    streets: tuple[str, ...]
    birth: tuple[str, ...]
    opt_in: str
    personal: tuple[str, ...]


_GUEST_FIELDS: Final = _FieldNames(
    key=_list_key,
    streets=("guestAddress", "guestAddress1", "guestAddress2"),
    birth=("guestBirthDate", "guestBirthdate"),
    opt_in="guestOptIn",
    personal=PERSONAL_FIELDS,
)
_PROFILE_FIELDS: Final = _FieldNames(
    key=str,
    streets=("address1", "address2"),
    birth=("birthday",),
    opt_in="isOptIn",
    personal=_PROFILE_PERSONAL,
)


def as_listed_guest(guest_id: str, data: Mapping[str, Json], seen_at: datetime) -> Json:
    """getGuest's response, which has neither id nor time, in the format of the lists.

    `seen_at`: the time just before the request.
    """
    listed_guest = {
        _LIST_KEY_OF_SINGLE.get(key, key): value
        for key, value in data.items()
        if key not in _SINGLE_ONLY
    }
    return {**listed_guest, "guestID": guest_id, "dateModified": seen_at.isoformat()}


@dataclass(frozen=True, slots=True)
class CloudbedsGuestMapper(CloudbedsMapper, GuestMapper):
    """`observed_at`: the version of a profile without any time. Guests without are rejected."""

    source_names = _SOURCES_OF
    zone: ZoneInfo
    observed_at: datetime | None = None

    def read_id(self, r: Reader) -> str:
        if is_profile(r):
            return PROFILE_PREFIX + r.required("id", as_id, "external_id")
        return r.required("guestID", as_id, "external_id")

    def map_snapshot(self, r: Reader, external_id: str) -> GuestSnapshot:
        names = _PROFILE_FIELDS if is_profile(r) else _GUEST_FIELDS
        for name in _RESERVATION_FIELDS if names is _GUEST_FIELDS else ():
            r.drop(name, "a field of one of the guest's reservations")
        version = self._version(r, is_profile=names is _PROFILE_FIELDS)
        merged_into = _map_merged_into(r)
        if drop_if_anonymized(r, "first_name, last_name, …", names.personal):
            return replace(
                anonymized_guest(external_id, version),
                country=None,
                nationality=None,
                email_opt_in=None,
                merged_into=merged_into,
                extras=unread_extras(r),
            )
        key = names.key
        r.drop("guestName", "first and last name together")
        return GuestSnapshot(
            external_id=external_id,
            version=version,
            first_name=r.field_contact(key("firstName"), "first_name"),
            last_name=r.field_contact(key("lastName"), "last_name"),
            email=r.field_contact(key("email"), "email"),
            phone=_map_phone(r, names),
            address=_map_address(r, names),
            city=r.field_contact(key("city"), "city"),
            region=r.field_contact(key("state"), "region"),
            postal_code=r.field_contact(key("zip"), "postal_code"),
            country=r.field_country(key("country"), "country"),
            birth_date=_map_birth_date(r, names),
            id_document_type=r.field_contact(key("documentType"), "id_document_type"),
            id_document_number=_map_document_number(r, key("documentNumber")),
            notes=_map_notes(r),
            email_opt_in=r.field_boolean(names.opt_in, "email_opt_in", lenient=True),
            merged_into=merged_into,
            extras=unread_extras(r),
        )

    def _version(self, r: Reader, *, is_profile: bool) -> SourceVersion:
        """A profile that was never modified has its creation only. Anonymizing need not count as a
        modification."""
        parse = as_instant(self.zone)
        changed = r.decisive("dateModified", parse, "version")
        if changed is None and is_profile:
            changed = r.decisive("dateCreated", parse, "version")
        anonymized = r.decisive(ANONYMIZED_AT, parse, "version")
        instants = [each for each in (changed, anonymized) if each is not None]
        found = max(instants, default=self.observed_at if is_profile else None)
        if found is None:
            raise UnreadableField("dateModified", "missing_field", "a value")
        return SourceVersion(found)


def is_profile(value: Reader | Mapping[str, Json]) -> bool:
    return "guestID" not in value and "organizationId" in value


def _map_document_number(r: Reader, key: str) -> Field[str | None]:
    """A text or a number; ABSENT if it is masked."""
    if isinstance(r.peek(key), str):
        return r.field_contact(key, "id_document_number")
    return r.field(key, as_id, "id_document_number")


def _map_merged_into(r: Reader) -> Field[str | None]:
    """Only if the flag `isMerged` is set as well."""
    is_merged = r.decisive_field("isMerged", as_lenient_boolean, "(whether merged)")
    target = r.decisive_field("newGuestID", as_id, "merged_into")
    if is_merged:
        return target
    return ABSENT if is_merged is ABSENT else None


def _map_phone(r: Reader, names: _FieldNames) -> Field[str | None]:
    """The mobile number if there is no other; otherwise it stays in the extras."""
    phone = r.field_contact(names.key("phone"), "phone")
    if phone:
        return phone
    mobile = r.field_contact(names.key("cellPhone"), "phone")
    return phone if mobile is ABSENT else mobile


def _map_address(r: Reader, names: _FieldNames) -> Field[str | None]:
    lines = [r.field_contact(key, "address") for key in names.streets]
    if all(line is ABSENT for line in lines):
        return ABSENT
    return "\n".join(line for line in lines if isinstance(line, str)) or None


def _map_birth_date(r: Reader, names: _FieldNames) -> Field[date | None]:
    key = next((key for key in names.birth if key in r), None)
    return ABSENT if key is None else r.optional(key, as_day, "birth_date")


def _map_notes(r: Reader) -> Field[str | None]:
    found = children(r, "guestNotes", "notes")
    if found is None:
        return ABSENT
    return "\n".join(note.optional_text("note", "notes") or "" for note in found).strip() or None
