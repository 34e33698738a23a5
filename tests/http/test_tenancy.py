"""No credential reads or writes data of another hotel or provider."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.access import Scope
from tests.http.http_harness import Caller, HttpHarness, booking, is_problem
from tests.http.test_ingest import BOOKINGS, backlog, stored

GUARDED = [
    ("POST", BOOKINGS),
    ("POST", "/api/pms/canonical/guests"),
    ("POST", "/api/pms/canonical/availability"),
    ("GET", "/api/pms/ingests/01a204fe-56c9-71f6-ad8e-84b79b97124a"),
    ("POST", "/api/pms/sync"),
    ("GET", "/api/pms/sync/runs"),
    ("GET", "/api/pms/sync/runs/01a204fe-56c9-71f6-ad8e-84b79b97124a"),
    ("GET", "/api/pms/quarantine"),
    ("POST", "/api/pms/quarantine/01a204fe-56c9-71f6-ad8e-84b79b97124a/replay"),
]

KEY, BEARER = "X-PMS-Provider-Key", "Authorization"
BROKEN: dict[str, Callable[[Caller], dict[str, str]]] = {
    "no key": lambda caller: {KEY: ""},
    "no token": lambda caller: {BEARER: ""},
    "empty token": lambda caller: {BEARER: "Bearer "},
    "wrong secret": lambda caller: {BEARER: f"Bearer {caller.token[:-1]}x"},
    "shorter secret": lambda caller: {BEARER: f"Bearer {caller.token[:-5]}"},
    "longer secret": lambda caller: {BEARER: f"Bearer {caller.token}longer"},
    "wrong secret of the key": lambda caller: {KEY: f"{caller.key[:-1]}x"},
    "shorter secret of the key": lambda caller: {KEY: caller.key[:-5]},
    "no prefix": lambda caller: {BEARER: f"Bearer {caller.token.removeprefix('pmst_')}"},
    "token as key": lambda caller: {KEY: caller.token},
    "key as token": lambda caller: {BEARER: f"Bearer {caller.key}"},
    "basic": lambda caller: {BEARER: f"Basic {caller.token}"},
    "non-ascii": lambda caller: {BEARER: "Bearer pmst_ü_ü"},
    "very long": lambda caller: {BEARER: f"Bearer {caller.token}{'x' * 6_000}"},
    "nul": lambda caller: {BEARER: f"Bearer pmst_{'0' * 32}_\x00"},
    "no hex": lambda caller: {BEARER: f"Bearer pmst_{'z' * 32}_secret"},
}


class TestCredentials:
    @pytest.mark.parametrize(("method", "path"), GUARDED)
    def test_are_required(self, installation: HttpHarness, method: str, path: str) -> None:
        response = installation.client.open(path, method=method, json={})
        is_problem(response, 401, "unauthenticated")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("broken", BROKEN, ids=BROKEN.keys())
    def test_get_the_same_error_for_every_fault(
        self, installation: HttpHarness, alpha: Caller, broken: str
    ) -> None:
        headers = alpha.headers | BROKEN[broken](alpha)
        response = installation.client.post(BOOKINGS, json=booking(), headers=headers)
        problem = is_problem(response, 401, "unauthenticated")
        assert problem["detail"].startswith("The provider key or the token is missing, unknown")
        assert backlog(installation) == 0

    def test_of_two_partners_do_not_mix(self, installation: HttpHarness, alpha: Caller) -> None:
        other = installation.caller("alpha", partner="other")
        mixed = {**alpha.headers, "X-PMS-Provider-Key": other.key}
        response = installation.client.post(BOOKINGS, json=booking(), headers=mixed)
        is_problem(response, 401, "unauthenticated")

    def test_expire(self, installation: HttpHarness, alpha: Caller) -> None:
        installation.clock.advance(timedelta(days=30))
        is_problem(alpha.post(BOOKINGS, booking()), 401, "unauthenticated")

    def test_can_be_revoked(self, installation: HttpHarness, alpha: Caller) -> None:
        installation.revoke(alpha.token_id)
        is_problem(alpha.post(BOOKINGS, booking()), 401, "unauthenticated")

    def test_are_checked_after_the_provider_in_the_path(self, installation: HttpHarness) -> None:
        response = installation.client.post("/api/pms/nobody/bookings", json={})
        is_problem(response, 404, "unknown_provider")

    @pytest.mark.parametrize("name", ["Canonical", "canonical%20", "..", "%2e%2e", "a" * 500, "💥"])
    def test_are_not_checked_for_an_unknown_provider(
        self, installation: HttpHarness, name: str
    ) -> None:
        assert installation.client.post(f"/api/pms/{name}/bookings").status_code == 404

    def test_need_the_scope(self, installation: HttpHarness) -> None:
        reader = installation.caller("alpha", scopes=frozenset({Scope.READ}))
        is_problem(reader.post(BOOKINGS, booking()), 403, "forbidden")
        is_problem(reader.post("/api/pms/sync", {"provider": "canonical"}), 403, "forbidden")
        pusher = installation.caller("alpha", scopes=frozenset({Scope.INGEST}))
        is_problem(pusher.get("/api/pms/quarantine"), 403, "forbidden")
        is_problem(pusher.get("/api/pms/sync/runs"), 403, "forbidden")


class TestProvider:
    def test_in_the_path_must_be_the_token_s(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        is_problem(alpha.post("/api/pms/scripted/bookings", booking()), 403, "forbidden")
        assert backlog(installation) == 0

    def test_in_the_body_must_be_the_token_s(self, alpha: Caller) -> None:
        is_problem(alpha.post("/api/pms/sync", {"provider": "scripted"}), 403, "forbidden")


class TestHotel:
    def test_in_the_body_is_ignored(self, installation: HttpHarness, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(hotel="beta", hotel_id="beta"))
        assert (stored(installation, "alpha"), stored(installation, "beta")) == (["B1"], [])

    def test_has_its_own_booking_for_an_id(
        self, installation: HttpHarness, alpha: Caller, beta: Caller
    ) -> None:
        alpha.post(BOOKINGS, booking(notes="alpha's"))
        beta.post(BOOKINGS, booking(notes="beta's"))
        for slug in ("alpha", "beta"):
            hotel = installation.store.directory.hotel_by_slug(slug)
            held = installation.store.queries.booking(hotel.id, "canonical", "B1")
            assert held.details.notes == f"{slug}'s"

    @pytest.mark.parametrize("slug", ["beta", "nowhere", "", "*", "alpha,beta", "ALPHA"])
    def test_in_the_header_must_be_one_of_the_token_s(
        self, installation: HttpHarness, alpha: Caller, slug: str
    ) -> None:
        response = alpha.post(BOOKINGS, booking(), X_PMS_Hotel=slug)
        assert response.status_code == 403
        assert (stored(installation, "alpha"), stored(installation, "beta")) == ([], [])

    def test_in_the_header_selects_one_of_several(self, installation: HttpHarness) -> None:
        chain = installation.caller("alpha", "beta")
        chain.post(BOOKINGS, booking("B1"), X_PMS_Hotel="alpha")
        chain.post(BOOKINGS, booking("B2"), X_PMS_Hotel="beta")
        assert (stored(installation, "alpha"), stored(installation, "beta")) == (["B1"], ["B2"])

    @pytest.mark.parametrize(
        "path", [BOOKINGS, "/api/pms/sync", f"/api/pms/quarantine/{'0' * 32}/replay"]
    )
    def test_is_required_for_changes_with_a_token_for_several(
        self, installation: HttpHarness, path: str
    ) -> None:
        chain = installation.caller("alpha", "beta")
        problem = is_problem(chain.post(path, booking("B1")), 422, "hotel_required")
        assert problem["errors"][0]["path"] == "X-PMS-Hotel"
        assert "slug" in problem["detail"]
        assert (stored(installation, "alpha"), stored(installation, "beta")) == ([], [])

    def test_defaults_to_the_token_s_first_for_reads(self, installation: HttpHarness) -> None:
        installation.caller("beta").post(BOOKINGS, booking(status="WHO"))
        chain = installation.caller("alpha", "beta")
        assert chain.get("/api/pms/quarantine").get_json()["items"] == []
        [item] = chain.get("/api/pms/quarantine", X_PMS_Hotel="beta").get_json()["items"]
        assert item["external_id"] == "B1"

    def test_without_a_connection_rejects_pushes(self, installation: HttpHarness) -> None:
        installation.hotel("gamma")
        gamma = installation.caller("gamma")
        is_problem(gamma.post(BOOKINGS, booking()), 409, "not_connected")

    def test_cannot_read_another_hotel_s_quarantine(self, alpha: Caller, beta: Caller) -> None:
        alpha.post(BOOKINGS, booking(status="WHO"))
        [item] = alpha.get("/api/pms/quarantine").get_json()["items"]
        assert beta.get("/api/pms/quarantine").get_json()["items"] == []
        response = beta.post(f"/api/pms/quarantine/{item['id']}/replay", {})
        is_problem(response, 404, "not_found")
