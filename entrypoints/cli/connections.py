"""`pms connection`."""

import sys
from datetime import timedelta

import click

from application.connections.add_connection import NewConnection
from application.stored_hotels import get_hotel
from domain.connection import Connection, ConnectionState
from domain.hotel import Hotel
from domain.schedule import Schedule
from entrypoints.cli.connection_values import collect_values, value_options
from entrypoints.cli.open_container import get_hotel_by_slug, open_connection, open_container
from entrypoints.cli.output import JsonCommandGroup, print_fields, print_rows
from entrypoints.wiring.container import Container
from ports.providers import Capabilities


@click.group(cls=JsonCommandGroup)
def connection() -> None:
    """Manage the accounts of hotels at PMS providers."""


@connection.command("add")
@click.argument("hotel")
@click.argument("provider")
@click.option("--name", help="Name of the connection; by default the provider's.")
@value_options("Set a setting; for a secret use --secret or --secret-file.")
@click.option("--delta-minutes", type=click.IntRange(1, 1440), default=5, show_default=True)
@click.option("--reconcile-hours", type=click.IntRange(1, 168), default=24, show_default=True)
def add_connection(
    hotel: str,
    provider: str,
    *,
    name: str | None,
    delta_minutes: int,
    reconcile_hours: int,
    **values: tuple[str, ...],
) -> None:
    """Connect HOTEL to its account at PROVIDER. `pms provider list` shows the settings."""
    with open_container() as container:
        capabilities = container.providers.get(provider).capabilities
        new_values = collect_values(capabilities, **values)
        added = container.add_connection(
            NewConnection(
                hotel=hotel,
                provider=provider,
                name=name or provider,
                values=new_values,
                schedule=Schedule(
                    delta_every=timedelta(minutes=delta_minutes),
                    reconcile_every=timedelta(hours=reconcile_hours),
                ),
            )
        )
        output = _connection_fields(container, added.connection)
        output |= _webhook_target(capabilities, added.key)
        print_fields(output | _next_test(container, added.connection))


@connection.command("set")
@click.argument("connection")
@value_options("Set a setting; NAME= removes it.")
def update_connection(connection: str, **values: tuple[str, ...]) -> None:
    """Change settings or credentials of CONNECTION and keep all others."""
    if not any(values.values()):
        raise click.UsageError(
            "name at least one value to change: --set NAME=VALUE or --secret NAME"
        )
    with open_connection(connection) as (container, stored):
        capabilities = container.providers.get(stored.provider).capabilities
        new_values = collect_values(capabilities, **values)
        changed = container.update_connection(stored.id, new_values)
        print_fields(_connection_fields(container, changed) | _next_test(container, changed))


@connection.command("rotate-key")
@click.argument("connection")
def rotate_webhook_key(connection: str) -> None:
    """Issue a new webhook path, or user name for pushes. It is shown once; the old one expires
    within two seconds."""
    with open_connection(connection) as (container, stored):
        rotated = container.rotate_webhook_key(stored.id)
        capabilities = container.providers.get(rotated.connection.provider).capabilities
        output = _connection_fields(container, rotated.connection)
        output |= _webhook_target(capabilities, rotated.key)
        print_fields({**output, "next": "send the new one to the vendor"})


@connection.command("test")
@click.argument("connection")
def verify_connection(connection: str) -> None:
    """Verify the credentials with the provider, then start syncs. Exit 1 if they do not work."""
    with open_connection(connection) as (container, stored):
        verification = container.verify_connection(
            stored.id, correlation_id=str(container.ids.new())
        )
        report = verification.report
        print_fields(
            {
                "works": report is not None,
                "error": verification.error,
                "property": report and report.property_name,
                "property_id": report and report.property_id,
                "time_zone": report and report.time_zone,
                "currency": report and report.currency,
                "suggestions": list(verification.suggestions),
            }
        )
        if report is None:
            sys.exit(1)


@connection.command("list")
@click.argument("hotel", required=False)
def list_connections(hotel: str | None) -> None:
    """List all connections, or those of HOTEL, with their health."""
    with open_container() as container:
        hotels = [get_hotel_by_slug(container, hotel)] if hotel else container.directory.hotels()
        rows = [
            {"hotel": listed_hotel.slug, **_fields_at(listed_hotel, stored)}
            for listed_hotel in hotels
            for stored in container.directory.connections_of_hotel(listed_hotel.id)
        ]
        print_rows(rows, empty="No connections yet; add one: pms connection add --help")


@connection.command("pause")
@click.argument("connection")
def pause_connection(connection: str) -> None:
    """Stop scheduled syncs; pushes and webhooks are still accepted."""
    with open_connection(connection) as (container, stored):
        print_fields(_connection_fields(container, container.pause_connection(stored.id)))


@connection.command("resume")
@click.argument("connection")
def resume_connection(connection: str) -> None:
    """Resume scheduled syncs; the next one starts at once."""
    with open_connection(connection) as (container, stored):
        print_fields(_connection_fields(container, container.resume_connection(stored.id)))


def _webhook_target(capabilities: Capabilities, key: str) -> dict[str, object]:
    if capabilities.webhooks:
        path = f"/api/pms/{capabilities.name}/webhook/{key}"
        return {"webhook_path": path, "note": "the webhook path is not shown again"}
    if capabilities.push_path is not None:
        note = "the user name is not shown again; use it with the connection's password"
        return {"push_path": capabilities.push_path, "user_name": key, "note": note}
    return {}


def _next_test(container: Container, connection: Connection) -> dict[str, object]:
    """Nothing for a connection that needs no test: active, paused or push-only."""
    capabilities = container.providers.get(connection.provider).capabilities
    needs_test = connection.state is ConnectionState.NEW
    if not (needs_test and capabilities.pulls_with(connection.settings)):
        return {}
    hotel = get_hotel(container.directory, connection.hotel_id)
    return {"next": f"pms connection test {hotel.slug}/{connection.name}"}


def _connection_fields(container: Container, connection: Connection) -> dict[str, object]:
    return _fields_at(get_hotel(container.directory, connection.hotel_id), connection)


def _fields_at(hotel: Hotel, connection: Connection) -> dict[str, object]:
    return {
        "name": connection.name,
        "provider": connection.provider,
        "state": connection.state,
        "last_synced_at": connection.last_synced_at,
        "last_inbound_at": connection.last_inbound_at,
        "last_error": connection.last_error_code,
        "error_detail": connection.last_error_detail,
        "stopped_at": connection.stopped_at,
        "next_sync_at": connection.announced_sync_at if hotel.enabled else None,
        "id": connection.id,
    }
