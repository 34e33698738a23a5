import pytest

from tests.attacks.linear_work import readings, work
from tests.call_counts import count_calls

READINGS = readings()
SIZE = 300


@pytest.mark.parametrize("name", READINGS)
def test_twice_the_input_is_at_most_twice_the_work(name: str) -> None:
    reading, sized = READINGS[name]
    work(reading, sized(2 * SIZE))
    small, large = (count_calls(lambda n=n: work(reading, sized(n))) for n in (SIZE, 2 * SIZE))
    built = [count_calls(lambda n=n: sized(n)) for n in (SIZE, 2 * SIZE)]
    assert large - built[1] <= 2.2 * (small - built[0]) + 100
