import pytest

from domain.sync_run import SyncKind, SyncRun
from tests.http.http_harness import Caller, HttpHarness, is_problem

SYNC = "/api/pms/sync"


@pytest.fixture
def puller(installation: HttpHarness) -> Caller:
    return installation.caller("alpha", provider="scripted")


class TestSync:
    def test_is_queued_with_its_location(self, installation: HttpHarness, puller: Caller) -> None:
        response = puller.post(SYNC, {"provider": "scripted"}, X_Correlation_ID="asked-7")
        assert response.status_code == 202
        run = response.get_json()
        assert (run["status"], run["kind"], run["provider"]) == ("QUEUED", "full", "scripted")
        assert run["correlation_id"] == "asked-7"
        assert puller.get(response.headers["Location"]).get_json() == run
        [job] = installation.queue.jobs
        assert str(job.subject_id) == run["id"]

    def test_is_rejected_while_one_is_in_progress(self, puller: Caller) -> None:
        puller.post(SYNC, {"provider": "scripted"})
        is_problem(puller.post(SYNC, {"provider": "scripted"}), 409, "sync_in_progress")

    def test_is_requested_once_per_idempotency_key(self, puller: Caller) -> None:
        first = puller.post(SYNC, {"provider": "scripted"}, Idempotency_Key="k")
        again = puller.post(SYNC, {"provider": "scripted"}, Idempotency_Key="k")
        assert (again.status_code, again.data) == (202, first.data)
        assert again.headers["Location"] == first.headers["Location"]

    @pytest.mark.parametrize(
        ("body", "status", "field"),
        [
            ({}, 422, "provider"),
            ({"provider": 7}, 422, "provider"),
            ({"provider": "scripted", "kind": "everything"}, 422, "kind"),
            ({"provider": "scripted", "kind": ["full"]}, 422, "kind"),
            ({"provider": "scripted", "hotel": "beta"}, 422, "hotel"),
            ({"connection_id": "x"}, 422, "connection_id"),
            ({"connection_id": 7}, 422, "connection_id"),
        ],
    )
    def test_names_an_invalid_field(
        self, installation: HttpHarness, puller: Caller, body: object, status: int, field: str
    ) -> None:
        problem = is_problem(puller.post(SYNC, body), status, "invalid_request")
        assert problem["errors"][0]["path"] == field
        assert installation.queue.jobs == []

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            *((body, 400, "unreadable_json") for body in (b"", b"{", b"\xff")),
            (b"[]", 422, "invalid_request"),
            (b'{"provider": "nobody"}', 404, "unknown_provider"),
            (b'{"provider": "canonical"}', 403, "forbidden"),
            (b'{"connection_id": "01a204fe-56c9-71f6-ad8e-84b79b97124a"}', 404,
             "connection_not_found"),
        ],
    )  # fmt: skip
    def test_rejects_an_invalid_request(
        self, puller: Caller, body: bytes, status: int, code: str
    ) -> None:
        is_problem(puller.send(SYNC, body), status, code)

    def test_is_rejected_for_a_push_only_provider(self, alpha: Caller) -> None:
        response = alpha.post(SYNC, {"provider": "canonical"})
        is_problem(response, 422, "unsupported_by_provider")

    def test_does_not_find_another_hotel_s_connection(
        self, installation: HttpHarness, puller: Caller
    ) -> None:
        foreign, _ = installation.connection("beta", "scripted", name="pulled")
        response = puller.post(SYNC, {"connection_id": str(foreign.id)})
        is_problem(response, 404, "connection_not_found")

    def test_requires_connection_id_for_several_connections(
        self, installation: HttpHarness, puller: Caller
    ) -> None:
        second = installation.second_connection("alpha", "scripted", name="second")
        problem = is_problem(puller.post(SYNC, {"provider": "scripted"}), 422, "invalid_request")
        assert problem["errors"][0]["path"] == "connection_id"
        response = puller.post(SYNC, {"connection_id": str(second.id)})
        assert response.get_json()["connection_id"] == str(second.id)


class TestRuns:
    def queue(self, installation: HttpHarness, name: str) -> SyncRun:
        connection = installation.second_connection("alpha", "scripted", name=name)
        return installation.use_cases.request_sync(connection.id, SyncKind.FULL, correlation_id="c")

    def test_are_listed_newest_first_in_pages(
        self, installation: HttpHarness, puller: Caller
    ) -> None:
        runs = [str(self.queue(installation, f"c{n}").id) for n in range(5)]
        page = puller.get(f"{SYNC}/runs?limit=2").get_json()
        assert [run["id"] for run in page["runs"]] == [runs[4], runs[3]]
        page = puller.get(f"{SYNC}/runs?limit=3&after={page['next_after']}").get_json()
        assert [run["id"] for run in page["runs"]] == runs[2::-1]
        assert page["next_after"] is None

    def test_reject_a_cursor_of_another_list(
        self, installation: HttpHarness, puller: Caller, alpha: Caller
    ) -> None:
        for name in ("c1", "c2"):
            self.queue(installation, name)
        after = puller.get(f"{SYNC}/runs?limit=1").get_json()["next_after"]
        is_problem(alpha.get(f"{SYNC}/runs?after={after}"), 422, "bad_cursor")

    def test_of_another_provider_are_hidden(self, installation: HttpHarness, alpha: Caller) -> None:
        run = self.queue(installation, "c1")
        assert alpha.get(f"{SYNC}/runs").get_json()["runs"] == []
        is_problem(alpha.get(f"{SYNC}/runs/{run.id}"), 404, "not_found")

    @pytest.mark.parametrize(
        ("query", "status"),
        [("limit=0", 422), ("limit=201", 422), ("after=", 422), ("limit=-1", 400),
         ("limit=x", 400), ("limit=1e3", 400), ("after=%00", 422), ("limit=99999999999", 400),
         ("limit=٣", 400)],
    )  # fmt: skip
    def test_reject_invalid_paging(self, puller: Caller, query: str, status: int) -> None:
        response = puller.get(f"{SYNC}/runs?{query}")
        assert response.status_code == status
        assert response.get_json()["errors"][0]["path"] == query.partition("=")[0]

    def test_that_do_not_exist_are_not_found(self, puller: Caller) -> None:
        response = puller.get(f"{SYNC}/runs/01a204fe-56c9-71f6-ad8e-84b79b97124a")
        is_problem(response, 404, "not_found")
        is_problem(puller.get(f"{SYNC}/runs/one"), 400, "bad_query")
