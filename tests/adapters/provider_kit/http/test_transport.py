import logging
import socket
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from threading import Event
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.http.guarded_connections import guarded_pools
from adapters.outbound.provider_kit.http.host_policy import HostPolicy, HostRefused
from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.provider_kit.http.retry_policy import RetryPolicy, retry_after_seconds
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.http.transport import Transport, TransportSettings
from domain.sync_run import TransportCounts
from ports import errors
from ports.providers import Patience
from tests.adapters.provider_kit.http.scripted_server import (
    Reply,
    ScriptedServer,
    answer,
    hung_up,
    serving,
    truncated,
)

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
CONNECTION = UUID(int=7)
SECRET = "PLANTED-SECRET-4711"
LOCAL = HostPolicy(known=frozenset(), operator=frozenset({"127.0.0.1"}), plain_http=True)


class JumpingClock:
    """Real time that jumps ahead instead of sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class FixedRandomness:
    def __init__(self, value: float = 0.5) -> None:
        self.value = value

    def fraction(self) -> float:
        return self.value

    def secret(self) -> str:
        raise NotImplementedError


class Rig:
    def __init__(self, link: TransportSettings, randomness: FixedRandomness) -> None:
        self.clock = JumpingClock()
        self.patience = Patience()
        self.transport = Transport(
            link,
            clock=self.clock,
            randomness=randomness,
            budget=InProcessRateBudget(self.clock),
            patience=self.patience,
        )

    def get(self, url: str, **options: object) -> HttpResponse:
        call = HttpRequest(**{"method": "GET", "url": url, "is_idempotent": True, **options})  # type: ignore[arg-type]  # options are HttpRequest's own fields
        return self.transport.send(call, correlation_id="corr-1")


@contextmanager
def rig(*, fraction: float = 0.5, hosts: HostPolicy = LOCAL, **options: object) -> Iterator[Rig]:
    link = TransportSettings(provider="mock", connection_id=CONNECTION, hosts=hosts, **options)  # type: ignore[arg-type]  # options are TransportSettings' own fields
    made = Rig(link, FixedRandomness(fraction))
    try:
        yield made
    finally:
        made.transport.close()


def ask(*script: Reply, **options: object) -> tuple[HttpResponse, Rig, ScriptedServer]:
    with serving(*script) as server, rig() as r:
        return r.get(server.url(), **options), r, server


def fail(*script: Reply, **options: object) -> tuple[errors.ProviderError, Rig, ScriptedServer]:
    with serving(*script) as server, rig() as r:
        with pytest.raises(errors.ProviderError) as caught:
            r.get(server.url(), **options)
        return caught.value, r, server


def error_of(r: Rig, url: str, **options: object) -> errors.ProviderError | None:
    try:
        r.get(url, **options)
    except errors.ProviderError as error:
        return error
    return None


class TestResponse:
    def test_has_status_headers_and_exact_json(self) -> None:
        got, r, server = ask(answer(body=b'{"a": 1.10}', Request_Id="q1"))
        assert (got.status, got.headers["request-id"], str(got.json())) == (
            200,
            "q1",
            "{'a': Decimal('1.10')}",
        )
        assert server.requests[0][2]["x-correlation-id"] == "corr-1"
        assert r.transport.counts() == TransportCounts(calls=1, bytes_received=11)

    def test_accepts_empty_body(self) -> None:
        got, _, _ = ask(answer(204, b""))
        assert (got.status, got.body) == (204, b"")

    def test_reuses_connection_and_sends_no_cookies(self) -> None:
        with serving(answer(Set_Cookie="sid=1; Path=/")) as server, rig() as r:
            r.get(server.url())
            r.get(server.url())
            assert "cookie" not in server.requests[1][2]

    @pytest.mark.parametrize("body", [b"<p>Maintenance", b"{", b"", b"NaN"])
    def test_rejects_other_than_json_without_retry(self, body: bytes) -> None:
        got, _, server = ask(answer(body=body))
        with pytest.raises(errors.UnreadableAnswer):
            got.json()
        assert len(server.requests) == 1


PAGES = (
    answer(body=b"<!DOCTYPE html><p>Maintenance"),
    answer(body=b"\xef\xbb\xbf\r\n<HTML lang='en'><body>"),
    answer(
        body=b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">'
    ),
    answer(body=b"<!-- proxy -->\n<html>"),
    answer(body=b"<h1>Service maintenance</h1>", Content_Type="text/html; charset=utf-8"),
)


class TestHtmlPage:
    """A page of a proxy or of maintenance, with status 200."""

    @pytest.mark.parametrize("page", PAGES)
    def test_is_retried(self, page: Reply) -> None:
        got, _, server = ask(page, page, answer(body=b"[]"))
        assert (got.json(), len(server.requests)) == ([], 3)

    @pytest.mark.parametrize("page", PAGES)
    def test_is_unreadable_in_the_end(self, page: Reply) -> None:
        caught, _, server = fail(*[page] * RetryPolicy().attempts)
        assert type(caught) is errors.UnreadableAnswer
        assert (caught.status, caught.path) == (200, "/api/things")
        assert len(server.requests) == RetryPolicy().attempts

    def test_is_not_retried_where_a_repetition_could_change_something(self) -> None:
        caught, _, server = fail(PAGES[0], is_idempotent=False)
        assert type(caught) is errors.UnreadableAnswer
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "reply",
        [
            answer(body=b'{"html": "<html>"}', Content_Type="text/html"),
            answer(body=b'<?xml version="1.0"?><OTA_PingRS/>', Content_Type="text/xml"),
            answer(body=b"<HtmlReport/>", Content_Type="application/xml"),
        ],
    )
    def test_is_not_data(self, reply: Reply) -> None:
        assert len(ask(reply)[2].requests) == 1


class TestRetry:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (301, errors.UnreadableAnswer),
            (307, errors.UnreadableAnswer),
            (400, errors.ProviderRejected),
            (401, errors.CredentialsRefused),
            (403, errors.AccessForbidden),
            (404, NotFoundAtProvider),
            (409, errors.ProviderRejected),
            (413, errors.ProviderRejected),
            (422, errors.ProviderRejected),
            (501, errors.ProviderUnavailable),
        ],
    )
    def test_raises_permanent_failure_at_once(
        self, status: int, error: type[errors.ProviderError]
    ) -> None:
        caught, r, server = fail(answer(status, Location="http://127.0.0.1:1/x", Retry_After="1"))
        assert type(caught) is error
        assert caught.details["status"] == status
        assert (len(server.requests), r.clock.slept) == (1, [])

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (answer(408), errors.TooHeavy),
            (answer(429), errors.RateLimited),
            (answer(500), errors.ProviderUnavailable),
            (answer(502), errors.ProviderUnavailable),
            (answer(503), errors.ProviderUnavailable),
            (answer(504), errors.ProviderUnavailable),
            (truncated, errors.ProviderUnavailable),
            (hung_up, errors.ProviderUnavailable),
        ],
    )
    def test_retries_transient_failure(
        self, reply: Reply, error: type[errors.ProviderError]
    ) -> None:
        _, r, server = ask(reply, reply)
        assert len(server.requests) == 3
        assert r.transport.counts().retries == 2
        caught, r, server = fail(*[reply] * 5)
        assert type(caught) is error
        assert len(server.requests) == 5

    def test_raises_too_heavy_at_once_if_request_is_splittable(self) -> None:
        caught, r, server = fail(answer(408), is_splittable=True)
        assert type(caught) is errors.TooHeavy
        assert (len(server.requests), r.clock.slept) == (1, [])
        _, _, server = ask(answer(503), is_splittable=True)
        assert len(server.requests) == 2

    def test_does_not_repeat_request_that_is_not_idempotent(self) -> None:
        for reply in (answer(503), truncated, hung_up):
            _, _, server = fail(reply, method="POST", body=b"{}", is_idempotent=False)
            assert len(server.requests) == 1

    def test_repeats_unprocessed_request_that_is_not_idempotent(self) -> None:
        _, _, server = ask(answer(429), method="POST", body=b"{}", is_idempotent=False)
        assert len(server.requests) == 2

    def test_retries_failed_connection_then_raises(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            with rig() as r, pytest.raises(errors.ProviderUnavailable) as caught:
                r.get(f"http://127.0.0.1:{taken.getsockname()[1]}/", is_idempotent=False)
        assert caught.value.details["reason"] == "not reachable"
        assert r.transport.counts().calls == 5

    def test_retries_read_timeout(self) -> None:
        released = Event()

        def slow(handler: BaseHTTPRequestHandler) -> None:
            released.wait(60)
            handler.close_connection = True

        try:
            _, r, _ = ask(slow, read_seconds=2.0)
        finally:
            released.set()
        assert r.transport.counts().retries == 1

    def test_slow_response_ends_at_deadline(self) -> None:
        """The clock passes the deadline before the second byte arrives."""
        stopped = Event()

        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            handler.close_connection = True
            r.clock.sleep(301)
            with suppress(OSError):
                while not stopped.wait(0.02):
                    handler.wfile.write(b" ")
                    handler.wfile.flush()

        with serving(drip) as server, rig() as r:
            try:
                with pytest.raises(errors.ProviderUnavailable) as caught:
                    r.get(server.url(), deadline_seconds=300)
            finally:
                stopped.set()
        assert caught.value.details["reason"] == "deadline"

    @pytest.mark.parametrize("promised", [True, False])
    def test_oversize_response_raises_too_heavy(self, promised: bool) -> None:
        def big(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header(*("Content-Length", "300000") if promised else ("X-Any", "1"))
            handler.end_headers()
            handler.close_connection = True
            with suppress(OSError):
                handler.wfile.write(b" " * 300_000)

        with serving(big) as server, rig(max_answer_bytes=100_000) as r:
            with pytest.raises(errors.TooHeavy):
                r.get(server.url())
            assert r.transport.counts().bytes_received < 200_000


class TestFailure:
    def test_names_the_path_and_what_the_vendor_says(self) -> None:
        body = b'{"messages": ["no such filter: Ada"], "code": "E7"}'
        error, _, _ = fail(answer(422, body, Content_Type="application/json"))
        summary = "HTTP 422, code E7, not found"
        assert (error.path, error.vendor_message) == ("/api/things", summary)
        assert error.vendor_error is not None
        assert error.vendor_error.text == body.decode()

    def test_has_no_message_of_a_page(self) -> None:
        error, _, _ = fail(answer(404, b"<html>Ada</html>", Content_Type="text/html"))
        assert error.vendor_message is None


class TestBackoff:
    def test_grows_with_full_jitter_below_its_ceilings(self) -> None:
        for fraction, waits in ((0.0, [0.0] * 4), (0.5, [0.25, 0.5, 1, 2]), (1.0, [0.5, 1, 2, 4])):
            with serving(*[answer(503)] * 4) as server, rig(fraction=fraction) as r:
                r.get(server.url())
                assert r.clock.slept == waits

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("7", 7.0),
            ("Tue, 30 Jun 2026 12:00:09 GMT", 9.0),
            ("Tue, 30 Jun 2026 11:00:00 GMT", 0.25),
            ("0", 0.25),
            ("NaN", 0.25),
            ("-5", 0.25),
            ("inf", 0.25),
            ("soon", 0.25),
            ("Tue, 99 Jun 2026 12:00:09 GMT", 0.25),
            ("", 0.25),
        ],
    )
    def test_honours_retry_after_in_both_forms(self, header: str, seconds: float) -> None:
        _, r, _ = ask(answer(429, Retry_After=header))
        assert r.clock.slept == [seconds]
        assert r.transport.counts().waited_ms == seconds * 1000

    def test_past_retry_after_date_means_no_wait(self) -> None:
        assert retry_after_seconds("Tue, 30 Jun 2026 11:00:00 GMT", NOW) == 0.0
        assert retry_after_seconds(None, NOW) is None

    @pytest.mark.parametrize("header", ["121", "9" * 500, "Wed, 01 Jul 2026 12:00:00 GMT"])
    def test_raises_instead_of_waiting_beyond_deadline(self, header: str) -> None:
        caught, r, _ = fail(answer(429, Retry_After=header))
        assert isinstance(caught, errors.RateLimited)
        assert caught.wait_seconds >= 121
        assert r.clock.slept == []


class TestRateBudget:
    def test_is_reserved_before_each_request(self) -> None:
        with serving() as server, rig(rate_limit=2, rate_window_seconds=30.0) as r:
            for _ in range(3):
                r.get(server.url())
            assert len(r.clock.slept) == 1
            assert 29 < r.clock.slept[0] <= 30

    def test_raises_unsent_if_budget_frees_up_after_deadline(self) -> None:
        with serving() as server, rig(rate_limit=1, rate_window_seconds=300.0) as r:
            r.get(server.url())
            with pytest.raises(errors.RateLimited):
                r.get(server.url())
            assert len(server.requests) == 1


class TestPatience:
    def test_ends_a_longer_wait_for_our_budget(self) -> None:
        with serving(answer()) as server, rig(rate_limit=1, rate_window_seconds=30) as r:
            r.get(server.url())
            r.patience.seconds = 2
            error = error_of(r, server.url())
            assert isinstance(error, errors.RateLimited)
            assert 25 < error.wait_seconds <= 30
            assert (len(server.requests), r.clock.slept) == (1, [])

    def test_ends_a_longer_wait_that_the_vendor_requires(self) -> None:
        with serving(answer(429, Retry_After="20"), answer()) as server, rig() as r:
            r.patience.seconds = 2
            error = error_of(r, server.url())
            assert isinstance(error, errors.RateLimited)
            assert (error.wait_seconds, r.clock.slept) == (20, [])

    def test_does_not_end_a_short_wait_or_one_for_an_outage(self) -> None:
        script = answer(429, Retry_After="1"), answer(503, Retry_After="20"), answer()
        with serving(*script) as server, rig() as r:
            r.patience.seconds = 2
            r.get(server.url())
            assert r.clock.slept == [1, 20]


class TestHostPolicy:
    MEWS = HostPolicy(known=frozenset({"api.example.com", "*.cloud.example"}))

    @pytest.mark.parametrize(
        "url",
        ["https://api.example.com/x", "https://API.example.com.:443/", "https://a.cloud.example"],
    )
    def test_allows_known_hosts(self, url: str) -> None:
        self.MEWS.check_url(url)

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://api.example.com/", "not https"),
            ("https://api.example.com:8443/", "unusual port"),
            ("https://evil.example/", "unknown host"),
            ("https://cloud.example/", "unknown host"),
            ("https://evilcloud.example/", "unknown host"),
            ("https://api.example.com@evil.example/", "credentials in the URL"),
            ("https://api.example.com.evil.example/", "unknown host"),
            ("https://evil.example\\@api.example.com/", "unknown host"),
            ("https://u:p@api.example.com/", "credentials in the URL"),
            ("https://127.0.0.1/", "unknown host"),
            ("https://[::1]/", "unknown host"),
            ("file:///etc/passwd", "not https"),
            ("//api.example.com/", "not https"),
            ("https://[/", "not a URL"),
            ("https://*.cloud.example/", "not a host name"),
            ("", "not https"),
        ],
    )
    def test_rejects_other_hosts(self, url: str, reason: str) -> None:
        with pytest.raises(HostRefused) as caught:
            self.MEWS.check_url(url)
        assert (caught.value.code, caught.value.details["reason"]) == ("host_refused", reason)

    def test_rejects_an_empty_label_below_a_known_domain(self) -> None:
        with pytest.raises(HostRefused):
            self.MEWS.check_host("https", ".cloud.example", None)

    @pytest.mark.parametrize(
        ("operator", "host"),
        [("::1", "[::1]"), ("x-pms-x", "X-PMS-X."), ("x-pms-x", "X-PMS-X"), ("pms", "pms")],
    )
    def test_compares_hosts_without_brackets_case_and_final_dot(
        self, operator: str, host: str
    ) -> None:
        policy = HostPolicy(known=frozenset(), operator=frozenset({operator}))
        policy.check_host("https", host, 8443)
        policy.check_url(f"https://{host}:8443/")

    @pytest.mark.parametrize("known", [frozenset(), frozenset({"api.example.com"})])
    @pytest.mark.parametrize("operator", [frozenset(), frozenset({"api.example.com"})])
    @pytest.mark.parametrize("plain_http", [False, True, None])
    def test_allows_plain_http_only_to_the_operators_hosts_and_only_if_it_is_on(
        self, known: frozenset[str], operator: frozenset[str], *, plain_http: bool | None
    ) -> None:
        options = {} if plain_http is None else {"plain_http": plain_http}
        policy = HostPolicy(known=known, operator=operator, **options)
        if plain_http and operator:
            policy.check_url("http://api.example.com:8080/")
            return
        with pytest.raises(HostRefused):
            policy.check_url("http://api.example.com/")

    @pytest.mark.parametrize(
        "url",
        ["https://b.cloud.example", "https://x.a.cloud.example", "https://cloud.example"],
    )
    def test_connection_calls_no_other_customers_host(self, url: str) -> None:
        own = self.MEWS.narrowed_to(["https://A.cloud.example./api"])
        own.check_url("https://a.cloud.example/token")
        own.check_url("https://api.example.com")
        with pytest.raises(HostRefused):
            own.check_url(url)

    def test_connection_to_a_simulator_calls_no_customers_host(self) -> None:
        allowed = replace(self.MEWS, operator=frozenset({"sim", "other"}), plain_http=True)
        own = allowed.narrowed_to(["http://sim:8080"])
        own.check_url("http://sim:8080/token")
        for url in ("https://a.cloud.example", "http://other"):
            with pytest.raises(HostRefused):
                own.check_url(url)

    def test_hosts_named_in_full_stay_as_they_are(self) -> None:
        full = HostPolicy(known=frozenset({"api.example.com"}), operator=frozenset({"sim"}))
        assert full.narrowed_to(["https://api.example.com"]) is full

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
            "0.0.0.0", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
            "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "::10.0.0.1",
            "64:ff9b:1::1", "fec0::1", "192.0.0.8", "ff0e::1",
            "2001:0:4136:e378:8000:63bf:f5fe:fdfd", "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
        ],
    )  # fmt: skip
    def test_private_addresses_need_operators_permission(self, address: str) -> None:
        with pytest.raises(HostRefused):
            self.MEWS.check_address("api.example.com", address)
        HostPolicy(known=frozenset(), operator=frozenset({"pms"})).check_address("pms", address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
    def test_allows_public_addresses(self, address: str) -> None:
        self.MEWS.check_address("api.example.com", address)

    def test_rejects_name_that_resolves_to_loopback_before_sending(self) -> None:
        known = HostPolicy(known=frozenset({"localhost"}))
        with rig(hosts=known) as r, pytest.raises(HostRefused) as caught:
            r.get("https://localhost/")
        assert caught.value.details["reason"] == "private address"

    def test_calls_loopback_host_that_operator_allows(self) -> None:
        allowed = HostPolicy(known=frozenset(), operator=frozenset({"localhost"}), plain_http=True)
        with serving() as server, rig(hosts=allowed) as r:
            assert r.get(server.url(host="localhost")).status == 200

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/", "https://api.example.com:8443/", "http://api.example.com/"],
    )
    def test_is_checked_by_each_connection_too(self, url: str) -> None:
        with pytest.raises(HostRefused):
            guarded_pools(self.MEWS, connections=1).request("GET", url, retries=False)

    def test_host_that_no_name_can_be_is_unavailable(self) -> None:
        host = f"{'a' * 64}.example"  # a longer label than DNS has
        with rig(hosts=HostPolicy(known=frozenset({host}))) as r:
            error = error_of(r, f"https://{host}/")
        assert isinstance(error, errors.ProviderUnavailable)
        assert error.details["reason"] == "not reachable"

    def test_connects_to_the_address_of_the_host_only(self) -> None:
        other = HostPolicy(known=frozenset(), operator=frozenset({"127.0.0.2"}), plain_http=True)
        with serving() as server, rig(hosts=other) as r:
            assert isinstance(error_of(r, server.url(host="127.0.0.2")), errors.ProviderUnavailable)
        assert server.requests == []

    def test_ignores_proxies_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "")
        response, _, server = ask(answer(200, b'{"a": 1}'))
        assert (response.status, response.body) == (200, b'{"a": 1}')
        assert len(server.requests) == 1


class TestRedaction:
    @pytest.mark.parametrize(
        "reply", [answer(), answer(401), answer(503), truncated, hung_up, answer(302)]
    )
    def test_keeps_secrets_out_of_logs_errors_and_tracebacks(
        self, reply: Reply, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        shown = ""
        with serving(*[reply] * 5) as server, rig() as r:
            error = error_of(
                r,
                server.url(f"/api?key={SECRET}"),
                method="POST",
                headers={"Authorization": SECRET},
                query={"token": SECRET},
                body=SECRET.encode(),
            )
        if error is not None:
            assert error.__context__ is None
            shown = "".join(traceback.format_exception(error)) + repr(error.details)
        shown += "".join(str(vars(record)) for record in caplog.records)
        assert SECRET not in shown
        assert "provider_call" in shown

    def test_holds_for_unreachable_hosts(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with rig() as r, pytest.raises(errors.ProviderUnavailable) as caught:
            r.get("http://127.0.0.1:9/", query={"token": SECRET})
        shown = "".join(traceback.format_exception(caught.value))
        assert SECRET not in shown + "".join(str(vars(record)) for record in caplog.records)

    def test_repr_of_request_shows_no_secret(self) -> None:
        call = HttpRequest(
            method="GET",
            url="https://h/",
            is_idempotent=True,
            headers={"A": SECRET},
            query={"q": SECRET},
            body=SECRET.encode(),
        )
        assert SECRET not in repr(call)

    def test_logs_each_attempt(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        ask(answer(503))
        first, second = [vars(record) for record in caplog.records]
        assert (first["message"], first["outcome"], first["status"], first["attempt"]) == (
            "provider_call",
            "provider_unavailable",
            503,
            1,
        )
        assert (second["outcome"], second["path"], second["attempt"]) == (
            "answered",
            "/api/things",
            2,
        )
