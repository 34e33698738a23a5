"""The audit log."""

from dataclasses import replace

import pytest

from adapters.outbound.persistence.store import Store
from ports.errors import AlreadyExists, PortError
from tests import builders
from tests.builders import HOUR, T0
from tests.contracts.conftest import HotelFixture


class TestAuditLog:
    def test_lists_the_newest_entries_of_a_hotel(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        entries = [builders.audit_entry(site.hotel, at=T0 + n * HOUR) for n in (1, 0, 2)]
        foreign = builders.audit_entry(other_site.hotel)
        of_no_hotel = replace(builders.audit_entry(site.hotel), hotel_id=None, details={})
        with site.store.unit_of_work() as uow:
            uow.audit_log.add([*entries, foreign, of_no_hotel])
            uow.audit_log.add([])
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert list(uow.audit_log.of_hotel(site.hotel.id, limit=2)) == [entries[2], entries[0]]

    def test_never_overwrites_an_entry(self, site: HotelFixture) -> None:
        entry = builders.audit_entry(site.hotel)
        with site.store.unit_of_work() as uow:
            uow.audit_log.add([entry])
            uow.commit()
        with site.store.unit_of_work() as uow, pytest.raises(AlreadyExists):
            uow.audit_log.add([replace(entry, subject="other")])

    @pytest.mark.parametrize(
        "statement", ["UPDATE audit_log SET actor = ''", "DELETE FROM audit_log"]
    )
    def test_is_append_only_in_the_database(self, site: HotelFixture, statement: str) -> None:
        with site.store.unit_of_work() as uow:
            uow.audit_log.add([builders.audit_entry(site.hotel)])
            uow.commit()
        if not isinstance(site.store, Store):
            return
        with site.store.unit_of_work() as uow, pytest.raises(PortError):
            uow.open_session.run(statement)
