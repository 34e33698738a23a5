"""The container of one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from application.errors import ConnectionNotFound, HotelNotFound
from domain.connection import Connection
from domain.hotel import Hotel
from entrypoints.wiring.container import Container
from entrypoints.wiring.logging_config import configure_logging
from entrypoints.wiring.settings import load_settings


@contextmanager
def open_container(*, log_level: str = "ERROR") -> Iterator[Container]:
    """Commands tell what happened on their own; the log is for the servers."""
    settings = load_settings()
    configure_logging(log_level, process="cli")
    container = Container(settings)
    try:
        yield container
    finally:
        container.close()


def get_hotel_by_slug(container: Container, slug: str) -> Hotel:
    """Raises HotelNotFound."""
    hotel = container.directory.hotel_by_slug(slug)
    if hotel is None:
        raise HotelNotFound(f"there is no hotel '{slug}'; see `pms hotel list`")
    return hotel


def resolve_connection(container: Container, text: str) -> Connection:
    """By its id, or HOTEL/NAME, or HOTEL where it has one only. Raises ConnectionNotFound."""
    try:
        found = container.directory.connection(UUID(text))
        candidates = [found] if found else []
    except ValueError:
        slug, _, name = text.partition("/")
        hotel = get_hotel_by_slug(container, slug)
        every = container.directory.connections_of_hotel(hotel.id)
        candidates = [c for c in every if not name or c.name == name]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise ConnectionNotFound(f"there is no connection '{text}'; see `pms connection list`")
    names = ", ".join(f"{text}/{c.name}" for c in candidates)
    raise ConnectionNotFound(f"'{text}' has several connections, name one: {names}")
