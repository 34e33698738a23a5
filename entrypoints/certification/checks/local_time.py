"""Time zones and the nights in which their clocks change: stay dates stay where they are."""

from datetime import date
from typing import Final

from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act
from entrypoints.certification.check import Check, Need, check
from entrypoints.certification.scene import SOME, Scene


def _zone(name: str, title: str, time_zone: str, eve: date) -> Check:
    """`eve`: the day before the night that is special there."""

    @check(f"time.{name}", title, Need.PULLS)
    def look(scene: Scene) -> None:
        visit = scene.visit(SimulatorOptions(bookings=SOME, time_zone=time_zone, start_date=eve))
        for act in (Act.BOOK, Act.AMEND, Act.CHECK_IN):
            visit.simulator.act(act)
        unlike = visit.unlike(visit.pull().bookings)
        scene.expect(not unlike, unlike)
        visit.simulator.advance(days=2)
        unlike = visit.unlike(visit.pull().bookings)
        scene.expect(not unlike, f"after the night: {unlike}")

    return look


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


@check("time.two_zones", "The provider's own zone goes before the one that we believe", Need.PULLS)
def two_zones(scene: Scene) -> None:
    """Where it tells one; where it tells none, the hotel's is all there is."""
    visit = scene.visit(SimulatorOptions(bookings=SOME, time_zone="Pacific/Auckland"))
    with visit.client() as client:
        tells = client.check().time_zone is not None
    scene.skip_unless(tells, "this vendor tells no time zone")
    visit.believe(time_zone="America/New_York")
    unlike = visit.unlike(visit.pull().bookings)
    scene.expect(not unlike, unlike)
