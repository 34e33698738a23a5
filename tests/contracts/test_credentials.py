from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from uuid import UUID

import pytest

from domain.access import FULL_READ, Scope
from ports.administration import KeyCheck, KeyState
from tests import builders
from tests.builders import DAY, HOUR, MINUTE, T0
from tests.contracts.conftest import HotelFixture, Store


class TestProviderKeys:
    def test_store_every_field(self, store: Store) -> None:
        key = builders.provider_key(partner=builders.EDGE_TEXT, revoked_at=T0)
        with store.unit_of_work() as uow:
            uow.credentials.add_key(key)
            uow.commit()
        with store.unit_of_work() as uow:
            assert uow.credentials.key(key.id) == key
            assert uow.credentials.key(builders.new_id()) is None
            assert uow.credentials.key_of_partner("scripted", key.partner) == key
            assert uow.credentials.key_of_partner("other", key.partner) is None
            assert uow.credentials.key_of_partner("scripted", "nobody") is None

    def test_are_revoked_once(self, store: Store) -> None:
        key, other = builders.provider_key(), builders.provider_key(partner="other")
        with store.unit_of_work() as uow:
            uow.credentials.add_key(key)
            uow.credentials.add_key(other)
            uow.commit()
        for key_id, at in ((key.id, T0), (key.id, T0 + HOUR), (builders.new_id(), T0)):
            with store.unit_of_work() as uow:
                uow.credentials.revoke_key(key_id, at=at)
                uow.commit()
        with store.unit_of_work() as uow:
            assert uow.credentials.key(key.id) == replace(key, revoked_at=T0)
            assert uow.credentials.key(other.id) == other


class TestTokens:
    def test_store_every_field(self, site: HotelFixture, other_site: HotelFixture) -> None:
        key = builders.provider_key()
        token = builders.access_token(
            key,
            other_site.hotel,
            site.hotel,
            scopes=frozenset(Scope),
            revoked_at=T0 + MINUTE,
            last_used_at=T0 + HOUR,
        )
        site.save_token(key, token)
        with site.store.unit_of_work() as uow:
            assert uow.credentials.token(token.id) == token
            assert uow.credentials.token(builders.new_id()) is None

    @pytest.mark.parametrize("scope", FULL_READ - {Scope.READ})
    def test_for_all_providers_store_each_scope(self, site: HotelFixture, scope: Scope) -> None:
        key = builders.provider_key(provider=None, partner="reader")
        scopes = frozenset({Scope.READ, scope})
        token = builders.access_token(key, site.hotel, scopes=scopes)
        site.save_token(key, token)
        with site.store.unit_of_work() as uow:
            assert uow.credentials.token(token.id) == token
            assert uow.credentials.key_of_partner(None, "reader") == key
            assert uow.credentials.key_of_partner("scripted", "reader") is None

    def test_of_a_hotel_are_listed_newest_first(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        key = builders.provider_key()
        old = builders.access_token(key, site.hotel, created_at=T0 - DAY)
        both = builders.access_token(key, other_site.hotel, site.hotel)
        with site.store.unit_of_work() as uow:
            uow.credentials.add_key(key)
            for token in (old, both, builders.access_token(key, other_site.hotel)):
                uow.credentials.add_token(token)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.credentials.tokens_of_hotel(site.hotel.id) == [both, old]
            assert uow.credentials.tokens_of_hotel(builders.new_id()) == []

    def test_are_saved_and_record_their_last_use_to_the_minute(self, site: HotelFixture) -> None:
        token = site.add_token()
        latest = T0
        for seconds in (0, 30, 59, 61, 300, 290, 361):
            at = T0 + seconds * MINUTE / 60
            latest = max(latest, at)
            with site.store.unit_of_work() as uow:
                uow.credentials.record_use(token.id, at=at)
                uow.commit()
            with site.store.unit_of_work() as uow:
                used = uow.credentials.token(token.id)
            assert used is not None
            assert used.last_used_at is not None
            assert 0 * MINUTE <= latest - used.last_used_at <= MINUTE
        assert used is not None
        changed = replace(used, revoked_at=T0, expires_at=T0 + HOUR)
        with site.store.unit_of_work() as uow:
            assert uow.credentials.save_token(changed)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.credentials.token(token.id) == changed

    def test_revoked_stay_revoked(self, site: HotelFixture) -> None:
        key = builders.provider_key()
        token = builders.access_token(key, site.hotel)
        with site.store.unit_of_work() as uow:
            uow.credentials.add_key(key)
            uow.credentials.add_token(token)
            assert uow.credentials.save_token(token.revoked(T0))
            assert not uow.credentials.save_token(replace(token, expires_at=T0 + HOUR))
            assert not uow.credentials.save_token(builders.access_token(key, site.hotel))
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.credentials.token(token.id) == token.revoked(T0)
            assert len(uow.credentials.tokens_of_hotel(site.hotel.id)) == 1


class TestIdempotencyKey:
    @pytest.fixture
    def token_id(self, site: HotelFixture) -> UUID:
        return site.add_token().id

    def begin(
        self, store: Store, token_id: UUID, *, body: str = "f", seconds: int = 0, key: str = "k"
    ) -> KeyCheck:
        now = T0 + seconds * MINUTE / 60
        with store.unit_of_work() as uow:
            check = uow.idempotency.begin(
                token_id, key, fingerprint=body, now=now, expires_at=now + DAY
            )
            uow.commit()
        return check

    def finish(self, store: Store, token_id: UUID, status: int = 207) -> None:
        with store.unit_of_work() as uow:
            uow.idempotency.finish(token_id, "k", status=status, body=b"\x00answer")
            uow.commit()

    def test_is_fresh_once_and_then_in_flight(self, store: Store, token_id: UUID) -> None:
        assert self.begin(store, token_id) == KeyCheck(KeyState.FRESH)
        assert self.begin(store, token_id, seconds=59) == KeyCheck(KeyState.IN_FLIGHT)

    def test_replays_its_response(self, store: Store, token_id: UUID) -> None:
        self.begin(store, token_id)
        self.finish(store, token_id)
        answer = KeyCheck(KeyState.REPLAY, 207, b"\x00answer")
        assert self.begin(store, token_id, seconds=30) == answer
        assert self.begin(store, token_id, seconds=23 * 3600) == answer

    def test_rejects_another_payload(self, store: Store, token_id: UUID) -> None:
        self.begin(store, token_id)
        assert self.begin(store, token_id, body="other").state is KeyState.MISMATCH
        self.finish(store, token_id)
        assert self.begin(store, token_id, body="other").state is KeyState.MISMATCH

    def test_of_a_crashed_request_is_fresh_again_and_then_in_flight(
        self, store: Store, token_id: UUID
    ) -> None:
        self.begin(store, token_id)
        assert self.begin(store, token_id, seconds=61).state is KeyState.FRESH
        assert self.begin(store, token_id, seconds=90).state is KeyState.IN_FLIGHT

    def test_expired_is_fresh_for_any_payload(self, store: Store, token_id: UUID) -> None:
        self.begin(store, token_id)
        self.finish(store, token_id)
        late = 24 * 3600 + 1
        fresh = self.begin(store, token_id, body="other", seconds=late)
        assert fresh == KeyCheck(KeyState.FRESH)
        assert self.begin(store, token_id, body="f", seconds=late).state is KeyState.MISMATCH
        again = self.begin(store, token_id, body="other", seconds=late)
        assert again == KeyCheck(KeyState.IN_FLIGHT)

    def test_is_held_for_a_minute_and_its_response_for_a_day_to_the_second(
        self, store: Store, token_id: UUID
    ) -> None:
        self.begin(store, token_id)
        assert self.begin(store, token_id, seconds=59).state is KeyState.IN_FLIGHT
        assert self.begin(store, token_id, seconds=60).state is KeyState.FRESH
        self.finish(store, token_id)
        day = 24 * 3600
        assert self.begin(store, token_id, seconds=60 + day - 1).state is KeyState.REPLAY
        assert self.begin(store, token_id, seconds=60 + day).state is KeyState.FRESH

    def test_forgotten_is_fresh(self, store: Store, token_id: UUID) -> None:
        self.begin(store, token_id)
        with store.unit_of_work() as uow:
            uow.idempotency.forget(token_id, "k")
            uow.commit()
        assert self.begin(store, token_id, body="other").state is KeyState.FRESH

    def test_belongs_to_its_token(self, store: Store, token_id: UUID) -> None:
        self.begin(store, token_id)
        assert self.begin(store, builders.new_id(), body="other").state is KeyState.FRESH
        assert self.begin(store, token_id, key="K").state is KeyState.FRESH

    def test_changes_no_other(self, store: Store, site: HotelFixture, token_id: UUID) -> None:
        """Neither of the same token, nor the same key of another token."""
        other = site.add_token().id

        def begin_others(seconds: int) -> list[KeyState]:
            pairs = ((token_id, "other"), (other, "k"))
            return [self.begin(store, t, key=key, seconds=seconds).state for t, key in pairs]

        begin_others(0)
        self.begin(store, token_id)
        self.finish(store, token_id)
        assert begin_others(30) == [KeyState.IN_FLIGHT] * 2
        with store.unit_of_work() as uow:
            uow.idempotency.forget(token_id, "k")
            uow.commit()
        assert begin_others(30) == [KeyState.IN_FLIGHT] * 2
        assert begin_others(60) == [KeyState.FRESH] * 2
        self.begin(store, token_id, seconds=60)
        assert self.begin(store, token_id, seconds=120, body="new").state is KeyState.MISMATCH
        assert self.begin(store, token_id, seconds=120).state is KeyState.FRESH
        assert begin_others(121) == [KeyState.FRESH] * 2

    def test_is_purged_when_expired(self, store: Store, token_id: UUID) -> None:
        for number in range(3):
            self.begin(store, token_id, key=f"old {number}")
        self.begin(store, token_id, key="young", seconds=3600)

        def purge() -> int:
            with store.unit_of_work() as uow:
                purged = uow.idempotency.purge(now=T0 + DAY, limit=2)
                uow.commit()
                return purged

        assert [purge(), purge(), purge()] == [2, 1, 0]
        assert self.begin(store, token_id, key="young", seconds=3601).state is KeyState.IN_FLIGHT

    def test_is_fresh_for_one_of_ten_concurrent_requests(
        self, store: Store, token_id: UUID
    ) -> None:
        start = Barrier(10)

        def ask(_: int) -> KeyState:
            start.wait()
            return self.begin(store, token_id).state

        with ThreadPoolExecutor(10) as pool:
            states = list(pool.map(ask, range(10)))
        assert states.count(KeyState.FRESH) == 1
        assert states.count(KeyState.IN_FLIGHT) == 9
