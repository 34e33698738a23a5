"""`pms provider`."""

import click

from entrypoints.cli.open_container import open_container
from entrypoints.cli.output import is_json_requested, json_option, print_rows
from entrypoints.cli.provider_certify import certify_provider
from entrypoints.cli.provider_new import new_provider
from entrypoints.wiring.installed_providers import BrokenPlugin, broken_plugins_of
from ports.providers import Capabilities, SettingSpec


@click.group()
def provider() -> None:
    """Manage the installed PMS providers."""


provider.add_command(certify_provider)
provider.add_command(new_provider)


@provider.command("list")
@json_option
def list_providers() -> None:
    """List capabilities and connection settings of each provider, and why broken ones fail."""
    with open_container() as container:
        rows = [_provider_fields(each.capabilities) for each in container.providers.all()]
        broken = broken_plugins_of(container.providers)
        if broken or is_json_requested():
            rows = [{**row, "problem": None} for row in rows]
            rows += [
                {**dict.fromkeys(rows[0] if rows else ()), **_broken_plugin_fields(each)}
                for each in broken
            ]
        print_rows(rows, empty="No provider is installed.")


def _provider_fields(capabilities: Capabilities) -> dict[str, object]:
    return {
        "name": capabilities.name,
        "title": capabilities.title,
        "kinds": sorted(capabilities.kinds),
        "pulls": capabilities.pulls,
        "webhooks": capabilities.webhooks,
        "reports_deletions": capabilities.reports_deletions,
        "delta_misses": list(capabilities.delta_misses),
        "settings": [_format_setting(spec) for spec in capabilities.settings],
    }


def _broken_plugin_fields(plugin: BrokenPlugin) -> dict[str, object]:
    return {"name": plugin.name, "problem": f"{plugin.problem} ({plugin.target})"}


def _format_setting(spec: SettingSpec) -> str:
    flags = [
        flag for flag, is_set in (("secret", spec.secret), ("required", spec.required)) if is_set
    ]
    return f"{spec.name} ({', '.join(flags)})" if flags else spec.name
