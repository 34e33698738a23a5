"""The demo hotels of `pms up`: simulated PMSs that live, connected like real ones.

What a home has is kept in its `demo.json`, so that a later start goes on where this one ended.
"""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from adapters.outbound.provider_kit.local_time import zone
from application.add_connection import NewConnection
from application.issue_token import TokenRequest
from domain.access import Scope
from domain.sync import Schedule
from entrypoints.container import Container
from entrypoints.home import private_home
from ports.errors import Misconfigured

DEFAULT_PROVIDER: Final = "mews"
_HOTEL: Final = "demo"
_PARTNER: Final = "demo"
_PLACES: Final = (
    ("Demo Hotel", "Europe/Berlin", "EUR"),
    ("Demo Hotel Bolzano", "Europe/Rome", "EUR"),
    ("Demo Hotel London", "Europe/London", "GBP"),
    ("Demo Hotel New York", "America/New_York", "USD"),
    ("Demo Hotel Tokyo", "Asia/Tokyo", "JPY"),
    ("Demo Hotel Auckland", "Pacific/Auckland", "NZD"),
    ("Demo Hotel Kuwait", "Asia/Kuwait", "KWD"),
)
"""Name, time zone, currency of the first hotel, the second, …: zones with and without summer time
on both halves of the globe, currencies with no, two and three decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHotel:
    """One simulated hotel. `connection_key` is the secret of its webhook URL, `partner_key` and
    `token` read and sync it; these and `connection_id` are empty until it is connected."""

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
    """What a later start needs to go on: kept in the home folder, readable by its owner only.

    The `canonical` credentials push bookings of our own format to the first hotel: a token is for
    one provider.
    """

    hotels: tuple[DemoHotel, ...] = ()
    canonical_key: str = ""
    canonical_token: str = ""

    def changed(self, hotel: DemoHotel) -> "Demo":
        """With this one in place of that of the same provider."""
        hotels = (hotel if old.provider == hotel.provider else old for old in self.hotels)
        return replace(self, hotels=tuple(hotels))


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Raises Misconfigured where another `pms up` runs in this home."""
    private_home(home)
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another `pms up` runs in {home}; stop it or set PMS_HOME"
            raise Misconfigured(message) from error
        yield


def remembered(home: Path) -> Demo:
    """The demo of this home; one without hotels where there was none yet."""
    path = _file(home)
    if not path.exists():
        return Demo()
    kept = json.loads(path.read_text())
    if "hotels" not in kept:
        return _of_one_hotel(kept)
    hotels = tuple(DemoHotel(**hotel) for hotel in kept.pop("hotels"))
    return Demo(hotels=hotels, **kept)


def with_hotels_of(demo: Demo, providers: Sequence[str], *, bookings: int, now: datetime) -> Demo:
    """Those that it has, and the beginnings of one for each provider that it has none of."""
    has = {hotel.provider for hotel in demo.hotels}
    hotels = list(demo.hotels)
    for provider in providers:
        if provider not in has:
            hotels.append(_begun(provider, len(hotels), bookings=bookings, now=now))
    return replace(demo, hotels=tuple(hotels))


def free_port() -> int:
    """Below the ephemeral range, so that no client is given it as its own."""
    for _ in range(200):
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Misconfigured("no free port between 15000 and 30000")


def connected(container: Container, hotel: DemoHotel, values: Mapping[str, str]) -> DemoHotel:
    """With hotel, connection and token, made now. `values`: what the simulator told."""
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
    key, token = _issued(container, hotel.slug, hotel.provider, {Scope.READ, Scope.SYNC})
    return replace(
        hotel,
        connection_id=str(added.connection.id),
        connection_key=added.key,
        partner_key=key,
        token=token,
    )


def with_canonical(container: Container, demo: Demo) -> Demo:
    """With a connection for bookings of our own format, made now."""
    slug = demo.hotels[0].slug
    container.add_connection(
        NewConnection(
            hotel=slug, provider="canonical", name="canonical", values={}, schedule=Schedule()
        )
    )
    key, token = _issued(container, slug, "canonical", {Scope.INGEST, Scope.READ})
    return replace(demo, canonical_key=key, canonical_token=token)


def keep(home: Path, demo: Demo) -> None:
    """In place of what was kept; a crash leaves the one or the other."""
    path = _file(home)
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(demo), file, indent=1)
    fresh.replace(path)


def _begun(provider: str, index: int, *, bookings: int, now: datetime) -> DemoHotel:
    name, time_zone, currency = _PLACES[index % len(_PLACES)]
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


def _issued(container: Container, slug: str, provider: str, scopes: set[Scope]) -> tuple[str, str]:
    issued = container.issue_token(
        TokenRequest(
            provider=provider,
            partner=_PARTNER,
            hotels=(slug,),
            scopes=frozenset(scopes),
            lifetime=timedelta(days=365),
        )
    )
    return issued.provider_key_text or "", issued.secret_text


def _of_one_hotel(kept: Mapping[str, Any]) -> Demo:
    """What was kept before there could be several hotels: always one simulated Mews."""
    name, time_zone, currency = _PLACES[0]
    hotel = DemoHotel(
        provider="mews",
        slug=_HOTEL,
        name=name,
        time_zone=time_zone,
        currency=currency,
        seed=kept["seed"],
        bookings=kept["bookings"],
        start_date=kept["start_date"],
        simulator_port=kept["simulator_port"],
        connection_id=kept["connection_id"],
        connection_key=kept["webhook_path"].rpartition("/")[2],
        partner_key=kept["mews_key"],
        token=kept["mews_token"],
    )
    return Demo(
        hotels=(hotel,),
        canonical_key=kept["canonical_key"],
        canonical_token=kept["canonical_token"],
    )


def _file(home: Path) -> Path:
    return home / "demo.json"
