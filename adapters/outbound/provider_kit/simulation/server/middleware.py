"""Applied to every call before the vendor's own rules: the rate limit, faults of the response, and
faults of the neutral hotel."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import SimulatedRoomStay
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind, FaultPlan
from adapters.outbound.provider_kit.simulation.server.fault_responses import (
    ErrorRenderer,
    fault_reply,
)
from adapters.outbound.provider_kit.simulation.server.loopback_http import Reply
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SimulatorMiddleware:
    faults: FaultPlan
    limit: SimulatorRateLimit
    stopping: threading.Event

    def refusal(
        self,
        injected: Sequence[Fault],
        client: str,
        render_error: ErrorRenderer,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply | None:
        """The response instead of the vendor's; None where the call passes. `headers`: of an HTML
        page."""
        wait = self.limit.wait_seconds(client)
        return (
            render_error(429, str(wait))
            if wait
            else fault_reply(injected, render_error, self.stopping, headers)
        )

    def apply_faults_before_reply(
        self, activity: ActivityGenerator, injected: Sequence[Fault]
    ) -> None:
        """Turns the clock back, changes a booking without a time stamp, or caps lists."""
        caps = [fault.records for fault in injected if fault.kind is FaultKind.LIST_CAP]
        self.faults.list_cap = min(caps, default=None)
        for fault in injected:
            if fault.kind is FaultKind.CLOCK_BACK:
                activity.advance_clock(-int(fault.seconds))
            elif fault.kind is FaultKind.HIDDEN_UPDATE and (stays := list(activity.hotel.stays())):
                activity.commands.change_without_timestamp(stays[self.faults.pick(len(stays))])

    def cap_list(self, found: Sequence[T]) -> Sequence[T]:
        """For the call that is being answered: what a vendor with that limit lists."""
        cap = self.faults.list_cap
        return found if cap is None else found[:cap]

    def apply_faults_after_reply(
        self,
        activity: ActivityGenerator,
        injected: Sequence[Fault],
        sent_stay: SimulatedRoomStay | None = None,
    ) -> None:
        """Gives `sent_stay` and a random stay newer time stamps."""
        if not any(fault.kind is FaultKind.MOVING_ITEMS for fault in injected):
            return
        if sent_stay is not None:
            activity.commands.touch(sent_stay)
        if stays := list(activity.hotel.stays()):
            activity.commands.touch(stays[self.faults.pick(len(stays))])
