"""The audit log."""

from dataclasses import replace

import pytest

from adapters.outbound.persistence.store import Store
from domain.audit import RETENTION, AuditAction, AuditEntry
from ports.audit import AuditFilter
from ports.errors import AlreadyExists, PortError
from tests import builders
from tests.builders import HOUR, T0
from tests.contracts.conftest import HotelFixture

SESSIONS = ("SqliteSession", "PostgresSession")
STATEMENTS = [
    dict.fromkeys(SESSIONS, "UPDATE audit_log SET actor = ''"),
    dict.fromkeys(SESSIONS, "DELETE FROM audit_log"),
    # Neither of these calls a trigger for deleted rows.
    {
        "SqliteSession": "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log",
        "PostgresSession": "TRUNCATE audit_log",
    },
]


def add(site: HotelFixture, *entries: AuditEntry) -> None:
    with site.store.unit_of_work() as uow:
        uow.audit_log.add(entries)
        uow.commit()


def find(site: HotelFixture, *, limit: int = 99, **wanted: object) -> list[AuditEntry]:
    with site.store.unit_of_work() as uow:
        return list(uow.audit_log.find(AuditFilter(**wanted), limit=limit))  # type: ignore[arg-type]


class TestAuditLog:
    def test_lists_the_newest_entries_of_a_hotel(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        entries = [builders.audit_entry(site.hotel, at=T0 + n * HOUR) for n in (1, 0, 2)]
        foreign = builders.audit_entry(other_site.hotel)
        of_no_hotel = replace(
            builders.audit_entry(site.hotel), hotel_id=None, before={}, after={}, details={}
        )
        add(site, *entries, foreign, of_no_hotel)
        add(site)
        assert find(site, hotel_id=site.hotel.id, limit=2) == [entries[2], entries[0]]
        assert of_no_hotel in find(site)

    def test_is_filtered(self, site: HotelFixture) -> None:
        entry = builders.audit_entry(site.hotel)
        purged = builders.audit_entry(
            site.hotel, at=T0 + HOUR, actor=RETENTION, action=AuditAction.QUARANTINE_PURGED
        )
        add(site, entry, purged)
        assert find(site, actor="retention") == [purged]
        assert find(site, actor=entry.actor.name) == find(site, actor=entry.actor.label) == [entry]
        assert find(site, action=AuditAction.QUARANTINE_DISCARDED) == [entry]
        assert find(site, since=T0 + HOUR) == [purged]
        assert find(site, since=T0 + HOUR, actor="a token") == []

    def test_is_paged_also_within_one_instant(self, site: HotelFixture) -> None:
        entries = [builders.audit_entry(site.hotel, at=T0 + n // 3 * HOUR) for n in range(7)]
        add(site, *entries)
        seen = find(site, limit=2)
        while page := find(site, limit=2, before=(seen[-1].at, seen[-1].id)):
            seen += page
        assert seen == sorted(entries, key=lambda each: (each.at, each.id), reverse=True)

    def test_gives_an_entry_by_its_id(self, site: HotelFixture) -> None:
        entry = builders.audit_entry(site.hotel)
        add(site, entry)
        with site.store.unit_of_work() as uow:
            assert uow.audit_log.get(entry.id) == entry
            assert uow.audit_log.get(builders.new_id()) is None

    def test_never_overwrites_an_entry(self, site: HotelFixture) -> None:
        entry = builders.audit_entry(site.hotel)
        add(site, entry)
        with site.store.unit_of_work() as uow, pytest.raises(AlreadyExists):
            uow.audit_log.add([replace(entry, subject="other")])

    @pytest.mark.parametrize("statements", STATEMENTS)
    def test_is_append_only_in_the_database(
        self, site: HotelFixture, statements: dict[str, str]
    ) -> None:
        entry = builders.audit_entry(site.hotel)
        add(site, entry)
        if not isinstance(site.store, Store):
            return
        with site.store.unit_of_work() as uow, pytest.raises(PortError):
            uow.open_session.run(statements[type(uow.open_session).__name__])
        assert find(site) == [entry]
