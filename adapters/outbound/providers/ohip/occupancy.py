"""Guests of a room by age class."""

from collections.abc import Iterator

from adapters.outbound.provider_kit.reader import Reader
from domain.values import AgeClass, AgeCount

_HOME = "rooms[0].occupancy"


def counts_of(r: Reader, *, adults: str, children: str) -> tuple[AgeCount, ...]:
    """`childAges` where they are told; children without an age are told as a number."""
    return tuple(_counts(r, adults, children))


def _counts(r: Reader, adults: str, children: str) -> Iterator[AgeCount]:
    grown = r.optional_integer(adults, _HOME, lenient=True)
    if grown:
        yield AgeCount(AgeClass.ADULT, grown)
    ages = [
        age
        for each in r.optional_objects("childAges") or ()
        if (age := each.optional_integer("age", _HOME, lenient=True)) is not None
    ]
    for age in sorted(set(ages)):
        yield AgeCount(AgeClass.CHILD, ages.count(age), age=age)
    others = (r.optional_integer(children, _HOME, lenient=True) or 0) - len(ages)
    if others > 0:
        yield AgeCount(AgeClass.CHILD, others)
