"""`pms provider`."""

import click

from entrypoints.cli.opened import opened
from entrypoints.cli.output import json_option, say_rows, wants_json
from entrypoints.cli.provider_certify import certify_provider
from entrypoints.cli.provider_new import new_provider
from entrypoints.providers import BrokenPlugin, broken_among
from ports.providers import Capabilities, SettingSpec


@click.group()
def provider() -> None:
    """PMS providers that are installed."""


provider.add_command(certify_provider)
provider.add_command(new_provider)


@provider.command("list")
@json_option
def list_providers() -> None:
    """What each can do, and the settings that a connection to it needs; what is wrong with those
    that can't be used."""
    with opened() as container:
        rows = [_fields(each.capabilities) for each in container.providers.all()]
        broken = broken_among(container.providers)
        if broken or wants_json():
            rows = [{**row, "problem": None} for row in rows]
            rows += [{**dict.fromkeys(rows[0] if rows else ()), **_broken(each)} for each in broken]
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


def _broken(plugin: BrokenPlugin) -> dict[str, object]:
    return {"name": plugin.name, "problem": f"{plugin.problem} ({plugin.target})"}


def _setting(spec: SettingSpec) -> str:
    marks = [
        mark for mark, is_so in (("secret", spec.secret), ("required", spec.required)) if is_so
    ]
    return f"{spec.name} ({', '.join(marks)})" if marks else spec.name
