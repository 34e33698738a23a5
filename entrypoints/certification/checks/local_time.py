"""Time zones and nights with a clock change: stay dates do not move."""

from dataclasses import replace
from datetime import date

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from entrypoints.certification.check import pull_check, pull_check_for_each
from entrypoints.certification.check_context import SOME, CheckContext


@pull_check_for_each(
    "time",
    ("auckland_spring", "Auckland, night with a skipped hour", ("Pacific/Auckland", "2026-09-26")),
    ("auckland_autumn", "Auckland, night with a repeated hour", ("Pacific/Auckland", "2026-04-04")),
    ("sao_paulo_midnight", "São Paulo 2018, skipped midnight", ("America/Sao_Paulo", "2018-11-03")),
    ("beirut_midnight", "Beirut, skipped midnight", ("Asia/Beirut", "2026-03-28")),
    ("havana_midnight", "Havana, repeated midnight", ("America/Havana", "2026-10-31")),
    ("berlin_autumn", "Berlin, night with a repeated hour", ("Europe/Berlin", "2026-10-24")),
    ("new_york_spring", "New York, night with a skipped hour", ("America/New_York", "2026-03-07")),
    ("kolkata", "Kolkata, UTC+05:30", ("Asia/Kolkata", "2026-06-01")),
    ("kiritimati", "Kiritimati, UTC+14", ("Pacific/Kiritimati", "2026-06-01")),
    ("honolulu", "Honolulu, UTC-10", ("Pacific/Honolulu", "2026-06-01")),
)
def stay_dates(ctx: CheckContext, case: tuple[str, str]) -> None:
    """The time zone and the first day; the clock change, if any, is in the night after it."""
    time_zone, first_day = case
    start_date = date.fromisoformat(first_day)
    adapter = ctx.adapter(replace(SOME, time_zone=time_zone, start_date=start_date))
    adapter.perform(ScenarioAction.BOOK, ScenarioAction.AMEND, ScenarioAction.CHECK_IN)
    ctx.expect_no_difference(adapter.pull_diff())
    adapter.simulator.advance(days=2)
    ctx.expect_no_difference(adapter.pull_diff(), "two days later")


@pull_check("time.two_zones", "The provider's time zone takes precedence over the stored hotel's")
def two_zones(ctx: CheckContext) -> None:
    adapter = ctx.adapter(replace(SOME, time_zone="Pacific/Auckland"))
    with adapter.client() as client:
        reports_zone = client.check().time_zone is not None
    ctx.require_or_skip(reports_zone, "this vendor reports no time zone")
    adapter.options = replace(adapter.options, time_zone="America/New_York")
    ctx.expect_no_difference(adapter.pull_diff())
