"""AlpineBits and the OpenTravel messages of SiteMinder and HTNG systems, over HTTP."""

from adapters.outbound.providers.alpinebits.provider import create_provider

provider = create_provider
