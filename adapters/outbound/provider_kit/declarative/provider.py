"""The plug-in of a declared vendor: `DeclarativeProvider(VENDOR, tools)`."""

from collections.abc import Mapping, Sequence
from functools import partial

from adapters.outbound.provider_kit.declarative.api import DeclarativeApi
from adapters.outbound.provider_kit.declarative.client import DeclarativeClient
from adapters.outbound.provider_kit.declarative.credentials import authenticator_for
from adapters.outbound.provider_kit.declarative.items import item_reader_for
from adapters.outbound.provider_kit.declarative.vendor import VendorDeclaration
from adapters.outbound.provider_kit.declarative.webhooks import is_proof_valid, read_messages
from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint
from adapters.outbound.provider_kit.parsing.fields_around import with_fields_around_bodies
from adapters.outbound.provider_kit.parsing.json_messages import split_bodies
from adapters.outbound.provider_kit.parsing.local_time import require_time_zone
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.provider import VendorProvider
from domain.messages import ItemKind
from ports.errors import Misconfigured
from ports.providers import Account, Notification, ProviderClient, ProviderTools, ReadItem
from ports.system import Secrets


class DeclarativeProvider(VendorProvider):
    """ports.providers.Provider and BodySigned."""

    def __init__(self, vendor: VendorDeclaration, tools: ProviderTools) -> None:
        super().__init__(
            vendor.capabilities,
            partial(_map_items, vendor),
            partial(_open_client, vendor),
            tools,
        )
        self.vendor = vendor

    def parse_notification(self, body: bytes, property_id: str | None) -> Notification:
        if self.vendor.webhooks is None:
            return super().parse_notification(body, property_id)
        return read_messages(self.vendor.webhooks, body, property_id)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        """For a message without a body: see `authentic_body`."""
        return self.authentic_body(headers, b"", secrets)

    def authentic_body(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> bool:
        webhooks = self.vendor.webhooks
        return webhooks is not None and is_proof_valid(webhooks.proof, headers, body, secrets)


def _map_items(vendor: VendorDeclaration, pushed: PushedItems) -> Sequence[ReadItem]:
    require_time_zone(pushed.context)
    reader = item_reader_for(vendor, pushed.kind, pushed.context, explain=pushed.explain)
    split = partial(split_bodies, split=reader.split_message, limit=pushed.limit)
    entries = split(pushed.bodies, property_paths=reader.property_paths)
    items = list(map(reader.read, entries))
    if pushed.explain and pushed.kind is ItemKind.AVAILABILITY:
        return with_fields_around_bodies(items, pushed.bodies, split)
    return items


def _open_client(
    vendor: VendorDeclaration, account: Account, tools: ProviderTools
) -> ProviderClient:
    settings = _settings(vendor, account)
    base_url = settings["base_url"].rstrip("/")
    endpoint = VendorEndpoint(
        provider=vendor.name,
        hosts=vendor.hosts,
        rate_limit=vendor.requests,
        rate_window_seconds=vendor.seconds,
        id_fields=vendor.capabilities.id_fields,
    )
    transport = endpoint.transport(account, tools, base_url)
    authenticator = authenticator_for(
        vendor.credentials, account, base_url=base_url, transport=transport, clock=tools.clock
    )
    api = DeclarativeApi(
        transport, authenticator, settings=settings, correlation_id=account.correlation_id
    )
    return DeclarativeClient(
        vendor=vendor,
        api=api,
        clock=tools.clock,
        time_zone=account.time_zone,
        currency=account.currency,
    )


def _settings(vendor: VendorDeclaration, account: Account) -> dict[str, str]:
    """With their defaults. Raises Misconfigured if one is missing."""
    settings = {}
    for spec in vendor.specs:
        given = (account.secrets if spec.secret else account.settings).get(spec.name)
        value = given or spec.default
        if not value and spec.required:
            raise Misconfigured(f"{spec.name} is missing", setting=spec.name)
        if value and not spec.secret:
            settings[spec.name] = value
    return settings
