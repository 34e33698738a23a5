"""Card data and identity documents in payloads, and ids that look like card numbers."""

from typing import Final

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.fault_responses import SENSITIVE_VALUES
from domain.messages import ItemKind
from entrypoints.certification.check import pull_check
from entrypoints.certification.check_context import CheckContext
from ports.providers import ReadItem

_IDS: Final = ("4239000000030077", "4239000000110077")
"""Of one length, issuer range and end, with valid check digits."""


@pull_check(
    "sensitive.fields", "Fields of a payment card or an identity document are in no snapshot"
)
def no_sensitive_fields(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    for field in (None, *sorted(ctx.capabilities.sensitive_fields)):
        adapter.inject(Fault(FaultKind.SENSITIVE_FIELD, field=field))
    pulled = adapter.pull()
    ctx.expect_injected(adapter)
    ctx.expect(pulled.bookings, "no booking was read")
    for item in pulled.items:
        shown = f"{item.snapshot!r} {item.reason!r}"
        ctx.expect(
            not any(value in shown for value in SENSITIVE_VALUES),
            f"{item.external_id}: a card's holder or expiry, a document number, or a field of"
            " Capabilities.sensitive_fields is kept",
        )


@pull_check("sensitive.card_like_ids", "An id that looks like a card number stays as it is")
def card_like_ids(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    items = [item for item in adapter.pull().items if item.kind is ItemKind.BOOKING]
    item = next((each for each in items if _has_id(each)), None)
    ctx.require_or_skip(item, "its items do not contain their ids")
    assert item is not None  # noqa: S101  # required above
    for new_id in _IDS:
        body = item.raw.replace((item.external_id or "").encode(), new_id.encode())
        expected = _read_ids(ctx, body)
        ctx.require_or_skip(expected, "its ids are not digits")
        masked = scrub_bytes(body, ctx.capabilities.id_fields)
        ctx.expect(
            _read_ids(ctx, masked) == expected,
            "an id was masked as a card number: declare its field in Capabilities.id_fields",
        )


def _has_id(item: ReadItem) -> bool:
    return bool(item.external_id) and (item.external_id or "").encode() in item.raw


def _read_ids(ctx: CheckContext, body: bytes) -> list[str]:
    adapter = ctx.adapter()
    items = adapter.provider.read_items(ItemKind.BOOKING, [body], adapter.context, limit=10)
    return [item.external_id or "" for item in items if item.snapshot is not None]
