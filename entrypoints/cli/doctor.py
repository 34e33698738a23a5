"""`pms doctor`."""

import sys
from dataclasses import fields
from pathlib import Path

import click

from adapters.outbound.jobs.redis_access import access_rules
from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.engine.database_urls import (
    SQLITE_LIMIT,
    is_postgres,
    sqlite_path,
)
from adapters.outbound.private_files import is_private
from adapters.outbound.security.sealing import new_key
from application.clock_check import require_right_clock
from domain.errors import PmsError
from entrypoints.cli.connection_checks import check_connections
from entrypoints.cli.open_container import open_container
from entrypoints.cli.output import JsonCommand, is_json_requested, print_json, print_rows
from entrypoints.wiring.container import Container
from entrypoints.wiring.home_directory import require_socket_path
from entrypoints.wiring.installed_providers import broken_plugins_of
from entrypoints.wiring.settings import PREFIX, Settings


@click.command(cls=JsonCommand)
@click.option("--new-key", "print_new_key", is_flag=True, help="Print a new sealing key and exit.")
@click.option(
    "--redis-acl", "print_redis_acl", is_flag=True, help="Print the rules of our user in Redis."
)
def doctor(*, print_new_key: bool, print_redis_acl: bool) -> None:
    """Show every setting and check every part. Exit 1 if a check fails."""
    if print_new_key or print_redis_acl:
        click.echo(new_key("k1") if print_new_key else access_rules())
        return
    with open_container() as container:
        if not container.settings.redis_url:
            require_socket_path(container.settings.redis_socket)
        settings = _list_settings(container.settings)
        checks = _run_checks(container)
        if is_json_requested():
            print_json({"settings": settings, "checks": checks})
        else:
            print_rows(settings, empty="")
            click.echo()
            print_rows(checks, empty="")
        if not all(str(check["result"]).startswith("ok") for check in checks):
            sys.exit(1)


def _list_settings(settings: Settings) -> list[dict[str, object]]:
    return [
        {
            "variable": f"{PREFIX}{spec.name.upper()}",
            "value": _format_setting(
                getattr(settings, spec.name), secret=bool(spec.metadata["secret"])
            ),
            "meaning": str(spec.metadata["meaning"]),
        }
        for spec in fields(settings)
    ]


def _format_setting(value: object, *, secret: bool) -> str:
    if secret:
        return "(set)" if value else ""
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    text = str(value)
    scheme, separator, rest = text.partition("://")
    if separator and "@" in rest:
        return f"{scheme}://…@{rest.rpartition('@')[2]}"
    return text if isinstance(value, Path) or not text.startswith("Environment.") else text.lower()


def _run_checks(container: Container) -> list[dict[str, object]]:
    health = container.check_health()
    checks: list[dict[str, object]] = [
        {"check": name, "result": code or "ok"} for name, code in health.parts.items()
    ]
    for name, probe in (
        ("schema", lambda: migrations.current(container.settings.database)),
        ("sealing keys", lambda: container.sealer),
        ("providers", container.providers.all),
        ("clock", lambda: require_right_clock(container.clock)),
    ):
        try:
            probe()
            checks.append({"check": name, "result": "ok"})
        except PmsError as error:
            checks.append({"check": name, "result": f"{error.code}: {error.message}"})
    checks += _check_sqlite(container.settings)
    if health.is_ready:
        checks += check_connections(container)
    for plugin in broken_plugins_of(container.providers):
        reason_text = f"{plugin.problem} ({plugin.target})"
        checks.append({"check": f"provider {plugin.name}", "result": reason_text})
    return checks


def _check_sqlite(settings: Settings) -> list[dict[str, object]]:
    """What works and should be different; nothing with PostgreSQL."""
    if is_postgres(settings.database):
        return []
    path = sqlite_path(settings.database)
    results = [f"ok, but this is SQLite: {SQLITE_LIMIT}"] if settings.is_production else []
    if path.exists() and not is_private(path):
        results.append(f"ok, but other users of this machine can read {path}; chmod 600 it")
    return [{"check": "database file", "result": result} for result in results]
