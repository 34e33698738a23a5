"""Random input: each item gets a snapshot or a reason; no other exception is raised."""

import string

from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from application.queries.canonical_document import Document, snapshot_document
from domain.messages import ItemKind
from domain.snapshots import Snapshot
from ports.errors import UnreadableMessage
from tests import snapshot_strategies as any_of
from tests.providers.canonical.test_mapping import CONTEXT

KINDS = st.sampled_from([ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY])
SNAPSHOTS = any_of.bookings | any_of.guests | any_of.availability


def is_processed(kind: ItemKind, body: bytes) -> bool:
    items = CanonicalProvider().read_items(kind, [body], CONTEXT, limit=1_000, explain=True)
    return all((item.snapshot is None) is not (item.reason is None) for item in items)


def is_rejected(kind: ItemKind, body: bytes) -> bool:
    try:
        is_processed(kind, body)
    except UnreadableMessage:
        return True
    return False


def value_paths(value: Json) -> list[tuple[dict[str, Json] | list[Json], str | int]]:
    """(container, key) of each member of each object and list."""
    found: list[tuple[dict[str, Json] | list[Json], str | int]] = []
    if isinstance(value, dict):
        for key, member in value.items():
            found += [(value, key), *value_paths(member)]
    if isinstance(value, list):
        for index, member in enumerate(value):
            found += [(value, index), *value_paths(member)]
    return found


def invalid_variants(document: Document, position: int, wrong: Json) -> Document:
    """The document with one value at any level replaced."""
    spots = value_paths(document)
    container, key = spots[position % len(spots)]
    container[key] = wrong  # type: ignore[index]  # the key comes from this very container
    return document


class TestRandomInput:
    @given(KINDS, any_of.json_values)
    def test_json_is_processed_per_item_or_rejected(self, kind: ItemKind, value: Json) -> None:
        body = dumps(value).encode()
        if isinstance(value, dict | list):
            assert is_processed(kind, body)
        else:
            assert is_rejected(kind, body)

    @given(SNAPSHOTS, st.integers(0, 10_000), any_of.json_values, KINDS)
    def test_document_with_one_random_value_is_processed(
        self, snapshot: Snapshot, position: int, wrong: Json, kind: ItemKind
    ) -> None:
        document = invalid_variants(snapshot_document(snapshot), position, wrong)
        assert is_processed(kind, dumps(document).encode())

    @given(KINDS, st.text(string.printable) | st.binary())
    def test_other_text_is_processed_or_rejected(self, kind: ItemKind, text: str | bytes) -> None:
        body = text.encode() if isinstance(text, str) else text
        assert is_rejected(kind, body) or is_processed(kind, body)
