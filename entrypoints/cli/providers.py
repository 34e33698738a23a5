"""`pms provider`."""

import click

from entrypoints.cli.opened import opened
from entrypoints.cli.output import json_option, say_rows
from ports.providers import Capabilities, SettingSpec


@click.group()
def provider() -> None:
    """PMS providers that are installed."""


@provider.command("list")
@json_option
def list_providers() -> None:
    """What each can do, and the settings that a connection to it needs."""
    with opened() as container:
        rows = [_fields(each.capabilities) for each in container.providers.all()]
        say_rows(rows, empty="No provider is installed.")


def _fields(capabilities: Capabilities) -> dict[str, object]:
    return {
        "name": capabilities.name,
        "title": capabilities.title,
        "kinds": sorted(capabilities.kinds),
        "pulls": capabilities.pulls,
        "webhooks": capabilities.webhooks,
        "tells_deletion": capabilities.tells_deletion,
        "delta_misses": list(capabilities.delta_misses),
        "settings": [_setting(spec) for spec in capabilities.settings],
    }


def _setting(spec: SettingSpec) -> str:
    marks = [
        mark for mark, is_so in (("secret", spec.secret), ("required", spec.required)) if is_so
    ]
    return f"{spec.name} ({', '.join(marks)})" if marks else spec.name
