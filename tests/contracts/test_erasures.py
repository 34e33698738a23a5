"""Erased identities, and the rows of a person in the other stores."""

from dataclasses import replace
from threading import Event, Thread

import pytest

from application.access.rotate_secrets import RotateSecrets, RotationResult
from domain.erasure import PrivacyAction
from domain.messages import ERASED_BODY, InboxState, ItemKind
from domain.snapshots import Party, PartyRole
from ports.administration import KeyState
from ports.errors import Unsealable
from tests import builders
from tests.builders import DAY, HOUR, T0
from tests.contracts.conftest import HotelFixture

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
HASHES = {"a" * 64, "b" * 64}
SPECIAL_IDS = ("G1", 'quoted "id"', "100%_!", "Gäste-1", "back\\slash", "x" * 200)


class TestErasureKey:
    def test_is_stored_once_per_hotel(self, site: HotelFixture, other_site: HotelFixture) -> None:
        for key in (KEY, OTHER_KEY):
            with site.store.unit_of_work() as uow:
                uow.erasures.add_key(site.hotel.id, key)
                uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.erasures.key(site.hotel.id) == KEY
            assert uow.erasures.lock_key(site.hotel.id) == KEY
            assert uow.erasures.key(other_site.hotel.id) is None
            with pytest.raises(Unsealable):
                uow.erasures.lock_key(other_site.hotel.id)

    def test_makes_readers_wait_for_an_erasure(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow:
            uow.erasures.add_key(site.hotel.id, KEY)
            uow.commit()
        seen: list[frozenset[str]] = []
        started = Event()

        def read() -> None:
            started.set()
            with site.store.unit_of_work() as uow:
                uow.erasures.key(site.hotel.id)
                seen.append(uow.erasures.among(site.hotel.id, HASHES))

        with site.store.unit_of_work() as uow:
            uow.erasures.lock_key(site.hotel.id)
            reader = Thread(target=read)
            reader.start()
            started.wait(60)
            uow.erasures.add(site.hotel.id, HASHES, at=T0)
            uow.commit()
        reader.join(60)
        assert seen == [HASHES]


class TestErasedIdentities:
    def test_are_found_at_their_hotel_only(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        for _ in range(2):
            with site.store.unit_of_work() as uow:
                uow.erasures.add(site.hotel.id, HASHES, at=T0)
                uow.erasures.add(site.hotel.id, (), at=T0)
                uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.erasures.among(site.hotel.id, {*HASHES, "c" * 64}) == HASHES
            assert uow.erasures.among(site.hotel.id, ()) == frozenset()
            assert uow.erasures.among(other_site.hotel.id, HASHES) == frozenset()


class TestPrivacyRequests:
    def test_are_listed_newest_first(self, site: HotelFixture, other_site: HotelFixture) -> None:
        first = builders.privacy_request(site.hotel)
        second = builders.privacy_request(site.hotel, action=PrivacyAction.EXPORTED)
        with site.store.unit_of_work() as uow:
            for each in (first, second, builders.privacy_request(other_site.hotel)):
                uow.erasures.record(each)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert list(uow.erasures.requests(site.hotel.id)) == [second, first]


class TestBookingsOfGuests:
    @pytest.mark.parametrize("guest_id", SPECIAL_IDS)
    def test_are_found_by_any_role(self, site: HotelFixture, guest_id: str) -> None:
        party, other = Party(guest_id=guest_id), Party(guest_id=f"{guest_id}9"[:200] + "9")
        companion = replace(party, role=PartyRole.COMPANION)
        bookings = {
            name: builders.booking(site.connection, external_id=name)
            for name in ("primary", "further", "other")
        }
        details = bookings["primary"].details
        site.save(
            replace(bookings["primary"], details=replace(details, primary_guest=party)),
            replace(
                bookings["further"],
                details=replace(details, primary_guest=other, further_guests=(companion,)),
            ),
            replace(bookings["other"], details=replace(details, primary_guest=other)),
        )
        provider = site.connection.provider
        with site.store.unit_of_work() as uow:
            found = uow.bookings.of_guests(site.hotel.id, provider, {guest_id})
            assert {booking.external_id for booking in found} == {"primary", "further"}
            assert not uow.bookings.of_guests(builders.new_id(), provider, {guest_id})
            assert not uow.bookings.of_guests(site.hotel.id, "another", {guest_id})
            assert not uow.bookings.of_guests(site.hotel.id, provider, ())


class TestTombstonesOfGuests:
    def test_are_found_by_any_role(self, site: HotelFixture) -> None:
        full = builders.full_tombstone(site.connection, "B1")
        named = replace(full, snapshot=replace(full.snapshot, primary_guest=Party(guest_id="X1")))
        other = builders.full_tombstone(site.connection, "B2")
        with site.store.unit_of_work() as uow:
            uow.tombstones.save([named, other])
            uow.commit()
        scope = (site.hotel.id, site.connection.provider)
        with site.store.unit_of_work() as uow:
            assert list(uow.tombstones.of_guests(*scope, {"X1"})) == [named]
            assert not uow.tombstones.of_guests(*scope, {"X10"})
            assert not uow.tombstones.of_guests(site.hotel.id, "another", {"X1"})


class TestGuestRows:
    @pytest.mark.parametrize("guest_id", SPECIAL_IDS)
    def test_merged_into_a_guest_are_found_and_deleted(
        self, site: HotelFixture, guest_id: str
    ) -> None:
        target = builders.guest(site.connection, external_id=guest_id)
        merged = builders.guest(site.connection, external_id="old")
        merged = replace(merged, details=replace(merged.details, merged_into=guest_id))
        other = builders.guest(site.connection, external_id="other")
        with site.store.unit_of_work() as uow:
            uow.guests.save([target, merged, other])
            uow.commit()
        scope = (site.hotel.id, target.provider)
        with site.store.unit_of_work() as uow:
            found = uow.guests.merged_into(*scope, {guest_id})
            assert [guest.external_id for guest in found] == ["old"]
            assert uow.guests.delete(*scope, {guest_id, "old", "unknown"}) == 2
            assert uow.guests.delete(*scope, ()) == 0
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert set(uow.guests.load(*scope, {guest_id, "old", "other"})) == {"other"}


class TestErasedInboxItem:
    def test_loses_its_body_and_a_guest_s_id(self, site: HotelFixture) -> None:
        items = [
            builders.inbox_item(site.connection, kind=kind, body=b"secret", external_id="X1")
            for kind in (ItemKind.GUEST, ItemKind.BOOKING)
        ]
        with site.store.unit_of_work() as uow:
            uow.inbox.add(items)
            uow.commit()
        done = [replace(item.erased(), state=InboxState.DONE) for item in items]
        with site.store.unit_of_work() as uow:
            uow.inbox.record_outcomes(site.hotel.id, done)
            uow.commit()
        with site.store.unit_of_work() as uow:
            held = uow.inbox.load(site.hotel.id, [item.id for item in items])
        found = [held[item.id] for item in items]
        assert [(f.body, f.external_id, f.state) for f in found] == [
            (ERASED_BODY, None, InboxState.DONE),
            (ERASED_BODY, "X1", InboxState.DONE),
        ]

    def test_is_read_in_pages_by_id(self, site: HotelFixture, other_site: HotelFixture) -> None:
        items = [builders.inbox_item(site.connection) for _ in range(5)]
        with site.store.unit_of_work() as uow:
            uow.inbox.add([*reversed(items), builders.inbox_item(other_site.connection)])
            uow.commit()
        scope = (site.hotel.id, site.connection.provider)
        with site.store.unit_of_work() as uow:
            first = uow.inbox.page(*scope, after=None, limit=3)
            second = uow.inbox.page(*scope, after=first[-1].id, limit=3)
            assert [item.id for item in (*first, *second)] == [item.id for item in items]
            assert uow.inbox.page(site.hotel.id, "another", after=None, limit=3) == []


class TestMessagesOfAGuest:
    def test_are_deleted_once_delivered(self, site: HotelFixture, other_site: HotelFixture) -> None:
        mine = [builders.outbox_message(site.hotel, "mine") for _ in range(3)]
        others = builders.outbox_message(site.hotel, "theirs")
        elsewhere = builders.outbox_message(other_site.hotel, "mine")
        with site.store.unit_of_work() as uow:
            uow.outbox.add([*mine, others, elsewhere])
            uow.outbox.mark_delivered([m.id for m in (*mine[:2], others, elsewhere)], now=T0)
            uow.outbox.postpone(mine[1], "subscriber", error_code="down", retry_at=T0)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.outbox.delete_delivered(site.hotel.id, ["mine"]) == 1
            assert uow.outbox.delete_delivered(site.hotel.id, []) == 0
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert [m.id for m in uow.outbox.next_batch(limit=9)] == [mine[2].id]
            [postponed] = uow.outbox.due_postponed(now=T0 + DAY, limit=9)
            assert postponed.message.id == mine[1].id


class TestStoredResponses:
    def test_that_contain_a_text_are_deleted(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        token, foreign = site.add_token(), other_site.add_token()
        bodies = {"named": b'{"id":"G1"}', "free": b'{"id":"G10"}'}
        with site.store.unit_of_work() as uow:
            for owner in (token, foreign):
                for key, body in bodies.items():
                    uow.idempotency.begin(
                        owner.id, key, fingerprint="f", now=T0, expires_at=T0 + DAY
                    )
                    uow.idempotency.finish(owner.id, key, status=200, body=body)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.idempotency.delete_containing(site.hotel.id, [b'"G1"']) == 1
            assert uow.idempotency.delete_containing(site.hotel.id, []) == 0
            uow.commit()
        with site.store.unit_of_work() as uow:
            states = {
                (owner.id, key): uow.idempotency.begin(
                    owner.id, key, fingerprint="f", now=T0 + HOUR, expires_at=T0 + DAY
                ).state
                for owner in (token, foreign)
                for key in bodies
            }
        fresh = {key for key, state in states.items() if state is KeyState.FRESH}
        assert fresh == {(token.id, "named")}


class TestSealedValues:
    def test_are_readable_after_they_are_sealed_anew(self, site: HotelFixture) -> None:
        items = [builders.inbox_item(site.connection) for _ in range(3)]
        with site.store.unit_of_work() as uow:
            uow.inbox.add(items)
            uow.erasures.add_key(site.hotel.id, KEY)
            uow.commit()
        result = RotateSecrets(site.store.unit_of_work, builders.audit_trail())()
        assert result == RotationResult(resealed=0, unreadable=0)
        with site.store.unit_of_work() as uow:
            assert uow.erasures.key(site.hotel.id) == KEY
            held = uow.inbox.load(site.hotel.id, [item.id for item in items])
        assert {item.body for item in held.values()} == {item.body for item in items}
