from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask, Response

from adapters.inbound.rest.idempotency import run_once_per_key
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from application.access.authenticate import Principal
from application.ingest.idempotent_requests import IdempotentRequests, KeyReused
from ports.errors import ProviderRejected, StoreUnavailable
from tests.application.use_case_harness import App
from tests.http.http_harness import Caller, HttpHarness, booking, is_problem
from tests.http.test_ingest import BOOKINGS, stored


@pytest.fixture
def app() -> App:
    return App()


class TestIdempotencyKey:
    def test_replays_the_first_response(self, installation: HttpHarness, alpha: Caller) -> None:
        first = alpha.post(BOOKINGS, booking(), Idempotency_Key='"k-1"')
        again = alpha.post(BOOKINGS, booking(), Idempotency_Key='"k-1"')
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status_code, again.data) == (first.status_code, first.data)
        assert again.content_type == "application/json"

    def test_is_equal_with_and_without_quotes(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        again = alpha.post(BOOKINGS, booking(), Idempotency_Key='"k-1"')
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_is_rejected_with_another_body(self, installation: HttpHarness, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        response = alpha.post(BOOKINGS, booking("B2"), Idempotency_Key="k-1")
        is_problem(response, 422, "idempotency_key_reused")
        assert stored(installation) == ["B1"]

    def test_is_rejected_at_another_path(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, [], Idempotency_Key="k-1")
        response = alpha.post("/api/pms/canonical/guests", [], Idempotency_Key="k-1")
        is_problem(response, 422, "idempotency_key_reused")

    def test_is_a_conflict_while_in_flight(self, installation: HttpHarness, alpha: Caller) -> None:
        responses = []

        def retry_during_request() -> None:
            responses.append(alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1"))

        installation.canonical.on_read = retry_during_request
        first = alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        is_problem(responses[0], 409, "idempotency_key_in_flight")
        assert first.status_code == 200
        again = alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_is_released_a_minute_after_an_unfinished_request(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        responses = []

        def a_minute_later() -> None:
            installation.clock.advance(timedelta(minutes=1))
            responses.append(alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1"))

        installation.canonical.on_read = a_minute_later
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert responses[0].status_code == 200
        assert "Idempotency-Replayed" not in responses[0].headers

    @pytest.mark.parametrize("failure", [StoreUnavailable(), ZeroDivisionError()])
    def test_allows_a_retry_after_an_internal_error(
        self, installation: HttpHarness, alpha: Caller, failure: Exception
    ) -> None:
        installation.canonical.on_read = lambda: installation.store.fail_next_commit(failure)
        assert alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1").status_code >= 500
        assert alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1").status_code == 200

    @pytest.mark.parametrize("key", ["", " ", '""', "x" * 256, "ü", "a\tb"])
    def test_rejects_an_invalid_key(
        self, installation: HttpHarness, alpha: Caller, key: str
    ) -> None:
        is_problem(alpha.post(BOOKINGS, booking(), Idempotency_Key=key), 400, "bad_idempotency_key")
        assert stored(installation) == []

    def test_is_scoped_to_the_token(self, alpha: Caller, beta: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert (
            "Idempotency-Replayed"
            not in beta.post(BOOKINGS, booking(), Idempotency_Key="k-1").headers
        )

    def test_expires_after_a_day(self, installation: HttpHarness, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        installation.clock.advance(timedelta(hours=24))
        response = alpha.post(BOOKINGS, booking(), Idempotency_Key="k-1")
        assert response.get_json()["items"][0]["outcome"] == "unchanged"

    def test_replays_an_error_response(self, alpha: Caller) -> None:
        alpha.send(BOOKINGS, b"{", Idempotency_Key="k-1")
        again = alpha.send(BOOKINGS, b"{", Idempotency_Key="k-1")
        assert (again.status_code, again.content_type) == (400, "application/problem+json")
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_replays_the_location_of_a_deferred_push(self, alpha: Caller) -> None:
        sent = {"Idempotency_Key": "k-1", "Prefer": "respond-async"}
        first = alpha.post(BOOKINGS, booking(), **sent)
        again = alpha.post(BOOKINGS, booking(), **sent)
        assert again.headers["Location"] == first.headers["Location"]

    def test_does_not_keep_a_refusal(self, installation: HttpHarness, alpha: Caller) -> None:
        """The booking becomes known in between, so the repeat is understood."""
        later = {"external_id": "B1", "status": "CHECKED_IN"}
        later |= {"source_version": {"updated_at": "2026-03-01T13:00:00Z"}}
        first = alpha.post(BOOKINGS, later, Idempotency_Key="k-1")
        assert (first.status_code, first.get_json()["items"][0]["outcome"]) == (207, "quarantined")
        alpha.post(BOOKINGS, booking())
        again = alpha.post(BOOKINGS, later, Idempotency_Key="k-1")
        assert "Idempotency-Replayed" not in again.headers
        assert (again.status_code, again.get_json()["items"][0]["outcome"]) == (200, "unchanged")

    def test_repeats_an_early_cancellation(self, alpha: Caller) -> None:
        canceled = {"external_id": "B1", "status": "CANCELED"}
        canceled |= {"source_version": {"updated_at": "2026-03-01T13:00:00Z"}}
        assert alpha.post(BOOKINGS, canceled, Idempotency_Key="k-1").status_code == 200
        assert alpha.post(BOOKINGS, booking()).get_json()["items"][0]["outcome"] == "applied"
        again = alpha.post(BOOKINGS, canceled, Idempotency_Key="k-1")
        assert again.status_code == 200


class TestResponse:
    """Of which a repeat with the same key gets the stored one, and which is executed again."""

    @pytest.fixture
    def principal(self, app: App) -> Principal:
        return Principal(app.ids.new(), "partner", None, app.hotel.id, frozenset())

    def run(
        self, app: App, principal: Principal, handler: Callable[[], Response], **headers: str
    ) -> Response:
        requests = IdempotentRequests(app.unit_of_work, app.clock, scrub_bytes)
        sent = {"Idempotency-Key": "k"} | headers
        with Flask("test").test_request_context(method="POST", headers=sent):
            return run_once_per_key(requests, principal, b"body", handler)

    def executions(self, app: App, principal: Principal, status: int) -> int:
        executed = []

        def handle() -> Response:
            executed.append(1)
            return Response(b"{}", status)

        statuses = {self.run(app, principal, handle).status_code for _ in range(3)}
        assert statuses == {status}
        return len(executed)

    @pytest.mark.parametrize("status", [200, 201, 204, 400, 403, 413, 422, 499])
    def test_is_stored_if_a_repeat_would_give_the_same(
        self, app: App, principal: Principal, status: int
    ) -> None:
        assert self.executions(app, principal, status) == 1

    @pytest.mark.parametrize("status", [207, 404, 409, 500, 501, 503])
    def test_is_not_stored_if_a_repeat_may_succeed(
        self, app: App, principal: Principal, status: int
    ) -> None:
        assert self.executions(app, principal, status) == 3

    def test_to_an_error_of_the_request_is_stored(self, app: App, principal: Principal) -> None:
        def refuse() -> Response:
            raise KeyReused

        first = self.run(app, principal, refuse)
        again = self.run(app, principal, lambda: Response(b"{}"))
        assert (first.status_code, again.status_code, again.data) == (422, 422, first.data)

    @pytest.mark.parametrize("error", [ProviderRejected(), StoreUnavailable()])
    def test_to_an_error_of_ours_or_of_a_provider_is_not_stored(
        self, app: App, principal: Principal, error: Exception
    ) -> None:
        def fail() -> Response:
            raise error

        assert self.run(app, principal, fail).status_code >= 500
        assert self.run(app, principal, lambda: Response(b"{}")).status_code == 200

    def test_is_that_of_the_same_way_to_process(self, app: App, principal: Principal) -> None:
        self.run(app, principal, lambda: Response(b"{}"))
        with pytest.raises(KeyReused):
            self.run(app, principal, lambda: Response(b"{}"), Prefer="respond-async")

    def test_is_that_of_the_same_hotel(self, app: App, principal: Principal) -> None:
        """A token may be for several."""
        self.run(app, principal, lambda: Response(b"{}"))
        other = replace(principal, hotel_id=UUID(int=7))
        with pytest.raises(KeyReused):
            self.run(app, other, lambda: Response(b"{}"))
