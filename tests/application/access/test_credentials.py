"""Who may speak for which hotel: tokens issued, rotated, revoked; and everything that is none."""

import ast
import inspect
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.access import authenticate
from application.access.authenticate import Authenticate, Principal
from application.access.issue_token import IssuedToken, IssueToken, TokenRequest
from application.access.revoke_provider_key import RevokeProviderKey
from application.access.rotate_token import RevokeToken, RotateToken
from application.errors import (
    Forbidden,
    HotelDisabled,
    HotelNotFound,
    InvalidRequest,
    NotFound,
    Unauthenticated,
)
from domain.access import Scope
from domain.errors import InvalidField
from ports.errors import StoreUnavailable, UnknownProvider
from tests.application.use_case_harness import World

LIFETIME = timedelta(days=30)
READ = frozenset({Scope.READ})


def request(*hotels: str, **over: object) -> TokenRequest:
    usual = TokenRequest(
        provider="scripted", partner="acme", hotels=hotels, scopes=READ, lifetime=LIFETIME
    )
    return replace(usual, **over)  # type: ignore[arg-type]


class Desk:
    """The use cases, and the key that the partner got with its first token."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys: dict[tuple[str, str], str] = {}
        self.issue = IssueToken(
            world.unit_of_work, world.providers, world.clock, world.ids, world.randomness
        )
        self.rotate = RotateToken(world.unit_of_work, world.clock, self.issue)
        self.revoke = RevokeToken(world.unit_of_work, world.clock)
        self.authenticate = Authenticate(world.store.directory, world.unit_of_work, world.clock)

    def issued(self, *hotels: str, **over: object) -> IssuedToken:
        wanted = request(*(hotels or (self.world.hotel.slug,)), **over)
        made = self.issue(wanted)
        if made.provider_key_text:
            self.keys[wanted.provider, wanted.partner] = made.provider_key_text
        return made

    def enter(self, token: str | None, *, hotel: str | None = None) -> Principal:
        key = self.keys["scripted", "acme"]
        return self.authenticate(provider_key=key, token=token, hotel=hotel)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


class TestIssuedToken:
    def test_opens_its_hotel_and_provider_with_its_scopes(self, desk: Desk) -> None:
        issued = desk.issued(scopes=frozenset({Scope.READ, Scope.SYNC}))
        principal = desk.enter(issued.secret_text)
        assert principal.hotel_id == desk.world.hotel.id
        assert (principal.provider, principal.partner) == ("scripted", "acme")
        principal.require(Scope.SYNC)
        with pytest.raises(Forbidden):
            principal.require(Scope.INGEST)
        with pytest.raises(Forbidden):
            principal.require_provider("blind")

    def test_with_admin_may_everything_at_its_provider(self, desk: Desk) -> None:
        principal = desk.enter(desk.issued(scopes=frozenset({Scope.ADMIN})).secret_text)
        for scope in Scope:
            principal.require(scope)

    def test_comes_with_the_partners_key_only_the_first_time(self, desk: Desk) -> None:
        assert desk.issued().provider_key_text
        assert desk.issued().provider_key_text is None

    def test_is_nowhere_stored_in_clear(self, desk: Desk) -> None:
        issued = desk.issued()
        secret = issued.secret_text.rpartition("_")[2]
        tables = desk.world.store._committed
        assert secret not in repr(tables.tokens) + repr(tables.keys)
        assert issued.provider_key_text
        assert issued.provider_key_text.rpartition("_")[2] not in repr(tables.keys)

    def test_shows_its_last_use_to_the_minute(self, desk: Desk) -> None:
        text, world = desk.issued().secret_text, desk.world
        [before] = world.store.directory.tokens_of_hotel(world.hotel.id)
        assert before.last_used_at is None
        first = world.clock.now()
        for seconds in (0, 59, 1):
            world.clock.advance(timedelta(seconds=seconds))
            desk.enter(text)
        [used] = world.store.directory.tokens_of_hotel(world.hotel.id)
        assert used.last_used_at == first + timedelta(seconds=60)

    def test_opens_while_its_use_cannot_be_noted(self, desk: Desk) -> None:
        text = desk.issued().secret_text
        desk.world.store.fail_next_commit(StoreUnavailable())
        assert desk.enter(text)

    def test_has_a_readable_prefix(self, desk: Desk) -> None:
        issued = desk.issued()
        assert issued.secret_text.startswith("pmst_")
        assert str(issued.provider_key_text).startswith("pmsk_")

    def test_ends_at_its_expiry_to_the_instant(self, desk: Desk) -> None:
        text = desk.issued().secret_text
        desk.world.clock.advance(LIFETIME - timedelta(microseconds=1))
        desk.enter(text)
        desk.world.clock.advance(timedelta(microseconds=1))
        with pytest.raises(Unauthenticated):
            desk.enter(text)

    def test_is_not_made_for_what_does_not_exist(self, desk: Desk) -> None:
        with pytest.raises(UnknownProvider):
            desk.issued(provider="nobody")
        with pytest.raises(HotelNotFound):
            desk.issued("nowhere")
        with pytest.raises(InvalidField):
            desk.issue(request())
        with pytest.raises(InvalidField):
            desk.issued(scopes=frozenset())
        with pytest.raises(InvalidField):
            desk.issued(lifetime=timedelta())
        assert desk.world.store._committed.tokens == {}
        assert desk.world.store._committed.keys == {}


class TestHotelChoice:
    def test_is_the_first_of_the_token_by_default(self, desk: Desk) -> None:
        other = desk.world.add_hotel()
        text = desk.issued(other.slug, desk.world.hotel.slug).secret_text
        principal = desk.enter(text)
        assert principal.hotel_id == other.id
        assert principal.other_hotels == (desk.world.hotel.id,)

    def test_is_one_of_the_tokens_own(self, desk: Desk) -> None:
        other, foreign = desk.world.add_hotel(), desk.world.add_hotel()
        text = desk.issued(other.slug, desk.world.hotel.slug).secret_text
        principal = desk.enter(text, hotel=desk.world.hotel.slug)
        assert principal.hotel_id == desk.world.hotel.id
        assert desk.authenticate.at_hotel(principal, other.slug).hotel_id == other.id
        for slug in (foreign.slug, "nowhere", "", "\0"):
            with pytest.raises(Forbidden):
                desk.enter(text, hotel=slug)
            with pytest.raises(Forbidden):
                desk.authenticate.at_hotel(principal, slug)

    def test_going_there_and_back_loses_no_hotel(self, desk: Desk) -> None:
        other = desk.world.add_hotel()
        principal = desk.enter(desk.issued(desk.world.hotel.slug, other.slug).secret_text)
        there = desk.authenticate.at_hotel(principal, other.slug)
        assert desk.authenticate.at_hotel(there, desk.world.hotel.slug) == principal

    def test_of_a_disabled_hotel_is_refused(self, desk: Desk) -> None:
        closed = desk.world.add_hotel(enabled=False)
        text = desk.issued(desk.world.hotel.slug, closed.slug).secret_text
        principal = desk.enter(text)
        with pytest.raises(HotelDisabled):
            desk.enter(text, hotel=closed.slug)
        with pytest.raises(HotelDisabled):
            desk.authenticate.at_hotel(principal, closed.slug)


class TestRotatedToken:
    def test_works_beside_the_old_one_for_the_overlap(self, desk: Desk) -> None:
        old = desk.issued()
        desk.world.clock.advance(timedelta(hours=1))
        new = desk.rotate(old.token.id, overlap=timedelta(hours=2))
        assert desk.enter(old.secret_text).token_id == old.token.id
        assert desk.enter(new.secret_text).token_id == new.token.id
        assert desk.enter(new.secret_text).scopes == READ
        desk.world.clock.advance(timedelta(hours=2))
        with pytest.raises(Unauthenticated):
            desk.enter(old.secret_text)
        desk.enter(new.secret_text)

    def test_replaces_the_old_one_at_once_without_overlap(self, desk: Desk) -> None:
        old = desk.issued()
        desk.world.clock.advance(timedelta(seconds=1))
        new = desk.rotate(old.token.id, overlap=timedelta())
        with pytest.raises(Unauthenticated):
            desk.enter(old.secret_text)
        desk.enter(new.secret_text)

    def test_lives_as_long_as_the_old_one_was_made_for(self, desk: Desk) -> None:
        old = desk.issued()
        desk.world.clock.advance(timedelta(days=29))
        new = desk.rotate(old.token.id, overlap=timedelta(days=100))
        assert new.token.expires_at - new.token.created_at == LIFETIME
        desk.world.clock.advance(timedelta(days=1))
        with pytest.raises(Unauthenticated):
            desk.enter(old.secret_text)

    def test_is_not_made_of_one_that_has_ended(self, desk: Desk) -> None:
        revoked, expired = desk.issued(), desk.issued()
        desk.revoke(revoked.token.id)
        with pytest.raises(NotFound):
            desk.rotate(revoked.token.id, overlap=timedelta())
        desk.world.clock.advance(LIFETIME)
        with pytest.raises(NotFound):
            desk.rotate(expired.token.id, overlap=timedelta())
        with pytest.raises(NotFound):
            desk.rotate(desk.world.ids.new(), overlap=timedelta())


class TestRevokedToken:
    def test_opens_nothing_any_more(self, desk: Desk) -> None:
        issued, other = desk.issued(), desk.issued()
        desk.revoke(issued.token.id)
        desk.revoke(issued.token.id)
        with pytest.raises(Unauthenticated):
            desk.enter(issued.secret_text)
        desk.enter(other.secret_text)
        with pytest.raises(NotFound):
            desk.revoke(desk.world.ids.new())


class TestRevokedProviderKey:
    def test_ends_all_tokens_that_were_issued_under_it(self, desk: Desk) -> None:
        revoke = RevokeProviderKey(desk.world.unit_of_work, desk.world.clock)
        issued, other = desk.issued(), desk.issued()
        desk.issued(partner="another")
        for _ in range(2):
            assert revoke("scripted", "acme").id == issued.token.provider_key_id
        for token in (issued, other):
            with pytest.raises(Unauthenticated):
                desk.enter(token.secret_text)
        desk.keys["scripted", "acme"] = desk.keys["scripted", "another"]
        desk.enter(desk.issued(partner="another").secret_text)
        with pytest.raises(NotFound):
            revoke("blind", "acme")

    def test_gives_no_new_ones(self, desk: Desk) -> None:
        issued = desk.issued()
        RevokeProviderKey(desk.world.unit_of_work, desk.world.clock)("scripted", "acme")
        with pytest.raises(InvalidRequest):
            desk.issued()
        with pytest.raises(InvalidRequest):
            desk.rotate(issued.token.id, overlap=timedelta(hours=1))


class TestWrongCredentials:
    def refused(self, desk: Desk, key: str | None, token: str | None) -> None:
        with pytest.raises(Unauthenticated) as caught:
            desk.authenticate(provider_key=key, token=token)
        assert caught.value.message == Unauthenticated().message
        assert caught.value.details == {}

    def test_need_both_parts(self, desk: Desk) -> None:
        token, key = desk.issued().secret_text, desk.keys["scripted", "acme"]
        for wrong in (None, ""):
            self.refused(desk, wrong, token)
            self.refused(desk, key, wrong)
            self.refused(desk, wrong, wrong)

    def test_of_another_partner_or_provider_do_not_fit(self, desk: Desk) -> None:
        token = desk.issued().secret_text
        desk.issued(partner="other")
        desk.issued(provider="blind")
        self.refused(desk, desk.keys["scripted", "other"], token)
        self.refused(desk, desk.keys["blind", "acme"], token)

    def test_in_each_others_place_do_not_fit(self, desk: Desk) -> None:
        token, key = desk.issued().secret_text, desk.keys["scripted", "acme"]
        self.refused(desk, token, key)
        self.refused(desk, key, key)
        self.refused(desk, token, token)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda t: t[:-1],
            lambda t: t + "x",
            lambda t: t + " ",
            lambda t: t.upper(),
            lambda t: t.replace("pms", "pmx"),
            lambda t: t[:-1] + ("a" if t[-1] != "a" else "b"),
            lambda t: t.rpartition("_")[0],
            lambda t: t.rpartition("_")[0] + "_",
            lambda t: "pmst_" + "0" * 32 + "_" + t.rpartition("_")[2],
            lambda t: "pmst_" + "g" * 32 + "_x",
            lambda t: "pmst__" + t,
            lambda t: t + "\0",
            lambda t: t + "é",
            lambda t: "\ud800" + t,
            lambda t: t * 1_000,
            lambda t: "Bearer " + t,
        ],
    )
    def test_of_any_shape_are_refused_alike(self, desk: Desk, spoil: object) -> None:
        token, key = desk.issued().secret_text, desk.keys["scripted", "acme"]
        spoiled = spoil(token)  # type: ignore[operator]
        assert spoiled != token
        self.refused(desk, key, spoiled)
        self.refused(desk, spoil(key), token)  # type: ignore[operator]

    @given(st.text(max_size=60) | st.text("pmstk_0123456789abcdef-", max_size=80))
    def test_made_up_are_refused(self, text: str) -> None:
        desk = Desk(World())
        token = desk.issued().secret_text
        self.refused(desk, text, token)
        self.refused(desk, desk.keys["scripted", "acme"], text)


class TestComparing:
    def test_of_secrets_takes_constant_time(self) -> None:
        """Nothing that a test measures: so the source may not compare a hash but by `hmac`."""
        tree = ast.parse(inspect.getsource(authenticate))
        compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
        assert [text for text in compared if "hash" in text] == []
        assert inspect.getsource(authenticate).count("hmac.compare_digest(") == 2
