"""No payload value in reasons, run errors, events, idempotency rows, jobs, logs: values are planted
in every kind of place, through every inbound way."""

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from adapters.inbound.rest.use_cases import RestOptions
from adapters.outbound.provider_kit.simulation.scenario import VendorMessage
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.sync_run import SyncKind
from entrypoints.certification.adapter_harness import open_adapter_harness
from entrypoints.certification.app_harness import AppHarness, open_app_harness
from entrypoints.certification.candidate import candidate_of
from entrypoints.certification.checks.redaction import _capture_logs
from entrypoints.processes.wsgi import build_web_app
from entrypoints.wiring.logging_config import QUIET
from tests.http.canaries import (
    ERROR_BODIES,
    NAME,
    PASSPORT,
    TEXT,
    Evidence,
    collect,
    count_places,
    planted,
    planted_json,
    planted_xml,
)
from tests.http.http_harness import HttpHarness, add_hotels, booking, cell, guest, sql_harness
from tests.http.ota_sender import (
    COUNTS,
    LIMITS,
    PASSWORD,
    PUSH,
    Sender,
    alpinebits,
    counts,
    inventory,
    limit,
    limits,
    reservation,
    reservations,
)

PROVIDERS = ("mews", "apaleo", "cloudbeds", "ohip", "alpinebits", "mock")
ERROR_STATUSES = (400, 401, 403, 404, 408, 409, 422, 429, 500)
SPOILED_PULLS = 3
BATCH = 20


class SpoilingVendor:
    """Answers with canaries: in items of its lists, or in errors."""

    def __init__(self, simulator: Any) -> None:
        self.error: tuple[int, bytes] | None = None
        self.offset: int | None = None
        self._answer = simulator._answer_vendor
        simulator.serve(self.answer)

    def answer(self, call: Call) -> Reply:
        if self.error is not None and "token" not in call.path.partition("?")[0]:
            return Reply(*self.error)
        reply: Reply = self._answer(call)
        if self.offset is None or reply.status != 200 or not reply.body:
            return reply
        self.offset += 1
        body = self._spoiled(reply.body, self.offset)
        return Reply(reply.status, body, reply.headers, reply.content_type)

    def _spoiled(self, body: bytes, offset: int) -> bytes:
        if body.lstrip().startswith(b"<"):
            for n in range(4):
                body = planted_xml(body, offset * 31 + n * 17)
            return body
        value = json.loads(body)
        return json.dumps(_spoil_items(value, offset)).encode()


def _spoil_items(value: Any, offset: int) -> Any:
    """Each item of each list has a canary in another place."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [planted(each, offset * 13 + n) for n, each in enumerate(value)]
    if isinstance(value, dict):
        return {key: _spoil_items(inner, offset) for key, inner in value.items()}
    return value


@pytest.fixture
def evidence() -> Iterator[Evidence]:
    """Log levels are those of the processes."""
    levels = {name: logging.getLogger(name).level for name in QUIET}
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    yield Evidence()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(params=PROVIDERS)
def pulled(request: pytest.FixtureRequest, evidence: Evidence) -> Iterator[AppHarness]:
    with ExitStack() as stack:
        options = SimulatorOptions(bookings=8)
        adapter = stack.enter_context(open_adapter_harness(candidate_of(request.param), options))
        app = stack.enter_context(open_app_harness(adapter))
        app.sync_or_fail(SyncKind.FULL)
        stack.enter_context(_capture_logs(evidence.logs))
        yield app


class TestPulls:
    def test_show_no_value_of_an_item_or_an_error_response(
        self, pulled: AppHarness, evidence: Evidence, tmp_path: Path, redis_url: str
    ) -> None:
        vendor = SpoilingVendor(pulled.adapter.simulator)
        for number in range(SPOILED_PULLS):
            vendor.offset = number * 101
            pulled.sync(SyncKind.FULL)
            self._notify(pulled, number)
            pulled.resume()
        vendor.offset = None
        for number, status in enumerate((200, *ERROR_STATUSES)):
            vendor.error = (status, ERROR_BODIES[number % len(ERROR_BODIES)]())
            pulled.adapter.clock.sleep(100_000)
            pulled.sync()
            self._notify(pulled, number)
            vendor.error = None
            pulled.resume()
        self._post_webhooks(pulled, evidence)
        runs = pulled.container.store.queries.sync_runs(pulled.hotel.id, limit=200).rows
        assert {run.error_code for run in runs} >= {"provider_rejected", "provider_unavailable"}
        collect(evidence, pulled.container, tmp_path / "events.jsonl", redis_url)
        assert evidence.logs
        leaks = evidence.leaks()
        assert not leaks, "\n".join(leaks)

    def _notify(self, app: AppHarness, number: int) -> None:
        """Not of AlpineBits, whose servers send documents."""
        if not app.adapter.provider.capabilities.webhooks:
            return
        for message in app.adapter.book_and_collect():
            bodies = [message.body]
            if message.body.lstrip().startswith(b"{"):
                bodies.append(planted_json(message.body, number))
            app.receive_and_process([VendorMessage(each, message.headers) for each in bodies])

    def _post_webhooks(self, app: AppHarness, evidence: Evidence) -> None:
        """Each place of a notification in turn, over HTTP."""
        if not app.adapter.provider.capabilities.webhooks:
            return
        client = build_web_app(app.container).test_client()
        path = f"/api/pms/{app.connection.provider}/webhook/{app.key}"
        for message in app.adapter.book_and_collect()[:1]:
            if not message.body.lstrip().startswith(b"{"):
                continue
            for number in range(count_places(json.loads(message.body))):
                headers = {**message.headers, "X-Correlation-ID": TEXT}
                body = planted_json(message.body, number)
                response = client.post(path, data=body, headers=headers)
                evidence.responses.append(response.get_data(as_text=True))
        app.batches = []
        app.container.work_off_inbox(app.hotel.id, app.connection.id, correlation_id="webhooks")


@pytest.fixture(params=["sqlite", "postgres"])
def installed(
    request: pytest.FixtureRequest, evidence: Evidence, redis_url: str
) -> Iterator[HttpHarness]:
    url = request.getfixturevalue(f"upgraded_{request.param}_url")
    options = RestOptions(rate_limit_storage=redis_url, requests_per_minute=1_000_000)
    with sql_harness(url, options=options, further_providers=alpinebits()) as harness:
        add_hotels(harness)
        with _capture_logs(evidence.logs):
            yield harness


def complete_booking() -> dict[str, Any]:
    person = {"first_name": "A", "last_name": "B", "phone": "1", "email": "a@b.example"}
    return booking(
        status="CONFIRMED",
        primary_guest={"guest_id": "G1", "document_number": "1", **person},
        rooms=[{"room_type_id": "DBL", "adults": 2, "status": "CONFIRMED", "prices": []}],
        notes="n",
        source="DIRECT",
        balance={"amount": "1.00", "currency": "EUR"},
        extras={"a": {"b": ["c"]}},
    )


class TestRequests:
    def test_show_no_value_of_a_payload(
        self, installed: HttpHarness, evidence: Evidence, tmp_path: Path, redis_url: str
    ) -> None:
        self._push(installed, evidence)
        self._send_documents(installed)
        self._query(installed, evidence)
        evidence.jobs += installed.queue.take()
        for job in evidence.jobs:
            installed.use_cases.jobs.run(
                job.name.value, str(job.hotel_id), str(job.subject_id), job.correlation_id
            )
        container = installed.use_cases
        container.__dict__["store"] = installed.store
        collect(evidence, container, tmp_path / "events.jsonl", redis_url)
        assert len(evidence.logs) > 200
        leaks = evidence.leaks()
        assert not leaks, "\n".join(leaks)

    def _push(self, installed: HttpHarness, evidence: Evidence) -> None:
        caller = installed.caller("alpha")
        for kind, item in (
            ("bookings", complete_booking()),
            ("guests", guest(notes="n", birth_date="1990-01-01", nationality="AT")),
            ("availability", cell("2026-03-10", lowest_rate={"amount": "1.00", "currency": "EUR"})),
        ):
            spoiled = [planted(item, number) for number in range(count_places(item))]
            for start in range(0, len(spoiled), BATCH):
                headers = {
                    "Idempotency-Key": f"{kind}-{start}",
                    "X-Correlation-ID": TEXT if start else "4111-1111-1111-1111",
                    "Prefer": "respond-async" if start == BATCH else "",
                }
                batch = spoiled[start : start + BATCH]
                response = caller.post(f"/api/pms/canonical/{kind}", batch, **headers)
                evidence.responses.append(response.get_data(as_text=True))
            for body in (f'{{"{NAME}": 1, "{NAME}": 2}}', f'[{{"a": {TEXT}}}]', f"{TEXT}", "[NaN]"):
                response = caller.send(f"/api/pms/canonical/{kind}", body.encode())
                evidence.responses.append(response.get_data(as_text=True))

    def _send_documents(self, installed: HttpHarness) -> None:
        _, key = installed.connection(
            "alpha", "alpinebits", "documents", password=PASSWORD, hotel_code="123"
        )
        sender = Sender(installed.client, key, extra={"X-Correlation-ID": TEXT})
        nights = ("2026-04-01", "2026-04-03")
        for action, document in (
            (COUNTS, counts(inventory(*nights, count=3))),
            (LIMITS, limits(limit(*nights))),
            (PUSH, reservations(reservation())),
        ):
            for number in range(0, 120, 2):
                spoiled = planted_xml(document.encode(), number)
                # The response repeats names and version of the sender's own document.
                if number % 3:
                    sender.xml(spoiled)
                else:
                    sender.form(action, spoiled)
            for body in (f"<{NAME}/>", f"<a>{TEXT}", document.replace("RQ", NAME)):
                sender.form(action, body)
        for wrong in (Sender(installed.client, TEXT), Sender(installed.client, key, TEXT)):
            wrong.xml(counts())

    def _query(self, installed: HttpHarness, evidence: Evidence) -> None:
        caller = installed.caller("alpha")
        for query, variables in (
            (f'{{bookings(filter: {{externalId: "{TEXT}"}}) {{edges {{node {{id}}}}}}}}', {}),
            (f'{{bookings(after: "{PASSPORT}") {{edges {{node {{id}}}}}}}}', {}),
            (f"{{{NAME} {{id}}}}", {}),
            ("query($v: BookingFilter) {bookings(filter: $v) {totalCount}}", {"v": {NAME: TEXT}}),
            ("query($d: Date!) {availability(from: $d, to: $d) {day}}", {"d": TEXT}),
        ):
            body = {"query": query, "variables": variables, "operationName": None}
            caller.post("/api/pms/graphql", body, **{"X-Correlation-ID": TEXT})
        runs = caller.post("/api/pms/graphql", {"query": "{syncRuns {edges {node {errorDetail}}}}"})
        evidence.responses.append(runs.get_data(as_text=True))
        quarantine = caller.get("/api/pms/quarantine?limit=200")
        evidence.responses.append(quarantine.get_data(as_text=True))
