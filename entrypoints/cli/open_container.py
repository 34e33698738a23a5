"""The container of a command, and look-ups that several commands share."""

from collections.abc import Iterator, Set
from contextlib import closing, contextmanager
from uuid import UUID

from application.audit.audit_trail import acting_as
from application.errors import ConnectionNotFound, HotelNotFound
from domain.connection import Connection
from domain.hotel import Hotel
from entrypoints.cli.operator import current_operator
from entrypoints.wiring.container import Container
from entrypoints.wiring.logging_config import configure_logging
from entrypoints.wiring.settings import CONFIDENTIAL, load_settings


@contextmanager
def open_container(
    *, log_level: str = "ERROR", needs: Set[str] = CONFIDENTIAL
) -> Iterator[Container]:
    """Logs errors only: commands print their own results. `needs`: see load_settings."""
    settings = load_settings(needs=needs)
    configure_logging(log_level, process="cli")
    with acting_as(current_operator()), closing(Container(settings)) as container:
        yield container


@contextmanager
def open_hotel(slug: str) -> Iterator[tuple[Container, Hotel]]:
    """Raises HotelNotFound."""
    with open_container() as container:
        yield container, get_hotel_by_slug(container, slug)


@contextmanager
def open_connection(text: str) -> Iterator[tuple[Container, Connection]]:
    """`text`: an id, HOTEL/NAME, or HOTEL if it has one connection. Raises ConnectionNotFound."""
    with open_container() as container:
        yield container, _resolve_connection(container, text)


def get_hotel_by_slug(container: Container, slug: str) -> Hotel:
    """Raises HotelNotFound."""
    hotel = container.directory.hotel_by_slug(slug)
    if hotel is None:
        raise HotelNotFound(f"there is no hotel '{slug}'; see `pms hotel list`")
    return hotel


def _resolve_connection(container: Container, text: str) -> Connection:
    try:
        connection = container.directory.connection(UUID(text))
        candidates = [connection] if connection else []
    except ValueError:
        slug, _, name = text.partition("/")
        hotel = get_hotel_by_slug(container, slug)
        connections = container.directory.connections_of_hotel(hotel.id)
        candidates = [each for each in connections if not name or each.name == name]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise ConnectionNotFound(f"there is no connection '{text}'; see `pms connection list`")
    names = ", ".join(f"{text}/{each.name}" for each in candidates)
    raise ConnectionNotFound(f"'{text}' has several connections; name one: {names}")
