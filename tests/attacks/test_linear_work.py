from functools import partial

import pytest

from tests.attacks.linear_work import readings, work
from tests.call_counts import count_calls

READINGS = readings()
SIZE = 300


@pytest.mark.parametrize("name", READINGS)
def test_twice_the_input_is_at_most_twice_the_work(name: str) -> None:
    reading, sized = READINGS[name]
    texts = sized(SIZE), sized(2 * SIZE)
    work(reading, texts[1])
    small, large = (count_calls(partial(work, reading, text)) for text in texts)
    assert large <= 2.2 * small + 100
