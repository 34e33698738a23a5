"""Providers' error responses in their own words."""

from dataclasses import replace

import pytest

from adapters.outbound.persistence.store import Store
from ports.errors import Unsealable
from tests import builders
from tests.builders import HOUR, T0
from tests.contracts.conftest import HotelFixture


class TestVendorErrorTexts:
    def test_keep_the_newest_of_a_subject(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        first = builders.vendor_error_text(site.connection)
        second = replace(first, text="second", received_at=T0 + HOUR)
        with site.store.unit_of_work() as uow:
            uow.vendor_error_texts.keep([])
            uow.vendor_error_texts.keep([first])
            uow.vendor_error_texts.keep([second])
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.vendor_error_texts.get(site.hotel.id, first.subject_id) == second
            assert uow.vendor_error_texts.get(other_site.hotel.id, first.subject_id) is None

    def test_are_purged_by_age_in_batches(self, site: HotelFixture) -> None:
        texts = [
            builders.vendor_error_text(site.connection, received_at=T0 + n * HOUR)
            for n in (2, 0, 1)
        ]
        with site.store.unit_of_work() as uow:
            uow.vendor_error_texts.keep(texts)
            uow.commit()
        with site.store.unit_of_work() as uow:
            before = T0 + 2 * HOUR
            assert uow.vendor_error_texts.purge(received_before=before, limit=1) == 1
            held = [uow.vendor_error_texts.get(site.hotel.id, each.subject_id) for each in texts]
            assert held == [texts[0], None, texts[2]]
            assert uow.vendor_error_texts.purge(received_before=before, limit=9) == 1
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.vendor_error_texts.get(site.hotel.id, texts[0].subject_id) == texts[0]

    def test_are_deleted_of_one_hotel(self, site: HotelFixture, other_site: HotelFixture) -> None:
        text = builders.vendor_error_text(site.connection)
        foreign = builders.vendor_error_text(other_site.connection)
        with site.store.unit_of_work() as uow:
            uow.vendor_error_texts.keep([text, foreign])
            uow.vendor_error_texts.delete_of_hotel(site.hotel.id)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.vendor_error_texts.get(site.hotel.id, text.subject_id) is None
            found = uow.vendor_error_texts.get(other_site.hotel.id, foreign.subject_id)
            assert found == foreign

    @pytest.mark.parametrize("column", ["hotel_id", "connection_id", "subject_id"])
    def test_open_only_for_their_owner(
        self, site: HotelFixture, other_site: HotelFixture, column: str
    ) -> None:
        if not isinstance(site.store, Store):
            return
        text = builders.vendor_error_text(site.connection, text="Ada Aalto")
        other = other_site.hotel.id if column == "hotel_id" else other_site.connection.id
        with site.store.unit_of_work() as uow:
            uow.vendor_error_texts.keep([text])
            uow.commit()
        with site.store.unit_of_work() as uow:
            [(sealed,)] = uow.open_session.rows("SELECT sealed_text FROM vendor_error_texts", ())
            assert b"Ada" not in bytes(sealed)
            uow.open_session.run(f"UPDATE vendor_error_texts SET {column} = %s", (other.hex,))
            owner = other if column == "hotel_id" else text.hotel_id
            subject = other if column == "subject_id" else text.subject_id
            with pytest.raises(Unsealable):
                uow.vendor_error_texts.get(owner, subject)
