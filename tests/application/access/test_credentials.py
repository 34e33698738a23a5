"""Credentials: issued, rotated, revoked and invalid ones."""

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
from tests.application.use_case_harness import App

LIFETIME = timedelta(days=30)
READ = frozenset({Scope.READ})


def request(*hotels: str, **over: object) -> TokenRequest:
    usual = TokenRequest(
        provider="scripted", partner="acme", hotels=hotels, scopes=READ, lifetime=LIFETIME
    )
    return replace(usual, **over)  # type: ignore[arg-type]


class Issuer:
    """The use cases, and the key that the partner got with its first token."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.keys: dict[tuple[str | None, str], str] = {}
        self.issue = IssueToken(
            app.unit_of_work, app.providers, app.clock, app.ids, app.randomness, app.audit
        )
        self.rotate = RotateToken(app.unit_of_work, app.clock, self.issue, app.audit)
        self.revoke = RevokeToken(app.unit_of_work, app.clock, app.audit)
        self.authenticate = Authenticate(app.store.directory, app.unit_of_work, app.clock)

    def issued(self, *hotels: str, **over: object) -> IssuedToken:
        wanted = request(*(hotels or (self.app.hotel.slug,)), **over)
        made = self.issue(wanted)
        if made.provider_key_text:
            self.keys[wanted.provider, wanted.partner] = made.provider_key_text
        return made

    def works(self, issued: IssuedToken) -> bool:
        try:
            return self.authenticate_with(issued.secret_text).token_id == issued.token.id
        except Unauthenticated:
            return False

    def authenticate_with(self, token: str | None, *, hotel: str | None = None) -> Principal:
        key = self.keys["scripted", "acme"]
        return self.authenticate(provider_key=key, token=token, hotel=hotel)


@pytest.fixture
def issuer(app: App) -> Issuer:
    return Issuer(app)


class TestIssuedToken:
    def test_grants_its_hotel_provider_and_scopes(self, issuer: Issuer) -> None:
        issued = issuer.issued(scopes=frozenset({Scope.READ, Scope.SYNC}))
        principal = issuer.authenticate_with(issued.secret_text)
        assert principal.hotel_id == issuer.app.hotel.id
        assert (principal.provider, principal.partner) == ("scripted", "acme")
        principal.require(Scope.SYNC)
        with pytest.raises(Forbidden):
            principal.require(Scope.INGEST)
        with pytest.raises(Forbidden):
            principal.require_provider("push_only")

    def test_with_admin_has_every_scope_at_its_provider(self, issuer: Issuer) -> None:
        principal = issuer.authenticate_with(
            issuer.issued(scopes=frozenset({Scope.ADMIN})).secret_text
        )
        for scope in Scope:
            principal.require(scope)
        assert principal.provider == "scripted"
        with pytest.raises(Forbidden):
            principal.require_provider("push_only")

    def test_for_all_providers_covers_each_and_is_issued_for_reading_only(
        self, issuer: Issuer
    ) -> None:
        issued = issuer.issued(provider=None)
        key = issuer.keys[None, "acme"]
        principal = issuer.authenticate(provider_key=key, token=issued.secret_text)
        for provider in ("scripted", "push_only"):
            principal.require_provider(provider)
        with pytest.raises(InvalidField):
            issuer.issued(provider=None, scopes=frozenset({Scope.READ, Scope.SYNC}))

    def test_returns_the_partners_key_only_the_first_time(self, issuer: Issuer) -> None:
        assert issuer.issued().provider_key_text
        assert issuer.issued().provider_key_text is None

    def test_is_stored_hashed_only(self, issuer: Issuer) -> None:
        issued = issuer.issued()
        secret = issued.secret_text.rpartition("_")[2]
        tables = issuer.app.store._committed
        assert secret not in repr(tables.tokens) + repr(tables.keys)
        assert issued.provider_key_text
        assert issued.provider_key_text.rpartition("_")[2] not in repr(tables.keys)

    def test_shows_its_last_use_to_the_minute(self, issuer: Issuer) -> None:
        text, app = issuer.issued().secret_text, issuer.app
        [before] = app.store.directory.tokens_of_hotel(app.hotel.id)
        assert before.last_used_at is None
        first = app.clock.now()
        for seconds in (0, 59, 1):
            app.clock.advance(timedelta(seconds=seconds))
            issuer.authenticate_with(text)
        [used] = app.store.directory.tokens_of_hotel(app.hotel.id)
        assert used.last_used_at == first + timedelta(seconds=60)

    def test_works_if_its_use_cannot_be_recorded(self, issuer: Issuer) -> None:
        text = issuer.issued().secret_text
        issuer.app.store.fail_next_commit(StoreUnavailable())
        assert issuer.authenticate_with(text)

    def test_has_a_readable_prefix(self, issuer: Issuer) -> None:
        issued = issuer.issued()
        assert issued.secret_text.startswith("pmst_")
        assert str(issued.provider_key_text).startswith("pmsk_")

    def test_ends_exactly_at_its_expiry(self, issuer: Issuer) -> None:
        text = issuer.issued().secret_text
        issuer.app.clock.advance(LIFETIME - timedelta(microseconds=1))
        issuer.authenticate_with(text)
        issuer.app.clock.advance(timedelta(microseconds=1))
        with pytest.raises(Unauthenticated):
            issuer.authenticate_with(text)

    def test_needs_an_existing_provider_and_hotel(self, issuer: Issuer) -> None:
        with pytest.raises(UnknownProvider):
            issuer.issued(provider="nobody")
        with pytest.raises(HotelNotFound):
            issuer.issued("nowhere")
        with pytest.raises(InvalidField):
            issuer.issue(request())
        with pytest.raises(InvalidField):
            issuer.issued(scopes=frozenset())
        with pytest.raises(InvalidField):
            issuer.issued(lifetime=timedelta())
        assert issuer.app.store._committed.tokens == {}
        assert issuer.app.store._committed.keys == {}


class TestHotelChoice:
    def test_is_the_first_of_the_token_by_default(self, issuer: Issuer) -> None:
        other = issuer.app.add_hotel()
        text = issuer.issued(other.slug, issuer.app.hotel.slug).secret_text
        principal = issuer.authenticate_with(text)
        assert principal.hotel_id == other.id
        assert principal.other_hotels == (issuer.app.hotel.id,)

    def test_is_one_of_the_tokens_own(self, issuer: Issuer) -> None:
        other, foreign = issuer.app.add_hotel(), issuer.app.add_hotel()
        text = issuer.issued(other.slug, issuer.app.hotel.slug).secret_text
        principal = issuer.authenticate_with(text, hotel=issuer.app.hotel.slug)
        assert principal.hotel_id == issuer.app.hotel.id
        assert issuer.authenticate.at_hotel(principal, other.slug).hotel_id == other.id
        for slug in (foreign.slug, "nowhere", "", "\0"):
            with pytest.raises(Forbidden):
                issuer.authenticate_with(text, hotel=slug)
            with pytest.raises(Forbidden):
                issuer.authenticate.at_hotel(principal, slug)

    def test_can_be_changed_and_changed_back(self, issuer: Issuer) -> None:
        other = issuer.app.add_hotel()
        principal = issuer.authenticate_with(
            issuer.issued(issuer.app.hotel.slug, other.slug).secret_text
        )
        there = issuer.authenticate.at_hotel(principal, other.slug)
        assert issuer.authenticate.at_hotel(there, issuer.app.hotel.slug) == principal

    def test_of_a_disabled_hotel_is_refused(self, issuer: Issuer) -> None:
        closed = issuer.app.add_hotel(enabled=False)
        text = issuer.issued(issuer.app.hotel.slug, closed.slug).secret_text
        principal = issuer.authenticate_with(text)
        with pytest.raises(HotelDisabled):
            issuer.authenticate_with(text, hotel=closed.slug)
        with pytest.raises(HotelDisabled):
            issuer.authenticate.at_hotel(principal, closed.slug)


class TestRotatedToken:
    def test_works_beside_the_old_one_for_the_overlap(self, issuer: Issuer) -> None:
        old = issuer.issued()
        issuer.app.clock.advance(timedelta(hours=1))
        new = issuer.rotate(old.token.id, overlap=timedelta(hours=2))
        assert issuer.authenticate_with(old.secret_text).token_id == old.token.id
        assert issuer.authenticate_with(new.secret_text).token_id == new.token.id
        assert issuer.authenticate_with(new.secret_text).scopes == READ
        issuer.app.clock.advance(timedelta(hours=2))
        assert issuer.works(new)
        assert not issuer.works(old)

    def test_replaces_the_old_one_at_once_without_overlap(self, issuer: Issuer) -> None:
        old = issuer.issued()
        issuer.app.clock.advance(timedelta(seconds=1))
        new = issuer.rotate(old.token.id, overlap=timedelta())
        assert issuer.works(new)
        assert not issuer.works(old)

    def test_has_the_lifetime_of_the_old_one(self, issuer: Issuer) -> None:
        old = issuer.issued()
        issuer.app.clock.advance(timedelta(days=29))
        new = issuer.rotate(old.token.id, overlap=timedelta(days=100))
        assert new.token.expires_at - new.token.created_at == LIFETIME
        issuer.app.clock.advance(timedelta(days=1))
        with pytest.raises(Unauthenticated):
            issuer.authenticate_with(old.secret_text)

    def test_needs_a_usable_old_token(self, issuer: Issuer) -> None:
        revoked, expired = issuer.issued(), issuer.issued()
        issuer.revoke(revoked.token.id)
        with pytest.raises(NotFound):
            issuer.rotate(revoked.token.id, overlap=timedelta())
        issuer.app.clock.advance(LIFETIME)
        with pytest.raises(NotFound):
            issuer.rotate(expired.token.id, overlap=timedelta())
        with pytest.raises(NotFound):
            issuer.rotate(issuer.app.ids.new(), overlap=timedelta())


class TestRevokedToken:
    def test_is_refused(self, issuer: Issuer) -> None:
        issued, other = issuer.issued(), issuer.issued()
        issuer.revoke(issued.token.id)
        issuer.revoke(issued.token.id)
        with pytest.raises(Unauthenticated):
            issuer.authenticate_with(issued.secret_text)
        issuer.authenticate_with(other.secret_text)
        with pytest.raises(NotFound):
            issuer.revoke(issuer.app.ids.new())


class TestRevokedProviderKey:
    def test_ends_all_tokens_that_were_issued_under_it(self, issuer: Issuer) -> None:
        revoke = RevokeProviderKey(issuer.app.unit_of_work, issuer.app.clock, issuer.app.audit)
        issued, other = issuer.issued(), issuer.issued()
        issuer.issued(partner="another")
        for _ in range(2):
            assert revoke("scripted", "acme").id == issued.token.provider_key_id
        for token in (issued, other):
            with pytest.raises(Unauthenticated):
                issuer.authenticate_with(token.secret_text)
        issuer.keys["scripted", "acme"] = issuer.keys["scripted", "another"]
        issuer.authenticate_with(issuer.issued(partner="another").secret_text)
        with pytest.raises(NotFound):
            revoke("push_only", "acme")

    def test_issues_no_new_tokens(self, issuer: Issuer) -> None:
        issued = issuer.issued()
        RevokeProviderKey(issuer.app.unit_of_work, issuer.app.clock, issuer.app.audit)(
            "scripted", "acme"
        )
        with pytest.raises(InvalidRequest):
            issuer.issued()
        with pytest.raises(InvalidRequest):
            issuer.rotate(issued.token.id, overlap=timedelta(hours=1))


class TestWrongCredentials:
    def is_refused(self, issuer: Issuer, key: str | None, token: str | None) -> bool:
        """With the same error whatever is wrong."""
        with pytest.raises(Unauthenticated) as caught:
            issuer.authenticate(provider_key=key, token=token)
        refusal = caught.value
        return (refusal.message, refusal.details) == (Unauthenticated().message, {})

    def test_need_both_parts(self, issuer: Issuer) -> None:
        token, key = issuer.issued().secret_text, issuer.keys["scripted", "acme"]
        for wrong in (None, ""):
            assert self.is_refused(issuer, wrong, token)
            assert self.is_refused(issuer, key, wrong)
            assert self.is_refused(issuer, wrong, wrong)

    def test_of_another_partner_or_provider_are_refused(self, issuer: Issuer) -> None:
        token = issuer.issued().secret_text
        issuer.issued(partner="other")
        issuer.issued(provider="push_only")
        assert self.is_refused(issuer, issuer.keys["scripted", "other"], token)
        assert self.is_refused(issuer, issuer.keys["push_only", "acme"], token)

    def test_with_token_and_key_swapped_are_refused(self, issuer: Issuer) -> None:
        token, key = issuer.issued().secret_text, issuer.keys["scripted", "acme"]
        assert self.is_refused(issuer, token, key)
        assert self.is_refused(issuer, key, key)
        assert self.is_refused(issuer, token, token)

    @pytest.mark.parametrize(
        "change",
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
    def test_that_are_altered_are_refused_alike(self, issuer: Issuer, change: object) -> None:
        token, key = issuer.issued().secret_text, issuer.keys["scripted", "acme"]
        changed = change(token)  # type: ignore[operator]
        assert changed != token
        assert self.is_refused(issuer, key, changed)
        assert self.is_refused(issuer, change(key), token)  # type: ignore[operator]

    @given(st.text(max_size=60) | st.text("pmstk_0123456789abcdef-", max_size=80))
    def test_of_random_text_are_refused(self, text: str) -> None:
        issuer = Issuer(App())
        token = issuer.issued().secret_text
        assert self.is_refused(issuer, text, token)
        assert self.is_refused(issuer, issuer.keys["scripted", "acme"], text)


class TestSecretComparison:
    def test_takes_constant_time(self) -> None:
        """Not measurable in a test, so the source is checked: it compares hashes by `hmac` only."""
        tree = ast.parse(inspect.getsource(authenticate))
        compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
        assert [text for text in compared if "hash" in text] == []
        assert inspect.getsource(authenticate).count("hmac.compare_digest(") == 1
