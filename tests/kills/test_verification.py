"""The verification of the campaigns finds what it is there for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entrypoints.processes.wsgi import build_web_app
from tests import raw_sql
from tests.kills.installation import KillsInstallation, kills_installation
from tests.kills.ledger import Write
from tests.kills.verification import Verdict

NO_REDIS = "redis://127.0.0.1:1"
EVENTS = "type = 'pms.booking.synced'"


@pytest.fixture
def installation(upgraded_sqlite_url: str, tmp_path: Path) -> Iterator[KillsInstallation]:
    """Two hotels with two versions of two bookings each, acknowledged and delivered."""
    with kills_installation(upgraded_sqlite_url, NO_REDIS, tmp_path, partners=2) as installation:
        with build_web_app(installation.app.container).test_client() as client:
            for partner in installation.partners:
                for version in (1, 2):
                    writes = [Write(partner.hotel, f"B-{n}", version) for n in range(2)]
                    partner.ledger.sent(writes)
                    answer = client.post(
                        "/api/pms/canonical/bookings",
                        json=[write.payload() for write in writes],
                        headers=partner.credentials(),
                    )
                    assert answer.status_code == 200
                    partner.ledger.acknowledged(writes)
        installation.relay_here()
        yield installation


def verdict_after(installation: KillsInstallation, statement: str, *values: object) -> Verdict:
    assert raw_sql.write(installation.url, statement, *values)
    return installation.verify()


def last_event(installation: KillsInstallation) -> tuple[int, dict[str, Any]]:
    statement = f"SELECT position, body FROM outbox WHERE {EVENTS} ORDER BY position"
    position, body = raw_sql.read(installation.url, statement)[-1]
    return position, json.loads(body)


class TestVerification:
    def test_passes_what_was_stored_and_delivered_once(
        self, installation: KillsInstallation
    ) -> None:
        assert installation.verify() == Verdict()

    def test_finds_a_lost_booking(self, installation: KillsInstallation) -> None:
        lost = "DELETE FROM bookings WHERE external_id = 'B-1'"
        assert verdict_after(installation, lost).lost == 2

    def test_finds_an_older_version(self, installation: KillsInstallation) -> None:
        installation.ledger.acknowledged([Write("pushed-0", "B-0", 3)])
        assert installation.verify() == Verdict(lost=1)

    def test_finds_content_of_another_hotel(self, installation: KillsInstallation) -> None:
        crossed = (
            "UPDATE bookings SET confirmation_number = 'pushed-1/B-0/2' "
            "WHERE confirmation_number = 'pushed-0/B-0/2'"
        )
        assert verdict_after(installation, crossed) == Verdict(crossed=1)

    def test_finds_a_version_that_was_never_sent(self, installation: KillsInstallation) -> None:
        strange = "UPDATE bookings SET version_sequence = 9 WHERE confirmation_number LIKE %s"
        verdict = verdict_after(installation, strange, "pushed-0/B-0/%")
        assert (verdict.never_sent, verdict.without_event) == (1, 1)

    def test_finds_a_change_without_its_event(self, installation: KillsInstallation) -> None:
        position, _ = last_event(installation)
        verdict = verdict_after(installation, "DELETE FROM outbox WHERE position = %s", position)
        assert (verdict.without_event, verdict.never_published) == (2, 1)

    def test_finds_a_change_committed_twice(self, installation: KillsInstallation) -> None:
        position, event = last_event(installation)
        again = json.dumps(event | {"id": "again"})
        insert = (
            "INSERT INTO outbox (hotel_id, id, type, ordering_key, created_at, body, delivered_at) "
            "SELECT hotel_id, 'again', type, ordering_key, created_at, %s, 1 FROM outbox "
            "WHERE position = %s"
        )
        verdict = verdict_after(installation, insert, again, position)
        assert (verdict.doubled, verdict.undelivered) == (1, 1)

    def test_finds_an_event_that_was_not_delivered(self, installation: KillsInstallation) -> None:
        lines = installation.events.read_text().splitlines(keepends=True)
        installation.events.write_text("".join(lines[:-1]))
        assert installation.verify() == Verdict(undelivered=1)

    def test_finds_events_out_of_order(self, installation: KillsInstallation) -> None:
        lines = installation.events.read_text().splitlines(keepends=True)
        installation.events.write_text("".join(reversed(lines)))
        assert installation.verify() == Verdict(out_of_order=4)

    def test_allows_events_delivered_again(self, installation: KillsInstallation) -> None:
        text = installation.events.read_text()
        installation.events.write_text(text + text)
        assert installation.verify() == Verdict()

    def test_finds_an_event_of_another_hotel(self, installation: KillsInstallation) -> None:
        ids = [hotel_id.hex for hotel_id in installation.hotel_ids]
        position, _ = last_event(installation)
        crossed = "UPDATE outbox SET hotel_id = %s WHERE position = %s"
        assert verdict_after(installation, crossed, ids[0], position).crossed == 1
