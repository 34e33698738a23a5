from datetime import timedelta

import pytest

from ports.errors import StoreUnavailable
from tests.http.http_harness import Caller, HttpHarness, booking, is_problem
from tests.http.test_ingest import BOOKINGS, stored


class TestIdempotencyKey:
    def test_gets_the_first_answer_again(self, installation: HttpHarness, alpha: Caller) -> None:
        first = alpha.post(BOOKINGS, booking(), Idempotency_Key='"k-1"')
        again = alpha.post(BOOKINGS, booking(), Idempotency_Key='"k-1"')
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status_code, again.data) == (first.status_code, first.data)
        assert again.content_type == "application/json"

    def test_is_the_same_quoted_and_bare(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        again = alpha.post(BOOKINGS, booking(), Idempotency_Key='"k-1"')
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_with_another_body_is_refused(self, installation: HttpHarness, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        answer = alpha.post(BOOKINGS, booking("B2"), Idempotency_Key="k-1")
        is_problem(answer, 422, "idempotency_key_reused")
        assert stored(installation) == ["B1"]

    def test_at_another_path_is_refused(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, [], Idempotency_Key="k-1")
        answer = alpha.post("/api/pms/canonical/guests", [], Idempotency_Key="k-1")
        is_problem(answer, 422, "idempotency_key_reused")

    def test_in_flight_key_is_a_conflict(self, installation: HttpHarness, alpha: Caller) -> None:
        seen_responses = []

        def retry_during_request() -> None:
            seen_responses.append(alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1"))

        installation.canonical.on_read = retry_during_request
        first = alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        is_problem(seen_responses[0], 409, "idempotency_key_in_flight")
        assert first.status_code == 200
        again = alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_of_a_holder_that_is_silent_for_a_minute_is_free(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        seen_responses = []

        def a_minute_later() -> None:
            installation.clock.advance(timedelta(minutes=1))
            seen_responses.append(alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1"))

        installation.canonical.on_read = a_minute_later
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert seen_responses[0].status_code == 200
        assert "Idempotency-Replayed" not in seen_responses[0].headers

    @pytest.mark.parametrize("failure", [StoreUnavailable(), ZeroDivisionError()])
    def test_may_try_again_after_a_failure_of_ours(
        self, installation: HttpHarness, alpha: Caller, failure: Exception
    ) -> None:
        installation.canonical.on_read = lambda: installation.store.fail_next_commit(failure)
        assert alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1").status_code >= 500
        assert alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1").status_code == 200

    @pytest.mark.parametrize("key", ["", " ", '""', "x" * 256, "ü", "a\tb"])
    def test_that_is_none_is_refused(
        self, installation: HttpHarness, alpha: Caller, key: str
    ) -> None:
        is_problem(alpha.post(BOOKINGS, booking(), Idempotency_Key=key), 400, "bad_idempotency_key")
        assert stored(installation) == []

    def test_belongs_to_one_token(self, alpha: Caller, beta: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert (
            "Idempotency-Replayed"
            not in beta.post(BOOKINGS, booking(), Idempotency_Key="k-1").headers
        )

    def test_is_forgotten_after_a_day(self, installation: HttpHarness, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        installation.clock.advance(timedelta(hours=24))
        answer = alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert answer.get_json()["items"][0]["outcome"] == "unchanged"

    def test_replays_a_refusal(self, alpha: Caller) -> None:
        alpha.send(BOOKINGS, b"{", Idempotency_Key="k-1")
        again = alpha.send(BOOKINGS, b"{", Idempotency_Key="k-1")
        assert (again.status_code, again.content_type) == (400, "application/problem+json")
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_replays_the_place_of_a_deferred_push(self, alpha: Caller) -> None:
        sent = {"Idempotency_Key": "k-1", "Prefer": "respond-async"}
        first = alpha.post(BOOKINGS, booking(), **sent)
        again = alpha.post(BOOKINGS, booking(), **sent)
        assert again.headers["Location"] == first.headers["Location"]
