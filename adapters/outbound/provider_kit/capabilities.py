"""Builders of the capabilities and connection settings of a vendor."""

from functools import partial
from typing import Final

from domain.messages import ItemKind
from ports.providers import Capabilities, SettingSpec

api_capabilities: Final = partial(
    Capabilities,
    kinds=frozenset({ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY}),
    pulls=True,
    fetches_by_id=True,
    reports_deletions=True,
    webhooks=True,
    day_use=True,
)
"""Of a vendor with webhooks whose API lists items of all kinds, finds them by id and reports
deletions."""


def required(name: str, description: str, *, secret: bool = False) -> SettingSpec:
    return SettingSpec(name=name, help=description, secret=secret)


def optional(
    name: str, description: str, *, secret: bool = False, default: str | None = None
) -> SettingSpec:
    return SettingSpec(name=name, help=description, secret=secret, required=False, default=default)
