"""Data of another property of the vendor's account."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from domain.messages import ItemKind
from entrypoints.certification.adapter_harness import AdapterHarness
from entrypoints.certification.check import Requirement, check_for_each
from entrypoints.certification.check_context import CheckContext
from ports.providers import FOREIGN_PROPERTY, ReadItem

_OURS: Final = "certification-property"
_NOT_NAMED: Final = "its bookings do not name their property"
_LIMIT: Final = 1_000

Reading = Callable[[AdapterHarness], Iterable[ReadItem]]


def _listed(adapter: AdapterHarness) -> Sequence[ReadItem]:
    return adapter.pull().items


def _fetched(adapter: AdapterHarness) -> Sequence[ReadItem]:
    return adapter.fetch(*sorted(adapter.expected_bookings())[:3]).items


def _pushed(adapter: AdapterHarness) -> Iterable[ReadItem]:
    context = replace(adapter.context, property_id=_OURS)
    for item in _bookings(_listed(adapter)):
        yield from adapter.provider.read_items(item.kind, [item.raw], context, limit=_LIMIT)


@check_for_each(
    "property",
    (
        ("listed", "A listed booking of another property is recognized", _listed),
        ("fetched", "A fetched booking of another property is recognized", _fetched),
        ("pushed", "A pushed booking of another property is refused", _pushed),
    ),
    Requirement.PULLS,
    Requirement.FETCHES,
)
def foreign_bookings(ctx: CheckContext, read: Reading) -> None:
    """The hotel of the simulator is the other property: the connection expects another id."""
    adapter = ctx.adapter()
    with adapter.client() as client:
        property_id = client.check().property_id
    items = [item for item in _bookings(read(adapter)) if _names(item.raw, property_id)]
    ctx.require_or_skip(items, _NOT_NAMED)
    for item in items:
        refused = item.refused_if_foreign(_OURS)
        code = refused.reason.code if refused.reason else "accepted"
        ctx.expect(code == FOREIGN_PROPERTY, f"{item.external_id} of another property: {code}")


def _bookings(items: Iterable[ReadItem]) -> list[ReadItem]:
    return [item for item in items if item.kind is ItemKind.BOOKING]


def _names(raw: bytes, property_id: str) -> bool:
    """Whether the id is a JSON value or an XML attribute of the booking's text."""
    value = re.escape(property_id.encode())
    return re.search(rb'"%b"|:\s*%b[,}\s]' % (value, value), raw) is not None
