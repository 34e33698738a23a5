"""Requests with an Idempotency-Key: executed once, replayed, not confused."""

from datetime import timedelta
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from application.ingest.idempotent_requests import (
    KEY_RETENTION,
    BadKey,
    IdempotentRequests,
    KeyInFlight,
    KeyReused,
    StoredResponse,
    parse_idempotency_key,
)
from tests.application.use_case_harness import App

ANSWER = StoredResponse(201, b"made")


@pytest.fixture
def requests(app: App) -> IdempotentRequests:
    return IdempotentRequests(app.unit_of_work, app.clock, scrub_bytes)


@pytest.fixture
def token(app: App, requests: IdempotentRequests) -> UUID:
    """Its request with the key `k` is in flight."""
    token = app.ids.new()
    requests.begin(token, "k", request=b"r")
    return token


class TestKey:
    @pytest.mark.parametrize(
        "key",
        [
            "4111 1111 1111 1111",
            "card-4111111111111111",
            f"pmst_{'a' * 32}_secret",
            "eyJhbGciOiJIUzI1NiJ9.e30.x",
            "Basic dXNlcjpwYXNz",
            "password=hunter2",
        ],
    )
    def test_that_holds_a_card_number_or_a_secret_is_refused(
        self, app: App, requests: IdempotentRequests, key: str
    ) -> None:
        with pytest.raises(BadKey):
            requests.begin(app.ids.new(), key, request=b"r")

    def test_replays_the_first_answer_for_a_day(
        self, app: App, requests: IdempotentRequests
    ) -> None:
        token = app.ids.new()
        assert requests.begin(token, "k", request=b"r") is None
        requests.finish(token, "k", ANSWER)
        app.clock.advance(KEY_RETENTION - timedelta(seconds=1))
        assert requests.begin(token, "k", request=b"r") == ANSWER
        app.clock.advance(timedelta(seconds=1))
        assert requests.begin(token, "k", request=b"r") is None

    def test_in_flight_is_refused_until_its_holder_counts_as_dead(
        self, app: App, requests: IdempotentRequests, token: UUID
    ) -> None:
        with pytest.raises(KeyInFlight):
            requests.begin(token, "k", request=b"r")
        app.clock.advance(timedelta(minutes=1))
        assert requests.begin(token, "k", request=b"r") is None

    def test_with_another_request_is_refused_before_and_after_the_answer(
        self, requests: IdempotentRequests, token: UUID
    ) -> None:
        with pytest.raises(KeyReused):
            requests.begin(token, "k", request=b"other")
        requests.finish(token, "k", ANSWER)
        with pytest.raises(KeyReused):
            requests.begin(token, "k", request=b"other")

    def test_of_another_token_is_another_key(self, app: App, requests: IdempotentRequests) -> None:
        requests.begin(app.ids.new(), "k", request=b"r")
        assert requests.begin(app.ids.new(), "k", request=b"other") is None

    def test_is_free_again_after_a_server_error(
        self, requests: IdempotentRequests, token: UUID
    ) -> None:
        requests.release_key(token, "k")
        assert requests.begin(token, "k", request=b"other") is None

    def test_is_not_taken_by_a_request_that_was_killed_before_its_commit(
        self, app: App, requests: IdempotentRequests
    ) -> None:
        token = app.ids.new()
        with app.killed(0):
            requests.begin(token, "k", request=b"r")
        assert requests.begin(token, "k", request=b"r") is None


class TestKeyFormat:
    @pytest.mark.parametrize(
        ("sent", "meant"), [("k", "k"), ('"k"', "k"), (' "k" ', "k"), ('"', '"'), ("k" * 255,) * 2]
    )
    def test_accepts_plain_and_quoted_keys(self, sent: str, meant: str) -> None:
        assert parse_idempotency_key(sent) == meant

    @pytest.mark.parametrize("key", ["", " ", '""', "k" * 256, "é", "a\nb", "a\0b", "\ud800"])
    def test_rejects_invalid_keys(self, key: str) -> None:
        with pytest.raises(BadKey):
            parse_idempotency_key(key)
