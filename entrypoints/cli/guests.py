"""`pms guest`."""

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any, Final, TypeAlias

import click

from application.privacy.stored_person import PersonRequest
from domain.values import HotelId
from entrypoints.cli.open_container import open_hotel
from entrypoints.cli.output import JsonCommandGroup, print_fields, print_json, print_rows

RequestFactory: TypeAlias = Callable[[HotelId], PersonRequest]


@click.group(cls=JsonCommandGroup)
def guest() -> None:
    """Find, export and erase the data of a guest."""


def _person_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name a person, passed to the command as `request`."""

    @wraps(command)
    def with_request(
        *args: Any,
        provider: str,
        external_id: str | None,
        bookings: tuple[str, ...],
        **options: Any,
    ) -> None:
        def request(hotel_id: HotelId) -> PersonRequest:
            return PersonRequest(
                hotel_id=hotel_id,
                provider=provider,
                external_id=external_id,
                booking_ids=frozenset(bookings),
            )

        command(*args, request=request, **options)

    for option in _PERSON_OPTIONS:
        with_request = option(with_request)
    return with_request


_PERSON_OPTIONS: Final = (
    click.option(
        "--booking",
        "bookings",
        multiple=True,
        help="Id of a booking whose guests have no id; may be repeated.",
    ),
    click.option("--external-id", help="The guest's id at the provider."),
    click.option("--provider", required=True, help="Provider of the ids."),
)


@guest.command("find")
@click.argument("hotel")
@click.argument("text")
def find_guests(hotel: str, text: str) -> None:
    """Find guests of HOTEL by e-mail, id or part of the name."""
    with open_hotel(hotel) as (container, found):
        rows = [asdict(each) for each in container.find_guest(found.id, text)]
        print_rows(rows, empty="No guest or booking has this e-mail, id or name.")


@guest.command("export")
@click.argument("hotel")
@_person_options
def export_guest(hotel: str, *, request: RequestFactory) -> None:
    """Print everything stored of a guest as JSON (GDPR articles 15 and 20)."""
    with open_hotel(hotel) as (container, found):
        print_json(container.export_guest(request(found.id)))


@guest.command("erase")
@click.argument("hotel")
@_person_options
@click.confirmation_option(prompt="Erase this guest? It cannot be undone.")
def erase_guest(hotel: str, *, request: RequestFactory) -> None:
    """Erase a guest everywhere (GDPR article 17). Later syncs do not bring the guest back."""
    with open_hotel(hotel) as (container, found):
        print_fields(asdict(container.erase_guest(request(found.id))))


@guest.command("log")
@click.argument("hotel")
def list_privacy_requests(hotel: str) -> None:
    """List exports and erasures of HOTEL, newest first."""
    with open_hotel(hotel) as (container, found), container.unit_of_work() as uow:
        rows = [
            {
                "at": each.at,
                "action": each.action,
                "actor": each.actor,
                "identity_hash": each.identity_hash,
            }
            for each in uow.erasures.requests(found.id)
        ]
        print_rows(rows, empty="No guest was exported or erased yet.")
