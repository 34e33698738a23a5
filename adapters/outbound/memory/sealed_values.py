"""The in-memory store seals nothing."""

from adapters.outbound.memory.tables import Tables
from ports.sealing import ResealedBatch, ResealPosition


class InMemorySealedValues:
    def __init__(self, _tables: Tables) -> None:
        pass

    def reseal(self, after: ResealPosition | None, *, limit: int) -> ResealedBatch:  # noqa: ARG002
        return ResealedBatch()
