"""The plug-in of a declared vendor: `DeclarativeProvider(VENDOR, tools)`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.provider_kit.declarative.api import DeclarativeApi
from adapters.outbound.provider_kit.declarative.client import DeclarativeClient
from adapters.outbound.provider_kit.declarative.credentials import authenticator_for
from adapters.outbound.provider_kit.declarative.items import item_reader_for, read_bodies
from adapters.outbound.provider_kit.declarative.vendor import VendorDeclaration
from adapters.outbound.provider_kit.declarative.webhooks import is_proof_valid, read_messages
from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint, require_time_zone
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems, PushedItemsReader
from ports.errors import Misconfigured, Unsupported
from ports.providers import (
    Account,
    Capabilities,
    HotelContext,
    Notification,
    ProviderClient,
    ProviderTools,
    ReadItem,
)
from ports.system import Secrets


@dataclass(frozen=True, slots=True)
class DeclarativeProvider(PushedItemsReader):
    """ports.providers.Provider and BodySigned."""

    vendor: VendorDeclaration
    tools: ProviderTools

    @property
    def capabilities(self) -> Capabilities:
        return self.vendor.capabilities

    def read_pushed(self, pushed: PushedItems) -> Sequence[ReadItem]:
        kind, bodies, context, limit, explain = pushed
        require_time_zone(context)
        return read_bodies(
            item_reader_for(self.vendor, kind, context, explain=explain), bodies, limit=limit
        )

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        if self.vendor.webhooks is None:
            raise Unsupported(f"{self.vendor.title} sends no webhooks")
        return read_messages(self.vendor.webhooks, body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        """For a message without a body: see `authentic_body`."""
        return self.authentic_body(headers, b"", secrets)

    def authentic_body(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> bool:
        webhooks = self.vendor.webhooks
        return webhooks is not None and is_proof_valid(webhooks.proof, headers, body, secrets)

    def open(self, account: Account) -> ProviderClient:
        vendor, tools = self.vendor, self.tools
        settings = self._settings(account)
        base_url = settings["base_url"].rstrip("/")
        endpoint = VendorEndpoint(
            provider=vendor.name,
            hosts=vendor.hosts,
            rate_limit=vendor.requests,
            rate_window_seconds=vendor.seconds,
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

    def _settings(self, account: Account) -> dict[str, str]:
        """With their defaults. Raises Misconfigured if one is missing."""
        settings = {}
        for spec in self.vendor.specs:
            given = (account.secrets if spec.secret else account.settings).get(spec.name)
            value = given or spec.default
            if not value and spec.required:
                raise Misconfigured(f"{spec.name} is missing", setting=spec.name)
            if value and not spec.secret:
                settings[spec.name] = value
        return settings
