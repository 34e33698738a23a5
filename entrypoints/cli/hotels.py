"""`pms hotel`."""

from typing import Any, Final

import click

from domain.hotel import Hotel
from domain.retention import MAX_DAYS, DataKind, Retention
from entrypoints.cli.open_container import open_container, open_hotel
from entrypoints.cli.output import JsonCommandGroup, print_fields, print_rows


class Days(click.ParamType[int]):
    """0: for ever."""

    name = "days|forever"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return 0 if value == "forever" else int(_DAYS_RANGE.convert(value, param, ctx))


_DAYS_RANGE: Final = click.IntRange(1, MAX_DAYS)


DAYS: Final = Days()


@click.group(cls=JsonCommandGroup)
def hotel() -> None:
    """Manage hotels, the tenants."""


@hotel.command("add")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--time-zone", required=True, help="IANA name, e.g. Europe/Vienna.")
@click.option("--currency", required=True, help="ISO 4217 code, e.g. EUR.")
def add_hotel(slug: str, *, name: str, time_zone: str, currency: str) -> None:
    """Add a hotel; SLUG is its short name of a-z, 0-9 and hyphens."""
    with open_container() as container:
        added = container.add_hotel(slug=slug, name=name, time_zone=time_zone, currency=currency)
        print_fields(_hotel_fields(added))


@hotel.command("list")
def list_hotels() -> None:
    """List all hotels."""
    with open_container() as container:
        rows = [_hotel_fields(each) for each in container.directory.hotels()]
        print_rows(rows, empty="No hotels yet; add one: pms hotel add --help")


@hotel.command("show")
@click.argument("slug")
def show_hotel(slug: str) -> None:
    """Show a hotel, for how many days its data is kept (none: for ever), its number of bookings
    (counted up to 10,000) and its connections."""
    with open_hotel(slug) as (container, shown):
        connections = container.directory.connections_of_hotel(shown.id)
        print_fields(
            {
                **_hotel_fields(shown),
                **_retention_fields(container.find_retention(shown.id)),
                "bookings": container.store.queries.count_bookings(shown.id),
                "connections": [f"{c.name} ({c.provider}, {c.state})" for c in connections],
            }
        )


@hotel.command("retention")
@click.argument("slug")
@click.option("--bookings", type=DAYS, help="Bookings, after their departure.")
@click.option("--history", type=DAYS, help="Status changes, after the change.")
@click.option("--runs", type=DAYS, help="Sync runs, after they were queued.")
@click.option("--inbox", type=DAYS, help="Processed payloads, after they were received.")
@click.option("--outbox", type=DAYS, help="Events, after their delivery.")
def set_retention(slug: str, **days: int | None) -> None:
    """Set for how many days data is kept, or `forever`; older data is deleted. Without options:
    show it."""
    changes = {DataKind(kind): value or None for kind, value in days.items() if value is not None}
    with open_hotel(slug) as (container, shown):
        if changes:
            retention = container.set_retention(slug, changes)
        else:
            retention = container.find_retention(shown.id)
        print_fields(_retention_fields(retention))


@hotel.command("disable")
@click.argument("slug")
def disable_hotel(slug: str) -> None:
    """Disable a hotel: its partners are refused, its providers are not polled."""
    _switch_hotel(slug, enabled=False)


@hotel.command("enable")
@click.argument("slug")
def enable_hotel(slug: str) -> None:
    """Enable a hotel again."""
    _switch_hotel(slug, enabled=True)


def _switch_hotel(slug: str, *, enabled: bool) -> None:
    with open_container() as container:
        print_fields(_hotel_fields(container.switch_hotel(slug, enabled=enabled)))


def _retention_fields(retention: Retention) -> dict[str, object]:
    return {f"{kind}_days": days for kind, days in retention.days_by_kind.items()}


def _hotel_fields(hotel: Hotel) -> dict[str, object]:
    return {
        "slug": hotel.slug,
        "name": hotel.name,
        "time_zone": hotel.time_zone,
        "currency": hotel.currency,
        "enabled": hotel.enabled,
        "id": hotel.id,
    }
