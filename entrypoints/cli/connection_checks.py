"""The checks of `pms doctor` on the stored connections: only those that need attention."""

from collections import Counter
from collections.abc import Iterator, Sequence

from domain.connection import PROPERTY_SETTINGS, Connection, ConnectionState
from domain.hotel import Hotel
from entrypoints.wiring.container import Container
from ports.errors import UnknownProvider


def check_connections(container: Container) -> Iterator[dict[str, object]]:
    """A result that begins with "ok" needs no action."""
    directory = container.directory
    for hotel in directory.hotels():
        connections = directory.connections_of_hotel(hotel.id)
        yield from _duplicates(hotel, connections)
        for connection in connections:
            for result in _problems(container, connection):
                yield {"check": f"connection {hotel.slug}/{connection.name}", "result": result}


def _duplicates(hotel: Hotel, connections: Sequence[Connection]) -> Iterator[dict[str, object]]:
    numbers = Counter(connection.provider for connection in connections)
    for provider, number in sorted(numbers.items()):
        if number > 1:
            detail = f"{number} connections of {provider} overwrite each other's bookings; keep one"
            yield {"check": f"hotel {hotel.slug}", "result": f"already_connected: {detail}"}


def _problems(container: Container, connection: Connection) -> Iterator[str]:
    if connection.state is ConnectionState.STOPPED:
        at = connection.stopped_at
        since = f" since {at:%Y-%m-%d %H:%M} UTC" if at else ""
        why = connection.last_error_detail or connection.last_error_code
        yield f"connection_stopped{since}: {why}; then `pms connection test`"
    if connection.property_id is None and _checks_property(container, connection):
        yield "ok, but its property is unknown: data of any property is accepted"


def _checks_property(container: Container, connection: Connection) -> bool:
    """Not before its test, which finds the property."""
    if connection.state is ConnectionState.NEW:
        return False
    try:
        settings = container.providers.get(connection.provider).capabilities.settings
    except UnknownProvider:
        return False
    return any(spec.name in PROPERTY_SETTINGS for spec in settings)
