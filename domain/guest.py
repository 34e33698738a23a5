"""The Guest aggregate: identified by (hotel, provider, external id), never by e-mail or name."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from domain.merge import Applied, Replica, merge_fields
from domain.precedence import Provenance, Receipt
from domain.snapshots import Extras, GuestSnapshot
from domain.values import HotelId, Money


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
    further_id_documents: str | None = None
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


_NO_DETAILS: Final = GuestDetails()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest(Replica[GuestDetails, GuestSnapshot]):
    id: UUID
    external_id: str

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
        guest = cls(
            id=guest_id,
            hotel_id=hotel_id,
            provider=provider,
            external_id=snapshot.external_id,
            details=_merged(_NO_DETAILS, snapshot, now),
            provenance=Provenance.of(snapshot.version, receipt),
            synced_at=now,
        )
        return guest.created_from(snapshot)

    def _merge_details(self, snapshot: GuestSnapshot, now: datetime, /) -> GuestDetails:
        return _merged(self.details, snapshot, now)


def _merged(held: GuestDetails, snapshot: GuestSnapshot, now: datetime) -> GuestDetails:
    deleted_at = (held.deleted_at_source or now) if snapshot.deleted else None
    return merge_fields(held, snapshot, deleted_at_source=deleted_at)
