"""`pms map`: maps a vendor's payloads offline."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from application.queries.canonical_document import snapshot_document
from domain.hotel import require_time_zone
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySet
from domain.values import Money
from entrypoints.cli.open_container import open_container
from ports.providers import HotelContext, Notification, Provider, ReadItem

_KINDS: Final = {
    "bookings": ItemKind.BOOKING,
    "guests": ItemKind.GUEST,
    "availability": ItemKind.AVAILABILITY,
}
MAX_ITEMS: Final = 1_000_000


@click.command("map")
@click.argument("provider")
@click.argument("kind", type=click.Choice([*_KINDS, "webhook"]))
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--time-zone", default="UTC", show_default=True, help="IANA time zone of the hotel.")
@click.option(
    "--currency", default="EUR", show_default=True, help="ISO 4217 currency of the hotel."
)
@click.option("--explain", is_flag=True, help="Add the target of each source field.")
def map_files(
    provider: str,
    kind: str,
    files: tuple[Path, ...],
    *,
    time_zone: str,
    currency: str,
    explain: bool,
) -> None:
    """Map FILES in the format of PROVIDER to canonical JSON, one line per item.

    Further files, in any order, may hold the records that the first refers to (customers,
    resources, configuration, …). Refused items go to standard error with path and reason; then
    the exit code is 1.
    """
    require_time_zone(time_zone)
    Money(0, currency)
    with open_container() as container:
        plugin = container.providers.get(provider)
        id_fields = plugin.capabilities.id_fields
        bodies = [scrub_bytes(file.read_bytes(), id_fields) for file in files]
        context = HotelContext(
            time_zone=time_zone, currency=currency, observed_at=container.own_clock.now()
        )
        if kind == "webhook":
            found = [plugin.read_notification(body, context) for body in bodies]
            for notification in found:
                click.echo(dumps(_notification_document(notification)))
            if any(notification.unreadable for notification in found):
                sys.exit(1)
            return
        if _print_items(plugin, _KINDS[kind], bodies, context, explain=explain):
            sys.exit(1)


def _print_items(
    plugin: Provider,
    kind: ItemKind,
    bodies: list[bytes],
    context: HotelContext,
    *,
    explain: bool,
) -> int:
    """Returns the number of refused items."""
    refused = 0
    for item in plugin.read_items(kind, bodies, context, limit=MAX_ITEMS, explain=explain):
        if item.reason is not None:
            refused += 1
            reason = item.reason
            click.echo(
                f"refused {reason.path or '(whole)'} [{reason.code}] {reason.detail}", err=True
            )
        else:
            for document in _item_documents(item, explain=explain):
                click.echo(dumps(document))
    return refused


def _item_documents(item: ReadItem, *, explain: bool) -> Iterator[Json]:
    """One document; for a set of availability one per cell, after one for the set if it has any
    content of its own."""
    assert item.snapshot is not None  # noqa: S101  # exactly one of snapshot and reason is set
    document: dict[str, Json] = dict(snapshot_document(item.snapshot))
    if explain:
        document["explain"] = dict(item.field_trace)
    is_set = isinstance(item.snapshot, AvailabilitySet)
    if not is_set or explain or document["complete_from"]:
        yield document
    if isinstance(item.snapshot, AvailabilitySet):
        yield from (snapshot_document(cell) for cell in item.snapshot.cells)


def _notification_document(notification: Notification) -> Json:
    """Has the names of new credentials, not their values."""
    return {
        "fetch": [
            {"kind": ref.kind.value, "external_id": ref.external_id} for ref in notification.refs
        ],
        "ignored": list(notification.ignored),
        "property_id": notification.property_id,
        "new_secrets": [*sorted(notification.new_secrets)],
        "disabled": notification.disabled,
        "unreadable": [
            {"code": reason.code, "path": reason.path, "detail": reason.detail}
            for reason in (event.reason for event in notification.unreadable)
        ],
    }
