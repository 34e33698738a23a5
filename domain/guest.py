"""The Guest aggregate: matched only by (hotel, provider, external id), never by e-mail or name."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from uuid import UUID

from domain.precedence import (
    Advanced,
    Applied,
    Change,
    Decision,
    Provenance,
    Receipt,
    Resolution,
    changed_names,
    decision_without_write,
    resolve,
)
from domain.snapshots import Extras, GuestSnapshot
from domain.values import ABSENT, HotelId, Money, SourceVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestDetails:
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    nationality: str | None = None
    birth_date: date | None = None
    language: str | None = None
    vip: bool | None = None
    loyalty_number: str | None = None
    loyalty_tier: str | None = None
    loyalty_points: int | None = None
    id_document_type: str | None = None
    id_document_number: str | None = None
    preferences: str | None = None
    notes: str | None = None
    email_opt_in: bool | None = None
    sms_opt_in: bool | None = None
    total_stays: int | None = None
    total_spent: Money | None = None
    last_stay_on: date | None = None
    merged_into: str | None = None
    extras: Extras = ()
    deleted_at_source: datetime | None = None


_DETAIL_FIELDS = tuple(f.name for f in fields(GuestDetails))
_SNAPSHOT_FIELDS = tuple(n for n in _DETAIL_FIELDS if n != "deleted_at_source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    id: UUID
    hotel_id: HotelId
    provider: str
    external_id: str
    details: GuestDetails
    provenance: Provenance
    synced_at: datetime
    revision: int = 1

    @classmethod
    def create_from(
        cls,
        snapshot: GuestSnapshot,
        receipt: Receipt,
        *,
        hotel_id: HotelId,
        provider: str,
        guest_id: UUID,
        now: datetime,
    ) -> "Applied[Guest]":
        details = _merged(GuestDetails(), snapshot, now)
        guest = cls(
            id=guest_id,
            hotel_id=hotel_id,
            provider=provider,
            external_id=snapshot.external_id,
            details=details,
            provenance=Provenance(snapshot.version, receipt.channel, receipt.observed_at),
            synced_at=now,
        )
        present_fields = tuple(
            name for name in _SNAPSHOT_FIELDS if getattr(snapshot, name) is not ABSENT
        )
        return Applied(entity=guest, change=Change.CREATED, changed_fields=present_fields)

    @property
    def version(self) -> SourceVersion:
        return self.provenance.version

    def merge(
        self, snapshot: GuestSnapshot, receipt: Receipt, *, now: datetime
    ) -> "Decision[Guest]":
        """Decides what the provider's word changes; nothing is written here."""
        details = _merged(self.details, snapshot, now)
        resolution = resolve(
            self.provenance, snapshot.version, receipt, same_content=details == self.details
        )
        merged = replace(
            self,
            details=details,
            provenance=self.provenance.superseded_by(snapshot.version, receipt),
            synced_at=now,
            revision=self.revision + 1,
        )
        if (decision := decision_without_write(resolution)) is not None:
            return decision
        if resolution is Resolution.ADVANCE:
            return Advanced(merged)
        return Applied(
            entity=merged,
            change=Change.CORRECTED if resolution is Resolution.OVERRIDE else Change.UPDATED,
            changed_fields=changed_names(self.details, details),
        )


def _merged(held: GuestDetails, snapshot: GuestSnapshot, now: datetime) -> GuestDetails:
    present_fields = {
        name: value for name in _SNAPSHOT_FIELDS if (value := getattr(snapshot, name)) is not ABSENT
    }
    deleted_at = (held.deleted_at_source or now) if snapshot.deleted else None
    return replace(held, **present_fields, deleted_at_source=deleted_at)
