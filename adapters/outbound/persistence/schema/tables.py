"""Tables with bulk writes."""

from typing import Final

from adapters.outbound.persistence.engine.tables import Table
from adapters.outbound.persistence.schema import models

BOOKINGS: Final = Table.of(models.BookingRow)
STATUS_HISTORY: Final = Table.of(models.StatusHistoryRow)
GUESTS: Final = Table.of(models.GuestRow)
AVAILABILITY: Final = Table.of(models.AvailabilityRow)
ROOM_TYPES: Final = Table.of(models.RoomTypeRow)
ROOMS: Final = Table.of(models.RoomRow)
RATE_PLANS: Final = Table.of(models.RatePlanRow)
INBOX: Final = Table.of(models.InboxRow)
OUTBOX: Final = Table.of(models.OutboxRow)
