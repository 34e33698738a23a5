"""Python's cycle collector, set for processes that hold large pages of plain data."""

import gc
from typing import Final

NEW_OBJECTS: Final = 200_000
"""A page of 1,000 Mews bookings is about 100,000 lists and objects, none of them in a cycle: with
Python's 700 a third of the time of reading one goes into looking for cycles."""


def collect_seldom() -> None:
    """To be called once in each long-running process, after its fork and when its modules are
    loaded: what is there by then is never looked at again."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
