"""What provider adapters are built from; `authoring` is its public interface."""

from adapters.outbound.provider_kit import legacy_imports

legacy_imports.install()
