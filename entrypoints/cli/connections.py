"""`pms connection`."""

import sys
from datetime import timedelta

import click

from application.add_connection import NewConnection
from domain.sync import Connection, Schedule
from entrypoints.cli.opened import connection_of, hotel_named, opened
from entrypoints.cli.output import json_option, say_fields, say_rows
from ports.providers import Capabilities


@click.group()
def connection() -> None:
    """Hotels' accounts at PMS providers."""


@connection.command("add")
@click.argument("hotel")
@click.argument("provider")
@click.option("--name", help="By default the provider's.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A setting or secret.")
@click.option("--secret", "asked", multiple=True, metavar="NAME", help="Ask for it, unseen.")
@click.option("--delta-minutes", type=click.IntRange(1, 1440), default=5, show_default=True)
@click.option("--reconcile-hours", type=click.IntRange(1, 168), default=24, show_default=True)
@json_option
def add(  # noqa: PLR0913  # one parameter per option
    hotel: str,
    provider: str,
    *,
    name: str | None,
    values: tuple[str, ...],
    asked: tuple[str, ...],
    delta_minutes: int,
    reconcile_hours: int,
) -> None:
    """Connects HOTEL to its account at PROVIDER. `pms provider list` shows each one's settings."""
    given = _given(values, asked)
    with opened() as container:
        added = container.add_connection(
            NewConnection(
                hotel=hotel,
                provider=provider,
                name=name or provider,
                values=given,
                schedule=Schedule(
                    delta_every=timedelta(minutes=delta_minutes),
                    reconcile_every=timedelta(hours=reconcile_hours),
                ),
            )
        )
        can = container.providers.get(provider).capabilities
        told = _fields(added.connection)
        told |= _told_at(can, added.key)
        if can.pulls_with(added.connection.settings):
            told["next"] = f"pms connection test {hotel}/{added.connection.name}"
        say_fields(told)


@connection.command("set")
@click.argument("connection")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="NAME= takes it away.")
@click.option("--secret", "asked", multiple=True, metavar="NAME", help="Ask for it, unseen.")
@json_option
def change(connection: str, *, values: tuple[str, ...], asked: tuple[str, ...]) -> None:
    """Changes settings or credentials of a connection; all others stay as they are."""
    given = _given(values, asked)
    if not given:
        raise click.UsageError("name what to change: --set NAME=VALUE or --secret NAME")
    with opened() as container:
        found = connection_of(container, connection)
        changed = container.update_connection(found.id, given)
        say_fields({**_fields(changed), "next": f"pms connection test {connection}"})


@connection.command("rotate-key")
@click.argument("connection")
@json_option
def rotate_key(connection: str) -> None:
    """A new webhook path, or user name for pushes, shown once; the old one ends within two
    seconds."""
    with opened() as container:
        rotated = container.rotate_webhook_key(connection_of(container, connection).id)
        can = container.providers.get(rotated.connection.provider).capabilities
        told = {**_fields(rotated.connection), **_told_at(can, rotated.key)}
        say_fields({**told, "next": "tell the vendor the new one"})


@connection.command()
@click.argument("connection")
@json_option
def test(connection: str) -> None:
    """Asks the provider whether the credentials work; then syncs begin. Exit 1 where they don't."""
    with opened() as container:
        found = connection_of(container, connection)
        tested = container.test_connection(found.id, correlation_id=str(container.ids.new()))
        report = tested.report
        say_fields(
            {
                "works": report is not None,
                "error": tested.error,
                "property": report and report.property_name,
                "property_id": report and report.property_id,
                "time_zone": report and report.time_zone,
                "currency": report and report.currency,
                "suggestions": list(tested.suggestions),
            }
        )
        if report is None:
            sys.exit(1)


@connection.command("list")
@click.argument("hotel", required=False)
@json_option
def list_connections(hotel: str | None) -> None:
    """All connections, or those of HOTEL, with their health."""
    with opened() as container:
        hotels = [hotel_named(container, hotel)] if hotel else container.directory.hotels()
        rows = [
            {"hotel": each.slug, **_fields(found)}
            for each in hotels
            for found in container.directory.connections_of_hotel(each.id)
        ]
        say_rows(rows, empty="No connections yet; add one: pms connection add --help")


@connection.command()
@click.argument("connection")
@json_option
def pause(connection: str) -> None:
    """Stops scheduled syncs; pushes and webhooks are still taken."""
    with opened() as container:
        found = connection_of(container, connection)
        say_fields(_fields(container.pause_connection(found.id)))


@connection.command()
@click.argument("connection")
@json_option
def resume(connection: str) -> None:
    """Starts scheduled syncs again, the next at once."""
    with opened() as container:
        found = connection_of(container, connection)
        say_fields(_fields(container.resume_connection(found.id)))


def _given(values: tuple[str, ...], asked: tuple[str, ...]) -> dict[str, str]:
    told = dict(_pair(value) for value in values)
    return told | {name: click.prompt(name, hide_input=True, err=True) for name in asked}


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter("write NAME=VALUE", param_hint="--set")
    return name, value


def _told_at(can: Capabilities, key: str) -> dict[str, object]:
    """Where the vendor's own messages go."""
    if can.webhooks:
        path = f"/api/pms/{can.name}/webhook/{key}"
        return {"webhook_path": path, "note": "the webhook path is not shown again"}
    if can.push_path is not None:
        note = "the user name is not shown again; it goes with the connection's password"
        return {"push_path": can.push_path, "user_name": key, "note": note}
    return {}


def _fields(connection: Connection) -> dict[str, object]:
    return {
        "name": connection.name,
        "provider": connection.provider,
        "state": connection.state,
        "last_synced_at": connection.last_synced_at,
        "last_heard_at": connection.last_heard_at,
        "last_error": connection.last_error_code,
        "next_sync_at": connection.next_sync_at,
        "id": connection.id,
    }
