"""A hotel that exists nowhere, for demonstrations and tests: no network, no state."""

from adapters.outbound.providers.mock.plugin import MockProvider

provider = MockProvider()
