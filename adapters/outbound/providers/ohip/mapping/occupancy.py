"""Guests of a room by age class."""

from collections.abc import Iterator

from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.values import AgeClass, AgeCount

_TARGET = "rooms[0].occupancy"


def read_age_counts(r: Reader, *, adults: str, children: str) -> tuple[AgeCount, ...]:
    """Children by age (`childAges`), then the remaining number without an age."""
    return tuple(_iter_age_counts(r, adults, children))


def _iter_age_counts(r: Reader, adults: str, children: str) -> Iterator[AgeCount]:
    adult_count = r.optional_integer(adults, _TARGET, lenient=True)
    if adult_count:
        yield AgeCount(AgeClass.ADULT, adult_count)
    ages = [
        age
        for each in r.optional_objects("childAges") or ()
        if (age := each.optional_integer("age", _TARGET, lenient=True)) is not None
    ]
    for age in sorted(set(ages)):
        yield AgeCount(AgeClass.CHILD, ages.count(age), age=age)
    others = (r.optional_integer(children, _TARGET, lenient=True) or 0) - len(ages)
    if others > 0:
        yield AgeCount(AgeClass.CHILD, others)
