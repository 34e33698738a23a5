"""The demo hotel of `pms up`: a simulated Mews that lives, connected like a real one."""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from application.add_connection import NewConnection
from application.issue_token import TokenRequest
from domain.access import Scope
from domain.sync import Schedule
from entrypoints.container import Container
from entrypoints.home import private_home
from ports.errors import Misconfigured

HOTEL: Final = "demo"
TIME_ZONE: Final = "Europe/Berlin"
CURRENCY: Final = "EUR"
_PARTNER: Final = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What a later start needs to go on: kept in the home folder, readable by its owner only.

    The `canonical` credentials push bookings of our own format, the `mews` ones read and sync
    the simulated hotel: a token is for one provider.
    """

    seed: int
    bookings: int
    start_date: str
    simulator_port: int
    webhook_path: str = ""
    connection_id: str = ""
    canonical_key: str = ""
    canonical_token: str = ""
    mews_key: str = ""
    mews_token: str = ""


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


def remembered(home: Path, *, bookings: int, today: date) -> Demo:
    """The demo of this home, or the beginnings of a new one."""
    path = _file(home)
    if path.exists():
        return Demo(**json.loads(path.read_text()))
    return Demo(
        seed=1,
        bookings=bookings,
        start_date=today.isoformat(),
        simulator_port=free_port(),
    )


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


def connected(container: Container, demo: Demo) -> Demo:
    """With hotel, connections and tokens; they are made at the first start."""
    if demo.mews_token:
        return demo
    hotel = container.add_hotel(
        slug=HOTEL, name="Demo Hotel", time_zone=TIME_ZONE, currency=CURRENCY
    )
    mews = container.add_connection(
        NewConnection(
            hotel=hotel.slug,
            provider="mews",
            name="mews",
            values={
                "base_url": f"http://127.0.0.1:{demo.simulator_port}",
                "client_token": f"simulated-client-{demo.seed}",
                "access_token": f"simulated-access-{demo.seed}",
            },
            schedule=Schedule(delta_every=timedelta(minutes=1)),
        )
    )
    container.add_connection(
        NewConnection(
            hotel=hotel.slug,
            provider="canonical",
            name="canonical",
            values={},
            schedule=Schedule(),
        )
    )
    pushes = _issued(container, "canonical", {Scope.INGEST, Scope.READ})
    reads = _issued(container, "mews", {Scope.READ, Scope.SYNC})
    made = Demo(
        seed=demo.seed,
        bookings=demo.bookings,
        start_date=demo.start_date,
        simulator_port=demo.simulator_port,
        webhook_path=f"/api/pms/mews/webhook/{mews.key}",
        connection_id=str(mews.connection.id),
        canonical_key=pushes[0],
        canonical_token=pushes[1],
        mews_key=reads[0],
        mews_token=reads[1],
    )
    _keep(container.settings.home, made)
    return made


def _issued(container: Container, provider: str, scopes: set[Scope]) -> tuple[str, str]:
    issued = container.issue_token(
        TokenRequest(
            provider=provider,
            partner=_PARTNER,
            hotels=(HOTEL,),
            scopes=frozenset(scopes),
            lifetime=timedelta(days=365),
        )
    )
    return issued.provider_key_text or "", issued.secret_text


def _file(home: Path) -> Path:
    return home / "demo.json"


def _keep(home: Path, demo: Demo) -> None:
    handle = os.open(_file(home), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(demo), file, indent=1)
