"""`pms audit`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import click

from domain.audit import AuditAction, AuditEntry, AuditValue
from domain.values import HotelId
from entrypoints.cli.open_container import get_hotel_by_slug, open_container
from entrypoints.cli.output import JsonCommandGroup, is_json_requested, print_json, print_rows
from ports.audit import AuditFilter

_SINCE_FORMATS: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


@click.group(cls=JsonCommandGroup)
def audit() -> None:
    """Read the log of administrative acts."""


@audit.command("list")
@click.option("--hotel", metavar="HOTEL", help="Only acts on this hotel.")
@click.option("--actor", help="Only acts of this user, token (by its id), machine or partner.")
@click.option(
    "--act",
    "action",
    type=click.Choice([str(each) for each in AuditAction]),
    metavar="ACT",
    help="Only acts of this kind, e.g. connection.changed.",
)
@click.option("--since", type=click.DateTime(_SINCE_FORMATS), help="Only acts since then, in UTC.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", type=click.UUID, metavar="ID", help="Go on after the entry of this id.")
def list_entries(
    *,
    hotel: str | None,
    actor: str | None,
    action: str | None,
    since: datetime | None,
    limit: int,
    after: UUID | None,
) -> None:
    """List administrative acts, newest first: when, who, from where, what, before and after."""
    with open_container() as container:
        wanted = AuditFilter(
            hotel_id=get_hotel_by_slug(container, hotel).id if hotel else None,
            actor=actor,
            action=AuditAction(action) if action else None,
            since=since.replace(tzinfo=UTC) if since else None,
        )
        page = container.find_audit_entries(wanted, limit=limit, after=after)
        slugs = {each.id: each.slug for each in container.directory.hotels()}
        if is_json_requested():
            entries = [_entry_document(each, slugs) for each in page.entries]
            print_json({"entries": entries, "next_after": page.next_after})
            return
        print_rows([_entry_row(each, slugs) for each in page.entries], empty="No acts found.")
        if page.next_after is not None:
            click.echo(f"There are more: --after {page.next_after}", err=True)


def _entry_document(entry: AuditEntry, slugs: Mapping[HotelId, str]) -> dict[str, object]:
    actor = entry.actor
    return {
        "id": entry.id,
        "at": entry.at,
        "channel": actor.channel,
        "actor": actor.name,
        "actor_label": actor.label,
        "address": actor.address,
        "act": entry.action,
        "hotel": _hotel_text(entry, slugs),
        "subject": entry.subject,
        "before": entry.before,
        "after": entry.after,
        "details": entry.details,
    }


def _entry_row(entry: AuditEntry, slugs: Mapping[HotelId, str]) -> dict[str, object]:
    return {
        "at": entry.at,
        "who": entry.actor,
        "from": entry.actor.address,
        "act": entry.action,
        "hotel": _hotel_text(entry, slugs),
        "subject": entry.subject,
        "before": _states_text(entry.before),
        "after": _states_text({**entry.after, **entry.details}),
    }


def _hotel_text(entry: AuditEntry, slugs: Mapping[HotelId, str]) -> str | None:
    return None if entry.hotel_id is None else slugs.get(entry.hotel_id, str(entry.hotel_id))


def _states_text(states: Mapping[str, AuditValue]) -> str:
    return ", ".join(f"{name}={value}" for name, value in states.items()) or "-"
