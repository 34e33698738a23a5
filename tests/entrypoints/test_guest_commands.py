"""`pms guest`, `pms secrets` and tokens for all providers, on the command line."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.outbound.security.sealing import new_key
from application.access.authenticate import Principal
from application.ingest.ingest_items import Push
from domain.messages import ItemKind
from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import load_settings
from tests.entrypoints.test_cli import Pms

PUSHED = {
    ItemKind.GUEST: {"external_id": "G1", "first_name": "Ada", "last_name": "Lovelace"},
    ItemKind.BOOKING: {
        "external_id": "B1",
        "status": "CONFIRMED",
        "stay": {"arrival": "2026-03-10", "departure": "2026-03-12"},
        "primary_guest": {"guest_id": "G1", "last_name": "Lovelace"},
    },
}
ADAS = (b"Lovelace", b"ada@mail", b"of Ada")
ADA = ("vienna", "--provider", "canonical", "--external-id", "G1")


@pytest.fixture
def pms(tmp_path: Path) -> Pms:
    """A hotel with a guest and a booking."""
    found = Pms(tmp_path / "home")
    found.json("db", "upgrade")
    place = ("--time-zone", "Europe/Vienna", "--currency", "EUR")
    found.json("hotel", "add", "vienna", "--name", "Hotel Vienna", *place)
    found.json("connection", "add", "vienna", "canonical")
    return found


@pytest.fixture
def with_guest(pms: Pms) -> Pms:
    push_versions(pms, [{}])
    return pms


def push_versions(pms: Pms, contents: Sequence[Mapping[str, str]]) -> None:
    """Guest and booking with each content in turn, which is the guest's."""
    issued = pms.json("token", "issue", "vienna", "--provider", "canonical")
    container = Container(load_settings({"PMS_HOME": str(pms.home)}))
    principal = container.authenticate(provider_key=issued["provider_key"], token=issued["token"])
    for minute, content in enumerate(contents):
        version = {"source_version": {"updated_at": f"2026-03-01T10:{minute:02}:00Z"}}
        for kind, item in PUSHED.items():
            of_guest = content if kind is ItemKind.GUEST else {}
            push_item(container, principal, kind, {**item, **version, **of_guest})
    container.close()


def files_with(home: Path, *texts: bytes) -> list[str]:
    """The database files that contain one of these texts."""
    found = [
        file for file in home.glob("pms.sqlite*") if any(t in file.read_bytes() for t in texts)
    ]
    return [file.name for file in found]


def push_item(
    container: Container, principal: Principal, kind: ItemKind, item: dict[str, object]
) -> None:
    body = json.dumps(item).encode()
    push = Push(provider="canonical", kind=kind, body=body, correlation_id="test")
    assert container.ingest_items(principal, push).all_understood


class TestGuest:
    def test_is_found_exported_and_erased(self, with_guest: Pms) -> None:
        pms = with_guest
        found = pms.json("guest", "find", "vienna", "lovelace")
        assert [(row["guest_id"], row["booking_id"]) for row in found] == [
            ("G1", None),
            ("G1", "B1"),
        ]
        exported = pms.json("guest", "export", *ADA)
        assert exported["guests"][0]["last_name"] == "Lovelace"
        erased = pms.json("guest", "erase", *ADA, "--yes")
        assert (erased["guests"], erased["bookings"]) == (1, 1)
        assert pms.json("guest", "find", "vienna", "lovelace") == []
        log = pms.json("guest", "log", "vienna")
        assert [row["action"] for row in log] == ["erased", "exported"]
        assert all(row["actor"].startswith("command line, ") for row in log)

    def test_leaves_no_bytes_of_the_erased_in_the_database_files(self, pms: Pms) -> None:
        """Its rows grow and move between pages before, and another process keeps the write-ahead
        log open."""
        contents = [{"notes": f"{'x' * length} of Ada"} for length in (50, 2_000, 9_000, 70)]
        with closing(Container(load_settings({"PMS_HOME": str(pms.home)}))) as other:
            assert other.directory.hotels()
            push_versions(pms, [{**each, "email": "ada@mail.example"} for each in contents])
            assert files_with(pms.home, *ADAS)
            pms.json("guest", "erase", *ADA, "--yes")
            assert (pms.home / "pms.sqlite3-wal").exists()
            assert files_with(pms.home, *ADAS) == []

    def test_is_erased_after_a_confirmation_only(self, with_guest: Pms) -> None:
        assert with_guest.run("guest", "erase", *ADA).exit_code == 1
        assert with_guest.json("guest", "find", "vienna", "lovelace")

    def test_that_is_unknown_is_an_error(self, pms: Pms) -> None:
        assert "pms guest find" in pms.error_line("guest", "export", *ADA)
        assert "pms guest find" in pms.error_line("guest", "erase", *ADA, "--yes")
        pms.error_line("guest", "export", *ADA[:3])


class TestSecrets:
    def test_are_sealed_anew_so_that_the_old_key_can_go(self, with_guest: Pms) -> None:
        old = (with_guest.home / "secret_keys").read_text().strip()
        new = new_key("second")
        both = {"PMS_SECRET_KEYS": f"{new},{old}"}
        rotated = with_guest.run("secrets", "rotate", "--json", **both)
        assert json.loads(rotated.stdout)["resealed"] >= 3
        only_new = {"PMS_SECRET_KEYS": new}
        shown = with_guest.run("guest", "export", *ADA, "--json", **only_new)
        assert "Lovelace" in json.loads(shown.stdout)["received"][0]["payload"]

    def test_that_no_key_opens_are_reported(self, with_guest: Pms) -> None:
        result = with_guest.run("secrets", "rotate", "--json", PMS_SECRET_KEYS=new_key("second"))
        assert result.exit_code == 1
        assert json.loads(result.stdout)["unreadable"] >= 3


class TestTokenForAllProviders:
    def test_reads_by_default(self, pms: Pms) -> None:
        issued = pms.json("token", "issue", "vienna", "--all-providers")
        assert issued["scopes"] == ["read"]
        [listed] = pms.json("token", "list", "vienna")
        assert listed["provider"] == "all"
        pms.json("token", "revoke-key", "all", "default")

    def test_cannot_write(self, pms: Pms) -> None:
        pms.error_line("token", "issue", "vienna", "--all-providers", "--scope", "sync")

    @pytest.mark.parametrize("provider", [(), ("--all-providers", "--provider", "canonical")])
    def test_is_chosen_instead_of_a_provider(self, pms: Pms, provider: tuple[str, ...]) -> None:
        assert pms.run("token", "issue", "vienna", *provider).exit_code == 2
