"""Our own JSON, for partners whose PMS has no adapter here: docs/canonical-format.md."""

from adapters.outbound.providers.canonical.plugin import CanonicalProvider

provider = CanonicalProvider()
