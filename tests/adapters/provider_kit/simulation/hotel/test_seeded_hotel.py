from collections import Counter
from datetime import timedelta

import pytest

from adapters.outbound.provider_kit.simulation.hotel.activity import (
    ActivityGenerator,
    create_activity_generator,
)
from adapters.outbound.provider_kit.simulation.hotel.records import HotelEventType, StayState
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from tests.call_counts import count_calls


def picture(hotel: SeededHotel) -> list[object]:
    stays = [
        {name: getattr(stay, name) for name in stay.__slots__}
        for booking in hotel.expected_bookings()
        for stay in booking.stays
    ]
    guests = [{name: getattr(g, name) for name in g.__slots__} for g in hotel.guests.values()]
    return [stays, guests, hotel.now]


def aged(seed: int = 3, bookings: int = 200) -> ActivityGenerator:
    activity = create_activity_generator(seed=seed, bookings=bookings)
    for _ in range(5):
        activity.generate_day()
        activity.generate_events(20)
    return activity


def calls_of_seeding(bookings: int) -> int:
    def seed() -> None:
        hotel = create_activity_generator(bookings=bookings).hotel
        assert len(hotel.expected_bookings()) == bookings

    return count_calls(seed)


class TestSeededHotel:
    def test_is_the_same_for_the_same_seed_and_calls(self) -> None:
        assert picture(aged().hotel) == picture(aged().hotel) != picture(aged(seed=4).hotel)

    def test_is_seeded_with_calls_proportional_to_its_bookings(self) -> None:
        calls = {count: calls_of_seeding(count) for count in (1_000, 2_000)}
        assert calls[2_000] < 2.5 * calls[1_000]

    def test_has_every_state_and_bookings_of_several_rooms(self) -> None:
        hotel = create_activity_generator(bookings=400).hotel
        assert all(hotel.states().values()), hotel.states()
        sizes = Counter(len(booking.stays) for booking in hotel.expected_bookings())
        assert {1, 2, 3, 4} <= sizes.keys()
        assert any(booking.group_id for booking in hotel.expected_bookings())
        assert any(booking.company_id for booking in hotel.expected_bookings())
        assert any(stay.companion_ids for stay in hotel.stays())
        assert any(stay.arrival == stay.departure for stay in hotel.stays())

    def test_never_double_books_a_room(self) -> None:
        nights: Counter[tuple[str, object]] = Counter()
        for stay in aged().hotel.stays():
            if stay.holds_inventory and stay.room_id is not None:
                nights.update((stay.room_id, night) for night in stay.nights)
        assert nights
        assert max(nights.values()) == 1

    def test_sells_no_more_rooms_than_it_has(self) -> None:
        hotel = aged().hotel
        sold = hotel.sold(hotel.today, hotel.today + timedelta(days=60))
        assert sold
        assert all(count <= len(hotel.rooms_of(kind)) for (kind, _), count in sold.items())

    @pytest.mark.parametrize("zone", ["America/Santiago", "Pacific/Auckland", "Asia/Beirut"])
    def test_generates_a_day_in_any_time_zone(self, zone: str) -> None:
        activity = create_activity_generator(bookings=50, time_zone=zone)
        today = activity.hotel.today
        activity.generate_day()
        assert activity.hotel.today == today + timedelta(days=1)


class TestActivityGenerator:
    def test_stamps_each_change_later_than_the_last(self) -> None:
        activity = create_activity_generator(bookings=200)
        stamps = [event.at for event in [*activity.generate_events(200), *activity.generate_day()]]
        assert stamps == sorted(set(stamps))

    def test_generates_every_event_type(self) -> None:
        activity = create_activity_generator(bookings=300)
        generated: set[HotelEventType] = set()
        for _ in range(25):
            generated |= {event.type for event in activity.generate_events(30)}
            generated |= {event.type for event in activity.generate_day()}
        assert generated == set(HotelEventType)

    def test_hides_a_deleted_stay(self) -> None:
        activity = create_activity_generator(bookings=50)
        stay = next(s for s in activity.hotel.stays() if s.state is StayState.CONFIRMED)
        activity.commands.delete(stay)
        assert stay not in list(activity.hotel.stays())
        assert not stay.holds_inventory
