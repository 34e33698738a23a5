"""The fields that both shapes of a reservation have, in different places."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapters.outbound.provider_kit.parsing.field_values import (
    as_age,
    as_person_count,
    integer_between,
)
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.snapshots import Party
from domain.values import ABSENT, AgeClass, AgeCount, Field, Money

as_units: Final = integer_between(0, 999)
"""0: the reservation shares another one's room."""

_OCCUPANCY: Final = "rooms[0].occupancy"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalAmounts:
    """All absent if the rate is suppressed: OPERA withholds it, it has not been removed."""

    total: Field[Money | None] = ABSENT
    paid: Field[Money | None] = ABSENT
    balance: Field[Money | None] = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationFields:
    """`has_room`: the payload has fields of the room. `cancellation_reason` may be of a former
    cancellation."""

    has_room: bool
    room_type_id: str | None
    room_id: str | None
    rate_plan_id: str | None
    units: int | None
    occupancy: tuple[AgeCount, ...]
    pseudo_flag: Reader | None
    primary: Field[Party | None]
    further: Field[tuple[Party, ...]]
    walked_in: bool | None
    special_requests: Field[str | None]
    notes: Field[str | None]
    cancellation_reason: str | None
    profiles: set[str] = field(default_factory=set)
    amounts: TotalAmounts = field(default_factory=TotalAmounts)

    def is_pseudo(self) -> bool:
        """Not a room of the hotel, e.g. a posting master. Read only where it decides."""
        flag = self.pseudo_flag
        is_pseudo = flag and flag.optional_boolean("pseudoRoom", "holds_inventory", lenient=True)
        return bool(is_pseudo)


def read_cancellation_reason(cancellation: Reader | None) -> str | None:
    if cancellation is None:
        return None
    description = cancellation.optional_text("description", "cancel_reason")
    return description or cancellation.optional_text("code", "cancel_reason")


def read_age_counts(r: Reader, *, adults: str, children: str) -> tuple[AgeCount, ...]:
    """Children by age (`childAges`), then the remaining number without an age."""
    return tuple(_iter_age_counts(r, adults, children))


def _iter_age_counts(r: Reader, adults: str, children: str) -> Iterator[AgeCount]:
    adult_count = r.optional(adults, as_person_count, _OCCUPANCY)
    if adult_count:
        yield AgeCount(AgeClass.ADULT, adult_count)
    ages = [
        age
        for each in r.optional_objects("childAges") or ()
        if (age := each.optional("age", as_age, _OCCUPANCY)) is not None
    ]
    for age in sorted(set(ages)):
        yield AgeCount(AgeClass.CHILD, ages.count(age), age=age)
    others = (r.optional(children, as_person_count, _OCCUPANCY) or 0) - len(ages)
    if others > 0:
        yield AgeCount(AgeClass.CHILD, others)
