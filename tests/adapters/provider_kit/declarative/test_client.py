"""What is asked, with which credentials, and what a failure is taken for."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.outbound.provider_kit import authoring as pms
from adapters.outbound.provider_kit.http.host_policy import HostRefused
from adapters.outbound.provider_kit.simulation.server.loopback_http import (
    Call,
    LoopbackServer,
    Reply,
)
from ports.errors import CredentialsRefused, Misconfigured, ProviderRejected, UnreadableAnswer
from ports.providers import Ref, RefKind
from tests.adapters.provider_kit.declarative.listing_vendor import (
    VENDOR,
    StaysApi,
    asked,
    booking,
    local_tools,
    opened,
    request,
)


def refs(*ids: str) -> list[Ref]:
    return [Ref(RefKind.BOOKING, external_id) for external_id in ids]


class TestFetch:
    def test_reads_each_once_and_omits_missing(self) -> None:
        stays_api = StaysApi([booking(1), booking(2)])
        with opened(stays_api) as client:
            page = client.fetch(refs("B0001", "B0009", "B0002", "B0001"))
        assert [item.external_id for item in page.items] == ["B0001", "B0002"]

    def test_missing_hotel_is_not_a_deletion(self) -> None:
        stays_api = StaysApi([], account_status=404)
        with opened(stays_api) as client, pytest.raises(ProviderRejected):
            client.fetch(refs("B0001"))

    def test_quotes_ids(self) -> None:
        stays_api = StaysApi([])
        with opened(stays_api) as client:
            client.fetch(refs("a/../b?c"))
        assert stays_api.paths[1] == "/hotels/h%2F1/stays/a%2F..%2Fb%3Fc"

    def test_reads_with_the_providers_own_zone(self) -> None:
        seen: list[str] = []

        def reading(r: pms.Reader, context: pms.HotelContext) -> pms.BookingSnapshot:
            seen.append(context.time_zone)
            return VENDOR.bookings.read(r, context)

        vendor = replace(VENDOR, bookings=replace(VENDOR.bookings, read=reading))
        stays_api = StaysApi([booking(1)], account_fields={"zone": "Asia/Tokyo"})
        with opened(stays_api, vendor) as client:
            client.fetch(refs("B0001"))
            list(client.pull(request()))
        assert seen == ["Asia/Tokyo"] * 2
        assert stays_api.paths.count("/hotels/h%2F1") == 1

    def test_reports_unreadable_booking(self) -> None:
        with opened(StaysApi([booking(1, state="odd")])) as client:
            (item,) = client.fetch(refs("B0001")).items
        assert item.external_id == "B0001"
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("unknown_value", "stays[0].state")


class TestCheck:
    def test_reports_property_and_differences(self) -> None:
        with opened(StaysApi([])) as client:
            report = client.check()
        assert (report.property_id, report.currency, report.advice) == ("h/1", "CHF", ())

    def test_advises_where_the_provider_has_another_zone(self) -> None:
        with opened(StaysApi([], account_fields={"zone": "Asia/Tokyo"})) as client:
            assert "Asia/Tokyo" in client.check().advice[0]

    def test_refuses_a_zone_that_is_none(self) -> None:
        stays_api = StaysApi([], account_fields={"zone": "Tokyo Standard Time"})
        with opened(stays_api) as client, pytest.raises(UnreadableAnswer):
            client.check()

    def test_refuses_an_account_that_is_none(self) -> None:
        vendor = replace(VENDOR, account=replace(VENDOR.account, path="/hotels/{hotel}/stays"))
        with opened(StaysApi([]), vendor) as client, pytest.raises(UnreadableAnswer):
            client.check()


class TestOpening:
    def open(self, **changes: Any) -> None:
        pms.DeclarativeProvider(VENDOR, local_tools()).open(asked("http://127.0.0.1:1", **changes))

    @pytest.mark.parametrize(
        ("changes", "missing"), [({"secrets": {}}, "api_key"), ({"settings": {}}, "hotel")]
    )
    def test_names_the_missing_settings(self, changes: Any, missing: str) -> None:
        with pytest.raises(Misconfigured) as caught:
            self.open(**changes)
        assert caught.value.details == {"setting": missing}

    def test_refuses_a_host_that_is_not_the_vendors(self) -> None:
        with pytest.raises(HostRefused):
            self.open(settings={"base_url": "https://elsewhere.example", "hotel": "1"})


class TokenServer:
    """Gives tokens; `refusals`: so many calls are refused though their token is good."""

    def __init__(self, refusals: int = 0, status: int = 200) -> None:
        self.refusals, self.status = refusals, status
        self.given, self.calls = 0, 0

    def answer(self, call: Call) -> Reply:
        if call.path == "/token":
            good = (
                b"client_id=id&client_secret=s%26cret" in call.body and b"scope=read" in call.body
            )
            if not good or self.status != 200:
                return Reply(self.status if self.status != 200 else 400)
            self.given += 1
            return Reply(200, b'{"access_token": "t%d", "expires_in": 3600}' % self.given)
        self.calls += 1
        if self.refusals or call.headers["authorization"] != f"Bearer t{self.given}":
            self.refusals -= 1
            return Reply(401)
        return Reply(200, b'{"id": "h"}')


class TestTokens:
    def check(self, token_server: TokenServer, times: int = 1) -> None:
        entry = pms.ClientCredentials(path="/token", scope="read")
        server = LoopbackServer(0, token_server.answer)
        server.start()
        account = asked(
            f"http://127.0.0.1:{server.port}",
            secrets={"client_id": "id", "client_secret": "s&cret"},
        )
        client = pms.DeclarativeProvider(replace(VENDOR, credentials=entry), local_tools()).open(
            account
        )
        try:
            for _ in range(times):
                client.check()
        finally:
            client.close()
            server.stop()

    def test_are_requested_once(self) -> None:
        token_server = TokenServer()
        self.check(token_server, times=3)
        assert (token_server.given, token_server.calls) == (1, 3)

    def test_are_requested_again_after_one_rejection(self) -> None:
        token_server = TokenServer(refusals=1)
        self.check(token_server)
        assert (token_server.given, token_server.calls) == (2, 2)

    def test_are_requested_again_only_once(self) -> None:
        token_server = TokenServer(refusals=9)
        with pytest.raises(CredentialsRefused):
            self.check(token_server)
        assert (token_server.given, token_server.calls) == (2, 2)

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_that_are_not_issued_are_refused_credentials(self, status: int) -> None:
        with pytest.raises(CredentialsRefused):
            self.check(TokenServer(status=status))


class TestWrongKey:
    def test_is_rejected_without_a_retry(self) -> None:
        stays_api = StaysApi([booking(1)])
        server = LoopbackServer(0, stays_api.answer)
        server.start()
        account = asked(f"http://127.0.0.1:{server.port}", secrets={"api_key": "wrong"})
        client = pms.DeclarativeProvider(VENDOR, local_tools()).open(account)
        try:
            with pytest.raises(CredentialsRefused):
                list(client.pull(request()))
        finally:
            client.close()
            server.stop()
        assert len(stays_api.paths) == 1
        assert "wrong" not in repr(client)
