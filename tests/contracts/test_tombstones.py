"""Tombstones of bookings: every field, their keys, and that no two writers miss each other."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.tombstone import Tombstone
from domain.values import SourceVersion
from tests import builders
from tests.builders import HOUR, T0
from tests.contracts.conftest import HotelFixture


def bare(site: HotelFixture, external_id: str, *, deleted: bool = False) -> Tombstone:
    full = builders.full_tombstone(site.connection, external_id)
    ended = {} if deleted else {"status": BookingStatus.CANCELED}
    snapshot = BookingSnapshot(
        external_id=external_id,
        version=full.snapshot.version,
        deleted=deleted,
        **ended,  # type: ignore[arg-type]  # one field
    )
    return replace(full, snapshot=snapshot, content_version=None)


def load(
    site: HotelFixture, *external_ids: str, exclusive: bool = False
) -> Mapping[str, Tombstone]:
    with site.store.unit_of_work() as uow:
        return uow.tombstones.load(
            site.hotel.id, site.connection.provider, external_ids, exclusive=exclusive
        )


def save(site: HotelFixture, *tombstones: Tombstone) -> None:
    with site.store.unit_of_work() as uow:
        uow.tombstones.save(tombstones)
        uow.commit()


class TestTombstones:
    def test_store_every_field(self, site: HotelFixture) -> None:
        full = builders.full_tombstone(site.connection)
        assert builders.left_at_default(full.snapshot) == []
        save(site, full)
        assert load(site, "B1", "B2") == {"B1": full}

    def test_store_only_what_was_received(self, site: HotelFixture) -> None:
        canceled, deleted = bare(site, "B1"), bare(site, "B2", deleted=True)
        save(site, canceled, deleted)
        assert load(site, "B1", "B2") == {"B1": canceled, "B2": deleted}

    def test_are_overwritten(self, site: HotelFixture) -> None:
        save(site, builders.full_tombstone(site.connection), bare(site, "B2"))
        newer = replace(bare(site, "B1"), content_version=SourceVersion(T0))
        save(site, newer)
        assert load(site, "B1", "B2") == {"B1": newer, "B2": bare(site, "B2")}

    def test_are_removed(self, site: HotelFixture) -> None:
        save(site, bare(site, "B1"), bare(site, "B2"))
        with site.store.unit_of_work() as uow:
            uow.tombstones.remove(site.hotel.id, site.connection.provider, ["B1", "unknown"])
            uow.commit()
        assert load(site, "B1", "B2").keys() == {"B2"}

    def test_are_of_one_hotel_and_provider(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        save(site, bare(site, "B1"))
        assert load(other_site, "B1") == {}
        with site.store.unit_of_work() as uow:
            assert uow.tombstones.load(site.hotel.id, "other", ["B1"], exclusive=False) == {}

    def test_are_purged_by_age(self, site: HotelFixture) -> None:
        old = replace(bare(site, "B1"), recorded_at=T0 - HOUR)
        save(site, old, bare(site, "B2"))
        with site.store.unit_of_work() as uow:
            assert uow.tombstones.purge(recorded_before=T0, limit=5) == 1
            assert uow.tombstones.purge(recorded_before=T0 + timedelta(days=9), limit=0) == 0
            uow.commit()
        assert load(site, "B1", "B2").keys() == {"B2"}

    @pytest.mark.parametrize("exclusive", [True, False])
    def test_are_loaded_once_an_exclusive_writer_has_committed(
        self, site: HotelFixture, exclusive: bool
    ) -> None:
        started = Event()

        def load_meanwhile() -> Mapping[str, Tombstone]:
            started.set()
            return load(site, "B1", exclusive=not exclusive)

        with ThreadPoolExecutor(1) as pool, site.store.unit_of_work() as uow:
            provider = site.connection.provider
            uow.tombstones.load(site.hotel.id, provider, ["B1"], exclusive=exclusive)
            loaded = pool.submit(load_meanwhile)
            assert started.wait(60)
            uow.tombstones.save([bare(site, "B1")])
            uow.commit()
            assert loaded.result(60).keys() == {"B1"}
