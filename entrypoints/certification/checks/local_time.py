"""Time zones and nights with a clock change: stay dates do not move."""

from datetime import date
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from entrypoints.certification.check import Check, pull_check
from entrypoints.certification.check_context import SOME, CheckContext


def _zone_check(check_id: str, title: str, time_zone: str, start_date: date) -> Check:
    """The clock change, if any, is in the night that follows `start_date`."""

    @pull_check(f"time.{check_id}", title)
    def run(ctx: CheckContext) -> None:
        adapter = ctx.adapter(
            SimulatorOptions(bookings=SOME, time_zone=time_zone, start_date=start_date)
        )
        adapter.perform(ScenarioAction.BOOK, ScenarioAction.AMEND, ScenarioAction.CHECK_IN)
        ctx.expect_no_difference(adapter.pull_diff())
        adapter.simulator.advance(days=2)
        ctx.expect_no_difference(adapter.pull_diff(), "two days later")

    return run


ZONES: Final = tuple(
    _zone_check(*row)
    for row in (
        (
            "auckland_spring",
            "Auckland, night with a skipped hour",
            "Pacific/Auckland",
            date(2026, 9, 26),
        ),
        (
            "auckland_autumn",
            "Auckland, night with a repeated hour",
            "Pacific/Auckland",
            date(2026, 4, 4),
        ),
        (
            "sao_paulo_midnight",
            "São Paulo 2018, skipped midnight",
            "America/Sao_Paulo",
            date(2018, 11, 3),
        ),
        ("beirut_midnight", "Beirut, skipped midnight", "Asia/Beirut", date(2026, 3, 28)),
        ("havana_midnight", "Havana, repeated midnight", "America/Havana", date(2026, 10, 31)),
        (
            "berlin_autumn",
            "Berlin, night with a repeated hour",
            "Europe/Berlin",
            date(2026, 10, 24),
        ),
        (
            "new_york_spring",
            "New York, night with a skipped hour",
            "America/New_York",
            date(2026, 3, 7),
        ),
        ("kolkata", "Kolkata, UTC+05:30", "Asia/Kolkata", date(2026, 6, 1)),
        ("kiritimati", "Kiritimati, UTC+14", "Pacific/Kiritimati", date(2026, 6, 1)),
        ("honolulu", "Honolulu, UTC-10", "Pacific/Honolulu", date(2026, 6, 1)),
    )
)


@pull_check("time.two_zones", "The provider's time zone takes precedence over the stored hotel's")
def two_zones(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME, time_zone="Pacific/Auckland"))
    with adapter.client() as client:
        reports_zone = client.check().time_zone is not None
    ctx.require_or_skip(reports_zone, "this vendor reports no time zone")
    adapter.override_hotel(time_zone="America/New_York")
    ctx.expect_no_difference(adapter.pull_diff())
