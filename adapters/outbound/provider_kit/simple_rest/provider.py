"""The plug-in of a declared vendor: `SimpleProvider(VENDOR, tools)`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.provider_kit.opening import Reach, zone_of
from adapters.outbound.provider_kit.simple_rest.api import SimpleApi
from adapters.outbound.provider_kit.simple_rest.client import SimpleClient
from adapters.outbound.provider_kit.simple_rest.credentials import pass_of
from adapters.outbound.provider_kit.simple_rest.items import read_bodies, reader_of
from adapters.outbound.provider_kit.simple_rest.vendor import SimpleVendor
from adapters.outbound.provider_kit.simple_rest.webhooks import proven, read_messages
from domain.messages import ItemKind
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
class SimpleProvider:
    """ports.providers.Provider and BodySigned."""

    vendor: SimpleVendor
    tools: ProviderTools

    @property
    def capabilities(self) -> Capabilities:
        return self.vendor.capabilities

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        zone_of(context)
        return read_bodies(
            reader_of(self.vendor, kind, context, explain=explain), bodies, limit=limit
        )

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        if self.vendor.webhooks is None:
            raise Unsupported(f"{self.vendor.title} sends no webhooks")
        return read_messages(self.vendor.webhooks, body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        """Of a message without a body: see `authentic_body`."""
        return self.authentic_body(headers, b"", secrets)

    def authentic_body(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> bool:
        webhooks = self.vendor.webhooks
        return webhooks is not None and proven(webhooks.proof, headers, body, secrets)

    def open(self, account: Account) -> ProviderClient:
        vendor, tools = self.vendor, self.tools
        settings = self._settings(account)
        base_url = settings["base_url"].rstrip("/")
        reach = Reach(
            provider=vendor.name,
            hosts=vendor.hosts,
            rate_limit=vendor.requests,
            rate_window_seconds=vendor.seconds,
        )
        transport = reach.transport(account, tools, base_url)
        entry = pass_of(
            vendor.credentials, account, base_url=base_url, transport=transport, clock=tools.clock
        )
        api = SimpleApi(
            transport=transport,
            entry=entry,
            base_url=base_url,
            settings=settings,
            correlation_id=account.correlation_id,
        )
        return SimpleClient(
            vendor=vendor,
            api=api,
            clock=tools.clock,
            time_zone=account.time_zone,
            currency=account.currency,
        )

    def _settings(self, account: Account) -> dict[str, str]:
        """With their defaults. Raises Misconfigured where one is missing."""
        settings = {}
        for spec in self.vendor.specs:
            given = (account.secrets if spec.secret else account.settings).get(spec.name)
            value = given or spec.default
            if not value and spec.required:
                raise Misconfigured(f"{spec.name} is missing", setting=spec.name)
            if value and not spec.secret:
                settings[spec.name] = value
        return settings
