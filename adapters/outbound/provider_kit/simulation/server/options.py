"""Options of every simulator."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypedDict

from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, parse_fault
from adapters.outbound.provider_kit.simulation.server.journal import Journal
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from adapters.outbound.provider_kit.simulation.server.webhook_sender import WebhookFaults
from ports.renamed import accepts_old_fields


@accepts_old_fields(
    webhook_habits="webhook_fault_settings",
    auto_live_seconds="auto_activity_seconds",
    auto_live_events="auto_activity_events",
)
@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """`days`: of activity before the first request. `auto_activity_seconds`: between automatic
    events; 0: none.

    `start_date`: the hotel's first day; None: the simulator's default. `journal`: a file that
    records the activity, so that the next simulator with the same options and file resumes.
    `faults`: texts as `parse_fault` reads them. `requests_per_window` None: no rate limit.
    `webhook_auth`: "user:password" for webhooks with basic auth. `dialect`: for vendors with
    several message formats; None: the simulator's default.
    """

    bookings: int = 2_000
    seed: int = 1
    days: int = 0
    currency: str = "EUR"
    time_zone: str = "Europe/Berlin"
    port: int = 0
    faults: tuple[str, ...] = ()
    requests_per_window: int | None = None
    window_seconds: float = 30.0
    webhook_url: str | None = None
    webhook_auth: str | None = field(default=None, repr=False)
    webhook_fault_settings: WebhookFaults = field(default_factory=WebhookFaults)
    auto_activity_seconds: float = 0.0
    auto_activity_events: int = 3
    start_date: date | None = None
    journal: Path | None = None
    dialect: str | None = None


class RunConditions(TypedDict, total=False):
    """How any simulator runs. Defaults: no `limit`, no `journal`."""

    port: int
    faults: Iterable[Fault]
    limit: SimulatorRateLimit
    journal: Journal


def run_conditions_from(options: SimulatorOptions) -> RunConditions:
    return RunConditions(
        port=options.port,
        faults=[parse_fault(text) for text in options.faults],
        limit=SimulatorRateLimit(options.requests_per_window, options.window_seconds),
        journal=Journal(options.journal),
    )
