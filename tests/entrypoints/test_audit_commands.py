"""`pms audit`, and what each command and request writes to the audit log."""

import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from adapters.outbound.persistence import migrations
from domain.audit import AuditAction
from entrypoints.cli.main import main
from tests.entrypoints.test_cli import Pms
from tests.http.test_openapi import OPERATIONS

ACTS: dict[str, str] = {
    "connection add": "connection.added",
    "connection set": "connection.changed",
    "connection rotate-key": "connection.key_rotated",
    "connection test": "connection.tested",
    "connection pause": "connection.paused",
    "connection resume": "connection.resumed",
    "db upgrade": "schema.upgraded",
    "db downgrade": "schema.downgraded",
    "guest export": "guest.exported",
    "guest erase": "guest.erased",
    "hotel add": "hotel.added",
    "hotel disable": "hotel.disabled",
    "hotel enable": "hotel.enabled",
    "hotel retention": "hotel.retention_changed",
    "quarantine replay": "quarantine.replayed",
    "quarantine discard": "quarantine.discarded",
    "quarantine show": "payload.revealed",
    "sync show": "response.revealed",
    "secrets rotate": "secrets.rotated",
    "sync run": "sync.requested",
    "sync reconcile": "sync.requested",
    "token issue": "token.issued",
    "token rotate": "token.rotated",
    "token revoke": "token.revoked",
    "token revoke-key": "key.revoked",
    "POST /api/pms/sync": "sync.requested",
    "POST /api/pms/quarantine/{item_id}/replay": "quarantine.replayed",
    "DELETE /api/pms/quarantine/{item_id}": "quarantine.discarded",
    "POST /api/pms/guests/export": "guest.exported",
    "POST /api/pms/guests/erase": "guest.erased",
}
READS = {
    *("audit list", "connection list", "doctor", "guest find", "guest log", "hotel list"),
    *("hotel show", "map", "provider list", "provider certify", "quarantine list"),
    *("sync status", "token list", "verify"),
    *("GET /api/pms/ingests/{batch_id}", "GET /api/pms/sync/runs"),
    *("GET /api/pms/sync/runs/{run_id}", "GET /api/pms/connections", "GET /api/pms/quarantine"),
    *("GET /healthz", "GET /readyz"),
}
OTHERS = {
    **dict.fromkeys(("web", "worker", "scheduler", "relay"), "a process of the product"),
    "up": "calls the use cases, which record",
    "simulate": "a simulator; not the product's data",
    "provider new": "writes files for a developer",
    **dict.fromkeys(
        (
            "POST /api/pms/{provider}/bookings",
            "POST /api/pms/{provider}/guests",
            "POST /api/pms/{provider}/availability",
            "POST /api/pms/{provider}/webhook/{connection_key}",
            "POST /api/pms/alpinebits",
        ),
        "data of a partner or vendor",
    ),
}


def commands(of: click.Command, path: str = "") -> Iterator[str]:
    if not isinstance(of, click.Group) or path == "simulate":
        yield path
        return
    context = click.Context(of)
    for name in of.list_commands(context):
        command = of.get_command(context, name)
        assert command is not None
        yield from commands(command, f"{path} {name}".strip())


class TestEveryCommandAndRequest:
    def test_is_an_act_or_stated_not_to_be_one(self) -> None:
        """A new command or operation belongs in one of the tables above."""
        requests = {f"{method.upper()} {path}" for method, path in OPERATIONS}
        assert {*ACTS, *READS, *OTHERS} == {*commands(main), *requests}
        assert len(ACTS) + len(READS) + len(OTHERS) == len({*ACTS, *READS, *OTHERS})

    def test_covers_all_actions_but_those_of_retention(self) -> None:
        purges = {AuditAction.QUARANTINE_PURGED, AuditAction.DATA_PURGED}
        assert {*ACTS.values()} | purges == set(AuditAction)


@pytest.fixture
def pms(tmp_path: Path) -> Pms:
    found = Pms(tmp_path / "home", {"USER": "somebody-else", "LOGNAME": "somebody-else"})
    found.json("db", "upgrade")
    place = ("--time-zone", "Europe/Vienna", "--currency", "EUR")
    found.json("hotel", "add", "vienna", "--name", "Hotel Vienna", *place)
    found.json("hotel", "add", "paris", "--name", "Hotel Paris", *place)
    found.json("connection", "add", "vienna", "canonical")
    return found


class TestAuditList:
    def test_shows_who_did_what_from_where(self, pms: Pms) -> None:
        """The user is that of the process, whatever the environment says."""
        pms.json("hotel", "disable", "vienna")
        disabled, *_, upgraded = pms.json("audit", "list")["entries"]
        user = pwd.getpwuid(os.getuid()).pw_name
        for entry in (disabled, upgraded):
            who = (entry["channel"], entry["actor"], entry["actor_label"], entry["address"])
            assert who == ("cli", user, socket.gethostname(), None)
        assert (disabled["act"], disabled["hotel"]) == ("hotel.disabled", "vienna")
        assert (disabled["before"], disabled["after"]) == ({"enabled": True}, {"enabled": False})
        assert (upgraded["act"], upgraded["hotel"]) == ("schema.upgraded", None)
        assert upgraded["before"] == {"version": 0}
        assert upgraded["after"] == {"version": migrations.newest()}

    def test_is_filtered(self, pms: Pms) -> None:
        def acts(*options: str) -> list[str]:
            entries = pms.json("audit", "list", *options)["entries"]
            return [f"{entry['hotel']} {entry['act']}" for entry in entries]

        assert acts("--hotel", "paris") == ["paris hotel.added"]
        assert acts("--act", "connection.added") == ["vienna connection.added"]
        assert len(acts("--actor", socket.gethostname())) == 4
        assert acts("--actor", "somebody-else") == acts("--since", "2999-01-01") == []
        assert len(acts("--since", "2026-01-01T00:00")) == 4

    def test_is_paged(self, pms: Pms) -> None:
        everything = pms.json("audit", "list")
        assert everything["next_after"] is None
        seen, options = [], ["--limit", "3"]
        while True:
            page = pms.json("audit", "list", *options)
            seen += page["entries"]
            if page["next_after"] is None:
                break
            options = ["--limit", "3", "--after", page["next_after"]]
        assert seen == everything["entries"]
        assert len(seen) == 4
        assert "--after" in pms.run("audit", "list", "--limit", "3").stderr

    def test_prints_a_table(self, pms: Pms) -> None:
        shown = pms.run("audit", "list", "--act", "connection.added").stdout
        assert "vienna/canonical" in shown
        assert "webhook_key=set" in shown
        assert pms.run("audit", "list", "--since", "2999-01-01").stdout == "No acts found.\n"

    def test_rejects_an_unknown_entry_and_hotel(self, pms: Pms) -> None:
        unknown = "01a204fe-56c9-71f6-ad8e-84b79b97124a"
        assert "[not_found]" in pms.error_line("audit", "list", "--after", unknown)
        assert "[hotel_not_found]" in pms.error_line("audit", "list", "--hotel", "nowhere")


class TestSchemaChanges:
    def test_are_recorded_once(self, pms: Pms) -> None:
        pms.json("db", "upgrade")
        newest, last = migrations.newest(), migrations.newest() - 1
        pms.json("db", "downgrade", str(last), "--yes")
        pms.json("db", "upgrade")
        entries = pms.json("audit", "list")["entries"]
        changes = [each for each in entries if each["act"].startswith("schema.")]
        acts = [each["act"].removeprefix("schema.") for each in changes]
        assert acts == ["upgraded", "downgraded", "upgraded"]
        assert (changes[0]["before"], changes[0]["after"]) == (
            {"version": last},
            {"version": newest},
        )
