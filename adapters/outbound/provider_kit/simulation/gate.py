"""What every call meets before the vendor's own rules: the limit, then the faults; and what the
faults of the world do to the neutral hotel."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from .fault_answers import Refuse, refused
from .fault_plan import Fault, FaultKind, FaultPlan
from .hotel_life import HotelLife
from .hotel_records import RoomStay
from .loopback_http import Reply
from .request_window import SlidingWindow


@dataclass(frozen=True, slots=True)
class Gate:
    faults: FaultPlan
    limit: SlidingWindow
    stopping: threading.Event

    def refusal(self, struck: Sequence[Fault], client: str, refuse: Refuse) -> Reply | None:
        """The answer instead of the vendor's; None where the call is let through."""
        wait = self.limit.wait_seconds(client)
        return refuse(429, str(wait)) if wait else refused(struck, refuse, self.stopping, {})

    def disturb(self, life: HotelLife, struck: Sequence[Fault]) -> None:
        """Before the answer is made."""
        for fault in struck:
            if fault.kind is FaultKind.CLOCK_BACK:
                life.wait(-int(fault.seconds))
            elif fault.kind is FaultKind.HIDDEN_UPDATE and (stays := list(life.hotel.stays())):
                life.desk.change_silently(stays[self.faults.pick(len(stays))])

    def move(self, life: HotelLife, struck: Sequence[Fault], told: RoomStay | None = None) -> None:
        """After it was told, `told` and one of any page get newer."""
        if not any(fault.kind is FaultKind.MOVING_ITEMS for fault in struck):
            return
        if told is not None:
            life.desk.touch(told)
        if stays := list(life.hotel.stays()):
            life.desk.touch(stays[self.faults.pick(len(stays))])
