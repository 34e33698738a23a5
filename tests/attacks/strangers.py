"""Documents that cost the receiver much, if it reads them before it knows the sender."""

from typing import Final

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.providers.alpinebits import provider
from ports.providers import ProviderTools
from tests.http.http_harness import NOON, HttpHarness, add_hotels

DOCUMENTS: Final = "/api/pms/alpinebits"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"


def harness() -> HttpHarness:
    """With a provider that exchanges documents."""
    clock = FrozenClock(NOON)
    tools = ProviderTools(
        clock=clock, randomness=ScriptedRandomness(), budget=InProcessRateBudget(clock)
    )
    return add_hotels(HttpHarness(further_providers={"alpinebits": provider(tools)}))


def envelope(header: str, tail: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}">{header}{tail}'.encode()


def documents(size: int = 200_000) -> dict[str, bytes]:
    return {
        "elements": envelope("", "<a/>" * size),
        "nested": envelope("", "<a>" * size),
        "attributes": envelope("", '<a b="c"/>' * (size // 2)),
        "one-element": envelope("", "<a" + "".join(f' b{n}="c"' for n in range(size // 20)) + "/>"),
        "text": envelope("<s:Header>", "x" * size),
        "entities": envelope("<s:Header>", "&amp;" * (size // 4)),
        "comments": envelope("", "<!-- x -->" * (size // 5)),
        "no-xml": b"4111-" * size,
    }
