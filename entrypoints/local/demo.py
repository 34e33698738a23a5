"""The demo hotels of `pms up`: active simulators, connected like real PMSs.

`demo.json` in the home folder keeps them, so that a later start continues with them.
"""

import fcntl
import json
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from adapters.outbound.private_files import open_private
from adapters.outbound.provider_kit.parsing.local_time import zone
from application.access.issue_token import TokenRequest
from application.connections.add_connection import NewConnection
from domain.access import FULL_READ, Scope
from domain.schedule import Schedule
from entrypoints.wiring.container import Container
from entrypoints.wiring.home_directory import ensure_private_home, replace_private_file
from ports.errors import Misconfigured

DEFAULT_PROVIDER: Final = "mews"
_HOTEL: Final = "demo"
_PARTNER: Final = "demo"
_LOCALES: Final = (
    ("Demo Hotel", "Europe/Berlin", "EUR"),
    ("Demo Hotel Bolzano", "Europe/Rome", "EUR"),
    ("Demo Hotel London", "Europe/London", "GBP"),
    ("Demo Hotel New York", "America/New_York", "USD"),
    ("Demo Hotel Tokyo", "Asia/Tokyo", "JPY"),
    ("Demo Hotel Auckland", "Pacific/Auckland", "NZD"),
    ("Demo Hotel Kuwait", "Asia/Kuwait", "KWD"),
)
"""Name, time zone and currency by hotel number: zones with and without daylight saving time in both
hemispheres, currencies with zero, two and three decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHotel:
    """A simulated hotel. `connection_key` is the secret of its webhook URL, `partner_key` and
    `token` read and sync it. These and `connection_id` are empty until it is connected."""

    provider: str
    slug: str
    name: str
    time_zone: str
    currency: str
    seed: int
    bookings: int
    start_date: str
    simulator_port: int
    connection_id: str = ""
    connection_key: str = ""
    partner_key: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The content of `demo.json`, readable by its owner only.

    The `canonical` credentials push bookings in the canonical format to the first hotel.
    """

    hotels: tuple[DemoHotel, ...] = ()
    canonical_key: str = ""
    canonical_token: str = ""

    def with_hotel(self, hotel: DemoHotel) -> "Demo":
        """Replaces the hotel of the same provider."""
        hotels = (
            hotel if current.provider == hotel.provider else current for current in self.hotels
        )
        return replace(self, hotels=tuple(hotels))


@contextmanager
def hold_instance_lock(home: Path) -> Iterator[None]:
    """Raises Misconfigured if another `pms up` runs in this home."""
    ensure_private_home(home)
    with open(home / "up.lock", "w", opener=open_private) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another `pms up` runs in {home}; stop it or set PMS_HOME"
            raise Misconfigured(message) from error
        yield


def load_demo(home: Path) -> Demo:
    """The demo of this home; without hotels if there is none yet. Raises Misconfigured."""
    path = _demo_file(home)
    if not path.exists():
        return Demo()
    try:
        return _parse_demo(path.read_text(encoding="utf-8"))
    except (ValueError, TypeError, KeyError) as error:
        message = f"{path} is not the file of a demo; restore it, or set PMS_HOME to a new folder"
        raise Misconfigured(message) from error


def _parse_demo(text: str) -> Demo:
    """Raises ValueError, TypeError or KeyError."""
    stored = json.loads(text)
    if "hotels" not in stored:
        return _migrate_single_hotel(stored)
    hotels = tuple(DemoHotel(**hotel) for hotel in stored.pop("hotels"))
    return Demo(hotels=hotels, **stored)


def add_demo_hotels(demo: Demo, providers: Sequence[str], *, bookings: int, now: datetime) -> Demo:
    """Adds a hotel, not yet connected, for each provider that has none."""
    existing = {hotel.provider for hotel in demo.hotels}
    hotels = list(demo.hotels)
    for provider in providers:
        if provider not in existing:
            hotels.append(_new_demo_hotel(provider, len(hotels), bookings=bookings, now=now))
    return replace(demo, hotels=tuple(hotels))


def free_port() -> int:
    """Below the ephemeral range, so that the system gives it to no client."""
    for _ in range(200):
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Misconfigured("no free port between 15000 and 30000")


def connect_demo_hotel(
    container: Container, hotel: DemoHotel, values: Mapping[str, str]
) -> DemoHotel:
    """Creates hotel, connection and token. `values`: the simulator's connection settings."""
    container.add_hotel(
        slug=hotel.slug, name=hotel.name, time_zone=hotel.time_zone, currency=hotel.currency
    )
    added = container.add_connection(
        NewConnection(
            hotel=hotel.slug,
            provider=hotel.provider,
            name=hotel.provider,
            values=values,
            schedule=Schedule(delta_every=timedelta(minutes=1)),
        )
    )
    key, token = _issue_token(container, hotel.slug, hotel.provider, FULL_READ | {Scope.SYNC})
    return replace(
        hotel,
        connection_id=str(added.connection.id),
        connection_key=added.key,
        partner_key=key,
        token=token,
    )


def connect_canonical(container: Container, slug: str) -> tuple[str, str]:
    """Creates a connection for bookings in the canonical format. Returns its partner's key and
    token."""
    container.add_connection(
        NewConnection(
            hotel=slug, provider="canonical", name="canonical", values={}, schedule=Schedule()
        )
    )
    return _issue_token(container, slug, "canonical", FULL_READ | {Scope.INGEST})


def save_demo(home: Path, demo: Demo) -> None:
    """Replaces `demo.json` atomically."""
    replace_private_file(_demo_file(home), json.dumps(asdict(demo), indent=1))


def _new_demo_hotel(provider: str, index: int, *, bookings: int, now: datetime) -> DemoHotel:
    name, time_zone, currency = _LOCALES[index % len(_LOCALES)]
    return DemoHotel(
        provider=provider,
        slug=_HOTEL if provider == DEFAULT_PROVIDER else f"{_HOTEL}-{provider}",
        name=name,
        time_zone=time_zone,
        currency=currency,
        seed=index + 1,
        bookings=bookings,
        start_date=now.astimezone(zone(time_zone)).date().isoformat(),
        simulator_port=free_port(),
    )


def _issue_token(
    container: Container, slug: str, provider: str, scopes: frozenset[Scope]
) -> tuple[str, str]:
    issued = container.issue_token(
        TokenRequest(
            provider=provider,
            partner=_PARTNER,
            hotels=(slug,),
            scopes=scopes,
            lifetime=timedelta(days=365),
        )
    )
    return issued.provider_key_text or "", issued.secret_text


def _migrate_single_hotel(stored: Mapping[str, Any]) -> Demo:
    """Reads the format of earlier versions, which had one simulated Mews hotel."""
    name, time_zone, currency = _LOCALES[0]
    unchanged = ("seed", "bookings", "start_date", "simulator_port", "connection_id")
    hotel = DemoHotel(
        provider="mews",
        slug=_HOTEL,
        name=name,
        time_zone=time_zone,
        currency=currency,
        connection_key=stored["webhook_path"].rpartition("/")[2],
        partner_key=stored["mews_key"],
        token=stored["mews_token"],
        **{field: stored[field] for field in unchanged},
    )
    return Demo(
        hotels=(hotel,),
        canonical_key=stored["canonical_key"],
        canonical_token=stored["canonical_token"],
    )


def _demo_file(home: Path) -> Path:
    return home / "demo.json"
