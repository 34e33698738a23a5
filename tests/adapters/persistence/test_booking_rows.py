"""The JSON document of a stored booking, between versions that run at the same time."""

import json
from typing import Any

from adapters.outbound.persistence.engine.column_values import json_text
from adapters.outbound.persistence.schema.booking_rows import booking_of, booking_row
from adapters.outbound.persistence.schema.tables import BOOKINGS
from domain.booking import Booking
from tests import builders

VALUES_READ_BY_0_2 = {"room": 10, "nightly price": 3}
"""Version 0.2 unpacks exactly these numbers of values."""


def stored(booking: Booking) -> dict[str, Any]:
    record = BOOKINGS.record(booking_row(booking))
    document: dict[str, Any] = json.loads(record.document)
    return document


def with_document(booking: Booking, document: dict[str, Any]) -> Booking:
    row = BOOKINGS.record(booking_row(booking))._replace(document=json_text(document))
    return booking_of(row, booking.hotel_id)


class TestRoomPrices:
    def test_do_not_change_the_values_that_the_version_before_reads(self) -> None:
        booking = builders.full_booking(builders.connection(builders.hotel()))
        for room in stored(booking)["rooms"]:
            assert len(room) == VALUES_READ_BY_0_2["room"]
            for price in room[-1]:
                assert len(price) == VALUES_READ_BY_0_2["nightly price"]

    def test_are_unknown_in_a_document_of_the_version_before(self) -> None:
        booking = builders.full_booking(builders.connection(builders.hotel()))
        document = stored(booking)
        del document["room_prices"]
        rooms = with_document(booking, document).details.rooms
        assert [room.total for room in rooms] == [None, None]
        assert {price.basis for room in rooms for price in room.nightly_prices} == {None}
        assert with_document(booking, stored(booking)) == booking
