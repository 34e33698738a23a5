"""`pms quarantine`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import click

from application.errors import NotFound, PayloadUnreadable
from domain.messages import InboxEntry, ItemKind, ItemOutcome
from domain.values import HotelId
from entrypoints.cli.open_container import open_hotel
from entrypoints.cli.output import JsonCommandGroup, print_fields, print_rows
from entrypoints.cli.vendor_responses import response_fields
from entrypoints.wiring.container import Container
from ports.errors import Unsealable
from ports.queries import QuarantineFilter, Queries

_PAGE_SIZE: Final = 500
_NO_LIMIT: Final = 2**31


@click.group(cls=JsonCommandGroup)
def quarantine() -> None:
    """Inspect, replay and discard quarantined items."""


@quarantine.command("list")
@click.argument("hotel")
@click.option("--code", help="Only items whose reason has this code.")
@click.option("--external-id", help="Only items of the booking or guest of this id.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_items(hotel: str, *, code: str | None, external_id: str | None, limit: int) -> None:
    """List quarantined items, oldest first, with their reasons."""
    with open_hotel(hotel) as (container, found):
        wanted = QuarantineFilter(hotel_id=found.id, code=code, external_id=external_id)
        items = container.store.queries.quarantine(wanted, limit=limit)
        rows = [{**_item_fields(item), "readable": item.is_readable} for item in items]
        print_rows(rows, empty="Nothing is quarantined.")


@quarantine.command("show")
@click.argument("hotel")
@click.argument("item_id", type=click.UUID)
def show_item(hotel: str, item_id: UUID) -> None:
    """Show an item with its payload and the provider's error response to it, if there was one.
    Both may contain personal data: the audit log says who read them."""
    with open_hotel(hotel) as (container, owner):
        try:
            revealed = container.reveal_item(owner.id, item_id)
        except Unsealable:
            print_fields(_unreadable_fields(container.queries, owner.id, item_id))
            return
        except NotFound as error:
            raise NotFound(f"{error}; see `pms quarantine list {hotel}`") from None
        shown = {"readable": True, "payload": revealed.item.body.decode("utf-8", "replace")}
        response = response_fields(revealed.response)
        print_fields({**_item_fields(revealed.item), **shown, **response})


@quarantine.command("replay")
@click.argument("hotel")
@click.argument("item_ids", type=click.UUID, nargs=-1)
@click.option("--all", "all_items", is_flag=True, help="Replay all quarantined items of the hotel.")
@click.option("--code", help="Replay all items whose reason has this code.")
def replay_items(
    hotel: str, item_ids: tuple[UUID, ...], *, all_items: bool, code: str | None
) -> None:
    """Process items again, after the mapper or the data at the provider was corrected."""
    with open_hotel(hotel) as (container, found):
        ids = list(item_ids)
        if all_items or code is not None:
            wanted = QuarantineFilter(hotel_id=found.id, code=code)
            ids += _quarantined_ids(container.store.queries, wanted)
        rows = [_replay_fields(container, found.id, each) for each in ids]
        print_rows(rows, empty="Nothing to replay; name items or use --all or --code.")


@quarantine.command("discard")
@click.argument("hotel")
@click.argument("item_ids", type=click.UUID, nargs=-1)
@click.option("--all", "all_items", is_flag=True, help="All quarantined items of the hotel.")
@click.option("--code", help="All items whose reason has this code.")
@click.option("--kind", type=click.Choice([str(kind) for kind in ItemKind]))
@click.option("--provider", help="All items of this provider.")
@click.option("--external-id", help="All items of the booking or guest of this id.")
@click.option(
    "--older-than", type=click.IntRange(0, 36_500), metavar="DAYS", help="Received before that."
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def discard_items(
    hotel: str,
    item_ids: tuple[UUID, ...],
    *,
    all_items: bool,
    older_than: int | None,
    yes: bool,
    **conditions: Any,
) -> None:
    """Discard items that need no replay: those named, or all that match every option given."""
    is_filtered = older_than is not None or any(each is not None for each in conditions.values())
    if bool(item_ids) == (all_items or is_filtered):
        raise click.UsageError("name items, or use --all or options that select them")
    with open_hotel(hotel) as (container, found):
        wanted = _discard_filter(found.id, container.now(), older_than, conditions)
        filters = [replace(wanted, item_id=each) for each in dict.fromkeys(item_ids)] or [wanted]
        count = _count_items(container, hotel, filters)
        if count and not yes:
            question = f"Discard {count} quarantined items? It cannot be undone."
            click.confirm(question, abort=True, err=True)
        print_fields({"discarded": sum(map(container.discard_quarantine, filters))})


def _replay_fields(container: Container, hotel_id: HotelId, item_id: UUID) -> dict[str, object]:
    try:
        item = container.replay_quarantine(hotel_id, item_id)
    except PayloadUnreadable as error:
        return {"id": item_id, "outcome": ItemOutcome.QUARANTINED, "reason": error.message}
    detail = item.reason and item.reason.detail
    return {"id": item.id, "outcome": item.outcome or item.state, "reason": detail}


def _unreadable_fields(queries: Queries, hotel_id: HotelId, item_id: UUID) -> dict[str, object]:
    """Of an item in quarantine whose payload can't be opened. Raises Unsealable for another one."""
    found = queries.quarantine(QuarantineFilter(hotel_id=hotel_id, item_id=item_id), limit=1)
    if not found:
        raise Unsealable
    return {**_item_fields(found[0]), "readable": False, "payload": None}


def _discard_filter(
    hotel_id: HotelId, now: datetime, older_than: int | None, conditions: dict[str, Any]
) -> QuarantineFilter:
    before = None if older_than is None else now - timedelta(days=older_than)
    kind = conditions.pop("kind")
    return QuarantineFilter(
        hotel_id=hotel_id,
        kind=None if kind is None else ItemKind(kind),
        received_before=before,
        **conditions,
    )


def _count_items(container: Container, hotel: str, filters: Sequence[QuarantineFilter]) -> int:
    """Raises NotFound if one that is named is not in quarantine."""
    with container.unit_of_work() as uow:
        counts = [uow.inbox.count_quarantined(each, limit=_NO_LIMIT) for each in filters]
    for wanted, count in zip(filters, counts, strict=True):
        if wanted.item_id is not None and not count:
            raise NotFound(
                f"hotel '{hotel}' has no item {wanted.item_id} in quarantine; "
                f"see `pms quarantine list {hotel}`"
            )
    return sum(counts)


def _quarantined_ids(queries: Queries, wanted: QuarantineFilter) -> list[UUID]:
    """Of all pages, before any is replayed: an item that fails again stays quarantined."""
    ids: list[UUID] = []
    while page := queries.quarantine(wanted, limit=_PAGE_SIZE):
        ids += [item.id for item in page]
        wanted = replace(wanted, after=ids[-1])
    return ids


def _item_fields(item: InboxEntry) -> dict[str, object]:
    reason = item.reason
    return {
        "id": item.id,
        "received_at": item.received_at,
        "provider": item.provider,
        "kind": item.kind,
        "external_id": item.external_id,
        "code": reason and reason.code,
        "path": reason and reason.path,
        "detail": reason and reason.detail,
        "attempts": item.attempts,
    }
