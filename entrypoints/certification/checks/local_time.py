"""Time zones and the nights in which their clocks change: stay dates stay where they are."""

from datetime import date
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from entrypoints.certification.check import Check, Requirement, check
from entrypoints.certification.check_context import SOME, CheckContext


def _zone(name: str, title: str, time_zone: str, eve: date) -> Check:
    """`eve`: the day before the night that is special there."""

    @check(f"time.{name}", title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        adapter = ctx.adapter(SimulatorOptions(bookings=SOME, time_zone=time_zone, start_date=eve))
        for act in (ScenarioAction.BOOK, ScenarioAction.AMEND, ScenarioAction.CHECK_IN):
            adapter.simulator.act(act)
        diff = adapter.diff(adapter.pull().bookings)
        ctx.expect(not diff, diff)
        adapter.simulator.advance(days=2)
        diff = adapter.diff(adapter.pull().bookings)
        ctx.expect(not diff, f"after the night: {diff}")

    return run_check


ZONES: Final = (
    _zone(
        "auckland_spring",
        "Auckland, the hour that is left out",
        "Pacific/Auckland",
        date(2026, 9, 26),
    ),
    _zone(
        "auckland_autumn",
        "Auckland, the hour that comes twice",
        "Pacific/Auckland",
        date(2026, 4, 4),
    ),
    _zone(
        "sao_paulo_midnight",
        "São Paulo 2018, a midnight that is left out",
        "America/Sao_Paulo",
        date(2018, 11, 3),
    ),
    _zone(
        "beirut_midnight", "Beirut, a midnight that is left out", "Asia/Beirut", date(2026, 3, 28)
    ),
    _zone(
        "havana_midnight",
        "Havana, a midnight that comes twice",
        "America/Havana",
        date(2026, 10, 31),
    ),
    _zone(
        "berlin_autumn", "Berlin, the hour that comes twice", "Europe/Berlin", date(2026, 10, 24)
    ),
    _zone(
        "new_york_spring",
        "New York, the hour that is left out",
        "America/New_York",
        date(2026, 3, 7),
    ),
    _zone("kolkata", "Kolkata, half an hour beside the others", "Asia/Kolkata", date(2026, 6, 1)),
    _zone("kiritimati", "Kiritimati, fourteen hours ahead", "Pacific/Kiritimati", date(2026, 6, 1)),
    _zone("honolulu", "Honolulu, ten hours behind", "Pacific/Honolulu", date(2026, 6, 1)),
)


@check(
    "time.two_zones",
    "The provider's own zone goes before the one that we believe",
    Requirement.PULLS,
)
def two_zones(ctx: CheckContext) -> None:
    """Where it tells one; where it tells none, the hotel's is all there is."""
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME, time_zone="Pacific/Auckland"))
    with adapter.client() as client:
        reports_zone = client.check().time_zone is not None
    ctx.require_or_skip(reports_zone, "this vendor tells no time zone")
    adapter.override_hotel(time_zone="America/New_York")
    diff = adapter.diff(adapter.pull().bookings)
    ctx.expect(not diff, diff)
