"""Providers' error responses in their own words, sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import VENDOR_ERROR_TEXTS
from domain.messages import VendorErrorText
from domain.values import ConnectionId, HotelId
from ports.system import Sealer


@dataclass(frozen=True, slots=True)
class StoredVendorErrorTexts:
    session: Session
    sealer: Sealer

    def keep(self, texts: Sequence[VendorErrorText]) -> None:
        if texts:
            rows = sorted((self._row(each) for each in texts), key=VENDOR_ERROR_TEXTS.sort_key)
            self.session.run_many(VENDOR_ERROR_TEXTS.upsert, rows)

    def get(self, hotel_id: HotelId, subject_id: UUID) -> VendorErrorText | None:
        found = self.session.rows(
            f"SELECT {VENDOR_ERROR_TEXTS.column_list} FROM vendor_error_texts "  # noqa: S608
            "WHERE hotel_id = %s AND subject_id = %s",
            (hotel_id.hex, subject_id.hex),
        )
        return self._text(found[0]) if found else None

    def delete_of_hotel(self, hotel_id: HotelId) -> None:
        self.session.run("DELETE FROM vendor_error_texts WHERE hotel_id = %s", (hotel_id.hex,))

    def purge(self, *, received_before: datetime, limit: int) -> int:
        return self.session.run(
            "DELETE FROM vendor_error_texts WHERE (hotel_id, subject_id) IN "
            "(SELECT hotel_id, subject_id FROM vendor_error_texts WHERE received_at < %s "
            "ORDER BY received_at LIMIT %s)",
            (micros_from_instant(received_before), limit),
        )

    def _row(self, text: VendorErrorText) -> Row:
        """In the order of the table's columns."""
        context = seal_context(text.hotel_id, text.connection_id, text.subject_id)
        return (
            text.hotel_id.hex,
            text.subject_id.hex,
            text.connection_id.hex,
            micros_from_instant(text.received_at),
            self.sealer.seal(text.text.encode(), bound_to=context),
        )

    def _text(self, row: Row) -> VendorErrorText:
        record = VENDOR_ERROR_TEXTS.record(row)
        hotel_id, connection_id = UUID(record.hotel_id), UUID(record.connection_id)
        subject_id = UUID(record.subject_id)
        context = seal_context(hotel_id, connection_id, subject_id)
        return VendorErrorText(
            hotel_id=hotel_id,
            connection_id=connection_id,
            subject_id=subject_id,
            received_at=instant_from_micros(record.received_at),
            text=self.sealer.open(record.sealed_text, bound_to=context).decode(),
        )


def seal_context(hotel_id: HotelId, connection_id: ConnectionId, subject_id: UUID) -> str:
    return f"vendor-error/{hotel_id}/{connection_id}/{subject_id}"
