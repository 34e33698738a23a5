import time
from collections import Counter
from datetime import timedelta

import pytest

from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife, seeded_life
from adapters.outbound.provider_kit.simulation.hotel_records import Happened, StayState
from adapters.outbound.provider_kit.simulation.seeded_hotel import SeededHotel


def picture(hotel: SeededHotel) -> list[object]:
    stays = [
        {name: getattr(stay, name) for name in stay.__slots__}
        for booking in hotel.truth()
        for stay in booking.stays
    ]
    guests = [{name: getattr(g, name) for name in g.__slots__} for g in hotel.guests.values()]
    return [stays, guests, hotel.now]


def lived(seed: int = 3, bookings: int = 200) -> HotelLife:
    life = seeded_life(seed=seed, bookings=bookings)
    for _ in range(5):
        life.live_one_day()
        life.live(20)
    return life


class TestSeededHotel:
    def test_is_the_same_for_the_same_seed_and_calls(self) -> None:
        assert picture(lived().hotel) == picture(lived().hotel) != picture(lived(seed=4).hotel)

    def test_seeds_two_thousand_bookings_in_under_two_seconds(self) -> None:
        begin = time.process_time()
        life = seeded_life(bookings=2_000)
        assert time.process_time() - begin < 2
        assert len(life.hotel.truth()) == 2_000

    def test_has_every_state_and_bookings_of_several_rooms(self) -> None:
        hotel = seeded_life(bookings=400).hotel
        assert all(hotel.states().values()), hotel.states()
        sizes = Counter(len(booking.stays) for booking in hotel.truth())
        assert {1, 2, 3, 4} <= sizes.keys()
        assert any(booking.group_id for booking in hotel.truth())
        assert any(booking.company_id for booking in hotel.truth())
        assert any(stay.companion_ids for stay in hotel.stays())
        assert any(stay.arrival == stay.departure for stay in hotel.stays())

    def test_never_lets_a_room_twice(self) -> None:
        nights: Counter[tuple[str, object]] = Counter()
        for stay in lived().hotel.stays():
            if stay.holds_inventory and stay.room_id is not None:
                nights.update((stay.room_id, night) for night in stay.nights)
        assert nights
        assert max(nights.values()) == 1

    def test_sells_no_more_rooms_than_it_has(self) -> None:
        hotel = lived().hotel
        sold = hotel.sold(hotel.today, hotel.today + timedelta(days=60))
        assert sold
        assert all(count <= len(hotel.rooms_of(kind)) for (kind, _), count in sold.items())

    @pytest.mark.parametrize("zone", ["America/Santiago", "Pacific/Auckland", "Asia/Beirut"])
    def test_lives_in_any_zone(self, zone: str) -> None:
        life = seeded_life(bookings=50, time_zone=zone)
        today = life.hotel.today
        life.live_one_day()
        assert life.hotel.today == today + timedelta(days=1)


class TestHotelLife:
    def test_stamps_each_change_later_than_the_one_before(self) -> None:
        life = seeded_life(bookings=200)
        stamps = [event.at for event in [*life.live(200), *life.live_one_day()]]
        assert stamps == sorted(set(stamps))

    def test_tells_all_kinds_of_happenings_corrections_and_deletions_too(self) -> None:
        life = seeded_life(bookings=300)
        told: set[Happened] = set()
        for _ in range(25):
            told |= {event.what for event in life.live(30)}
            told |= {event.what for event in life.live_one_day()}
        assert told == set(Happened)

    def test_deletes_at_the_source(self) -> None:
        life = seeded_life(bookings=50)
        stay = next(s for s in life.hotel.stays() if s.state is StayState.CONFIRMED)
        life.desk.delete(stay)
        assert stay not in list(life.hotel.stays())
        assert not stay.holds_inventory
