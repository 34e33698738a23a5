"""`pms token`."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import click

from application.access.issue_token import IssuedToken, TokenRequest
from domain.access import Scope
from entrypoints.cli.open_container import open_container, open_hotel
from entrypoints.cli.output import JsonCommandGroup, print_fields, print_rows

ALL: Final = "all"
"""Shown and given for credentials of all providers."""


@click.group(cls=JsonCommandGroup)
def token() -> None:
    """Manage the credentials of partners."""


@token.command("issue")
@click.argument("hotels", nargs=-1, required=True)
@click.option("--provider", help="Provider whose format the partner sends.")
@click.option(
    "--all-providers", is_flag=True, help="Read the data of all providers; scopes read* only."
)
@click.option("--partner", default="default", show_default=True, help="Name of the partner.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="May be repeated; by default ingest and read (read with --all-providers). `read` gives "
    "stays, rooms, statuses, first names and initials; read:guests adds names and profiles, "
    "read:contacts e-mail, phone and address, read:notes notes and special requests, "
    "read:documents identity documents and birth dates.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
def issue_token(
    hotels: tuple[str, ...],
    *,
    provider: str | None,
    all_providers: bool,
    partner: str,
    scopes: tuple[str, ...],
    days: int,
) -> None:
    """Issue a token for one or several HOTELS. It is shown once."""
    if all_providers == (provider is not None):
        raise click.UsageError("Give either --provider or --all-providers.")
    default = (Scope.READ,) if all_providers else (Scope.INGEST, Scope.READ)
    with open_container() as container:
        issued = container.issue_token(
            TokenRequest(
                provider=provider,
                partner=partner,
                hotels=hotels,
                scopes=frozenset(map(Scope, scopes or default)),
                lifetime=timedelta(days=days),
            )
        )
        print_fields(_issued_token_fields(issued))


@token.command("rotate")
@click.argument("token_id", type=click.UUID)
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, show_default=True)
def rotate_token(token_id: UUID, *, overlap_hours: int) -> None:
    """Issue a token with the same rights; the old one expires after the overlap."""
    with open_container() as container:
        overlap = timedelta(hours=overlap_hours)
        print_fields(_issued_token_fields(container.rotate_token(token_id, overlap=overlap)))


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
def revoke_token(token_id: UUID) -> None:
    """Revoke a token; it stops working within two seconds."""
    with open_container() as container:
        container.revoke_token(token_id)
        print_fields({"revoked": token_id})


@token.command("revoke-key")
@click.argument("provider")
@click.argument("partner")
def revoke_provider_key(provider: str, partner: str) -> None:
    """Revoke the key of PARTNER at PROVIDER and all its tokens, permanently, within two seconds.

    PROVIDER `all`: the key of its tokens for all providers.
    """
    with open_container() as container:
        key = container.revoke_provider_key(None if provider == ALL else provider, partner)
        print_fields({"revoked_key": key.id, "provider": provider, "partner": partner})


@token.command("list")
@click.argument("hotel")
def list_tokens(hotel: str) -> None:
    """List the tokens for HOTEL, without their secrets."""
    with open_hotel(hotel) as (container, found):
        rows = [
            {
                "id": each.id,
                "provider": each.provider or ALL,
                "scopes": sorted(each.scopes),
                "expires_at": each.expires_at,
                "revoked_at": each.revoked_at,
                "last_used_at": each.last_used_at,
            }
            for each in container.directory.tokens_of_hotel(found.id)
        ]
        print_rows(rows, empty="No tokens yet; issue one: pms token issue --help")


def _issued_token_fields(issued: IssuedToken) -> dict[str, object]:
    return {
        "token": issued.secret_text,
        "provider_key": issued.provider_key_text or "unchanged (this partner already has its key)",
        "id": issued.token.id,
        "scopes": sorted(issued.token.scopes),
        "expires_at": issued.token.expires_at,
    }
