"""Creates bookings with their guests, and seeds a hotel with past, present and future bookings."""

import random
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    RoomBlock,
    SimulatedBooking,
    SimulatedGuest,
    SimulatedRoom,
    SimulatedRoomStay,
    StayState,
    days_between,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import (
    DAYS_AHEAD,
    DAYS_PAST,
    SeededHotel,
)

_NIGHTS: Final = (1, 1, 2, 2, 2, 3, 3, 4, 5, 7, 10, 14)
_FIRST: Final = ("Ada", "Björn", "Chiara", "Dae", "Elif", "Femi", "Gita", "Hugo", "Ines", "Jūn")
_LAST: Final = ("Aalto", "Berg", "Costa", "Diallo", "Ito", "Kaya", "Novák", "O'Neil", "Weber")
_ORIGINS: Final = (("AT", "de"), ("FR", "fr"), ("GB", "en"), ("IT", "it"), ("JP", "ja"))
_CHANNELS: Final = ("direct", "direct", "ota", "ota", "ota", "agent", "corporate")
_MAX_ROOMS: Final = 4
_DAY: Final = 86_400 * TICKS
RELAY_DOMAIN: Final = "relay.ota.example"
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class BookingFactory:
    def __init__(self, hotel: SeededHotel, source: random.Random) -> None:
        self._hotel = hotel
        self._source = source
        self._open_group = ""

    def guest(self, created: int) -> SimulatedGuest:
        hotel, source = self._hotel, self._source
        if len(hotel.guests) > 20 and source.random() < 0.1:
            known = hotel.guests[f"G{source.randrange(len(hotel.guests)) + 1}"]
            if known.merged_into is None:
                return known
        number = len(hotel.guests) + 1
        first, last = source.choice(_FIRST), source.choice(_LAST)
        country, language = source.choice(_ORIGINS)
        guest = SimulatedGuest(
            id=f"G{number}",
            first_name=first if source.random() < 0.97 else None,
            last_name=last,
            email=self._email(number) if source.random() < 0.8 else None,
            phone=f"+43 1 555 {number:04}" if source.random() < 0.6 else None,
            country=country,
            language=language,
            created=created,
            updated=created,
            is_vip=source.random() < 0.03,
            notes=None if number % 31 else "Prefers a quiet room",
        )
        hotel.guests[guest.id] = guest
        return guest

    @staticmethod
    def _email(number: int) -> str:
        """Some are an OTA's relay addresses, which several guests share."""
        return f"guest{number}@example.com" if number % 11 else f"relay{number % 3}@{RELAY_DOMAIN}"

    def booking(
        self,
        arrival: date,
        created: int,
        *,
        channel: str | None = None,
        max_rooms: int = _MAX_ROOMS,
    ) -> SimulatedBooking:
        """Its stays are confirmed; those that find no free room are canceled at once."""
        source, hotel = self._source, self._hotel
        channel = channel or source.choice(_CHANNELS)
        booking = SimulatedBooking(
            id=self._code(len(hotel.bookings)),
            channel=channel,
            booker_id=self.guest(created).id,
            created=created,
            updated=created,
            group_id=self._group(),
            company_id=self._company(channel),
            external_code=f"X{source.randrange(10**9):09}" if channel == "ota" else None,
            comment="Late arrival" if source.random() < 0.1 else None,
            guest_comment="A quiet room, please" if source.random() < 0.1 else None,
        )
        rooms = 1 if source.random() < 0.88 else source.randrange(2, _MAX_ROOMS + 1)
        for line in range(1, min(rooms, max_rooms) + 1):
            booking.stays.append(self._stay(booking, line, arrival))
        hotel.bookings[booking.id] = booking
        return booking

    def price(self, room_type_id: str, rate_plan_id: str, night: date) -> int:
        """With random cents, so that sums are not round."""
        base = self._hotel.room_types[room_type_id].price
        percent = self._hotel.rate_plans[rate_plan_id].percent
        weekend = 120 if night.weekday() in {4, 5} else 100
        cents = self._source.randrange(self._hotel.minor)
        return base * percent * weekend // 10_000 + cents

    def reprice(self, stay: SimulatedRoomStay) -> None:
        stay.night_prices = [
            self.price(stay.room_type_id, stay.rate_plan_id, night) for night in stay.nights
        ]

    def nights(self) -> int:
        return 0 if self._source.random() < 0.02 else self._source.choice(_NIGHTS)

    def _stay(self, booking: SimulatedBooking, line: int, arrival: date) -> SimulatedRoomStay:
        """Further rooms may arrive a day later or have another departure."""
        source, hotel = self._source, self._hotel
        kind = hotel.room_types[source.choice(list(hotel.room_types))]
        adults = 1 + source.randrange(kind.sleeps)
        begin = arrival + timedelta(days=int(line > 1 and source.random() < 0.3))
        person = booking.booker_id if line == 1 and source.random() < 0.7 else None
        is_accompanied = adults > 1 and source.random() < 0.4
        stay = SimulatedRoomStay(
            booking_id=booking.id,
            line=line,
            room_type_id=kind.id,
            rate_plan_id=source.choice(list(hotel.rate_plans)),
            arrival=begin,
            departure=begin + timedelta(days=self.nights()),
            state=StayState.CONFIRMED,
            adults=adults,
            child_ages=self._children(kind.sleeps - adults),
            guest_id=person or self.guest(booking.created).id,
            companion_ids=(self.guest(booking.created).id,) if is_accompanied else (),
            night_prices=[],
            created=booking.created,
            updated=booking.created,
        )
        self.reprice(stay)
        if not hotel.assign_free_room(stay):
            stay.state, stay.canceled = StayState.CANCELED, booking.created
        return stay

    def _children(self, beds: int) -> tuple[int, ...]:
        if beds == 0 or self._source.random() > 0.4:
            return ()
        return tuple(self._source.randrange(15) for _ in range(1 + self._source.randrange(beds)))

    def _group(self) -> str | None:
        """Consecutive bookings may share a group."""
        if self._open_group and self._source.random() < 0.6:
            return self._open_group
        starts = self._source.random() < 0.02
        self._open_group = f"GRP{len(self._hotel.bookings)}" if starts else ""
        return self._open_group or None

    def _company(self, channel: str) -> str | None:
        if channel != "corporate":
            return None
        return self._source.choice(list(self._hotel.companies))

    def _code(self, number: int) -> str:
        """Eight capital letters, unique."""
        mixed = number * 1_000_003 + self._hotel.seed * 7_919
        letters = []
        for _ in range(8):
            mixed, place = divmod(mixed, len(_LETTERS))
            letters.append(_LETTERS[place])
        return "".join(letters)


class HotelSeeder:
    """Gives each booking a state that fits its dates."""

    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel
        self._source = random.Random(f"seeding:{hotel.seed}")
        self._factory = BookingFactory(hotel, self._source)
        self._imported = hotel.now - 40 * _DAY

    def fill(self, bookings: int) -> None:
        today = self._hotel.today
        for _ in range(bookings):
            arrival = today + timedelta(days=self._source.randrange(-DAYS_PAST, DAYS_AHEAD))
            booking = self._factory.booking(arrival, self._created(arrival))
            for stay in booking.stays:
                self._set_state(stay, today)
            booking.updated = max(stay.updated for stay in booking.stays)
            self._hotel.revision += 1
        self._block_rooms(today)

    def _block_rooms(self, today: date) -> None:
        """About twelve rooms, on their first free nights."""
        rooms = list(self._hotel.rooms.values())
        for position, room in enumerate(rooms[:: max(1, len(rooms) // 12)]):
            nights = 1 + position % 3
            starts = (today + timedelta(days=offset) for offset in range(position - 20, 90))
            for first in starts:
                end = first + timedelta(days=nights)
                if self._block(room, first, end, is_internal_use=position % 3 == 0):
                    break

    def _block(self, room: SimulatedRoom, first: date, end: date, *, is_internal_use: bool) -> bool:
        ordinals = {night.toordinal() for night in days_between(first, end)}
        if not room.taken.isdisjoint(ordinals):
            return False
        room.taken |= ordinals
        created = min(self._hotel.instant(first), self._hotel.now) - 5 * _DAY
        block = RoomBlock(
            id=f"B{len(self._hotel.blocks) + 1}",
            room_id=room.id,
            is_internal_use=is_internal_use,
            first_night=first,
            end_day=end,
            created=created,
            updated=created,
        )
        self._hotel.blocks[block.id] = block
        return True

    def _created(self, arrival: date) -> int:
        """About 3 % have one common instant, as after an import from another system."""
        if self._source.random() < 0.03:
            return self._imported
        lead = int(self._source.random() ** 2 * 150) * _DAY
        latest = min(self._hotel.instant(arrival, 14 * 60), self._hotel.now)
        return latest - lead - self._source.randrange(600 * TICKS, 40_000 * TICKS)

    def _set_state(self, stay: SimulatedRoomStay, today: date) -> None:
        roll = self._source.random()
        if stay.state is StayState.CANCELED:
            return
        if roll < 0.12:
            self._cancel(stay)
        elif stay.arrival >= today:
            stay.state = StayState.OPTION if roll < 0.17 else StayState.CONFIRMED
            stay.is_assigned = roll > 0.6
        elif roll < 0.15:
            self._no_show(stay)
        else:
            self._occupy(stay, today)

    def _cancel(self, stay: SimulatedRoomStay) -> None:
        self._hotel.release_room(stay)
        latest = min(self._hotel.instant(stay.arrival, 14 * 60), self._hotel.now - 1)
        stay.canceled = stay.updated = self._source.randint(stay.created, max(stay.created, latest))
        stay.state = StayState.CANCELED

    def _no_show(self, stay: SimulatedRoomStay) -> None:
        self._hotel.release_room(stay)
        audit = self._hotel.instant(stay.arrival + timedelta(days=1), 3 * 60)
        stay.no_show = stay.updated = max(stay.created, min(audit, self._hotel.now - 1))
        stay.state = StayState.NO_SHOW

    def _occupy(self, stay: SimulatedRoomStay, today: date) -> None:
        stay.is_assigned = True
        arrived = self._hotel.instant(stay.arrival, 14 * 60 + self._source.randrange(300))
        stay.arrived = stay.updated = max(stay.created, arrived)
        stay.state = StayState.CHECKED_IN
        if stay.departure < today:
            left = self._hotel.instant(stay.departure, 7 * 60 + self._source.randrange(240))
            stay.left = stay.updated = max(stay.arrived + TICKS, left)
            stay.state = StayState.CHECKED_OUT
            stay.settle(left)
