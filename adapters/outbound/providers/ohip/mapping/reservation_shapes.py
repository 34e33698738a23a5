"""What both shapes of a reservation tell, read out of their different places."""

from dataclasses import dataclass, field

from domain.snapshots import Party
from domain.values import ABSENT, AgeCount, Field, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalAmounts:
    """All absent where the rate is suppressed: the vendor withholds it, it is not gone."""

    total: Field[Money | None] = ABSENT
    paid: Field[Money | None] = ABSENT
    balance: Field[Money | None] = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationFields:
    """`has_room`: whether anything is told of the room at all. `canceled_for`: the vendor keeps
    the reason of a former cancellation."""

    has_room: bool
    room_type_id: str | None
    room_id: str | None
    rate_plan_id: str | None
    units: int | None
    occupancy: tuple[AgeCount, ...]
    is_pseudo: bool
    primary: Field[Party | None]
    further: Field[tuple[Party, ...]]
    walked_in: bool | None
    special_requests: Field[str | None]
    notes: Field[str | None]
    cancellation_reason: str | None
    profiles: set[str] = field(default_factory=set)
    amounts: TotalAmounts = field(default_factory=TotalAmounts)
