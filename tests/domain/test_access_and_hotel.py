from dataclasses import replace
from typing import Any

import pytest

from domain.access import AccessToken, Scope, grants
from domain.errors import DomainError, ErrorKind, InvalidField, PmsError
from domain.hotel import require_time_zone
from tests import builders
from tests.builders import DAY, HOUR, T0

HOTEL, KEY = builders.hotel(), builders.provider_key()


def token(**over: Any) -> AccessToken:
    return builders.access_token(KEY, HOTEL, **over)


class TestAccessToken:
    def test_is_usable_until_it_expires_or_is_revoked(self) -> None:
        made = token(expires_at=T0 + DAY)
        assert made.is_usable(T0)
        assert not made.is_usable(T0 + DAY)
        revoked = made.revoked(T0 + HOUR)
        assert not revoked.is_usable(T0)
        assert revoked.revoked(T0 + DAY).revoked_at == T0 + HOUR

    @pytest.mark.parametrize("scope", Scope)
    @pytest.mark.parametrize("wanted", Scope)
    def test_grants_its_scopes_and_admin_grants_all(self, scope: Scope, wanted: Scope) -> None:
        assert grants(frozenset({scope}), wanted) == (scope is wanted or scope is Scope.ADMIN)

    def test_expires_after_the_overlap_but_never_later_than_before(self) -> None:
        made = token(expires_at=T0 + DAY)
        assert made.expiring(overlap=HOUR, now=T0).expires_at == T0 + HOUR
        assert made.expiring(overlap=2 * DAY, now=T0).expires_at == T0 + DAY

    @pytest.mark.parametrize(
        ("over", "path"),
        [
            ({"hotel_ids": ()}, "hotels"),
            ({"scopes": frozenset()}, "scopes"),
            ({"expires_at": T0}, "expires_at"),
            ({"scopes": frozenset({Scope.READ_NOTES})}, "scopes"),
            ({"scopes": frozenset({Scope.INGEST, Scope.READ_GUESTS})}, "scopes"),
            ({"provider": None, "scopes": frozenset({Scope.READ, Scope.INGEST})}, "scopes"),
            ({"provider": None, "scopes": frozenset({Scope.ADMIN})}, "scopes"),
        ],
    )
    def test_needs_hotels_suitable_scopes_and_a_future_expiry(
        self, over: dict[str, Any], path: str
    ) -> None:
        with pytest.raises(InvalidField) as refused:
            replace(token(), **over)
        assert refused.value.path == path


class TestProviderKey:
    def test_is_not_usable_once_revoked(self) -> None:
        assert KEY.is_usable()
        assert not replace(KEY, revoked_at=T0).is_usable()


class TestHotel:
    @pytest.mark.parametrize("slug", ["a", "hotel-1", "0", "a" * 63, "a--b"])
    def test_accepts_slugs_that_fit_a_host_name(self, slug: str) -> None:
        assert builders.hotel(slug=slug).slug == slug

    @pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a b", "ä", "a" * 64, "a\n"])
    def test_rejects_other_slugs(self, slug: str) -> None:
        with pytest.raises(InvalidField) as refused:
            builders.hotel(slug=slug)
        assert refused.value.path == "slug"

    @pytest.mark.parametrize("currency", ["eur", "", "ZZZ"])
    def test_rejects_currencies_outside_iso_4217(self, currency: str) -> None:
        with pytest.raises(InvalidField) as refused:
            builders.hotel(currency=currency)
        assert refused.value.code == "unknown_currency"

    @pytest.mark.parametrize("zone", ["Europe/Vienna", "UTC", "America/Argentina/Ushuaia"])
    def test_accepts_iana_time_zones(self, zone: str) -> None:
        assert require_time_zone(zone).key == zone

    @pytest.mark.parametrize(
        "zone", ["", "Nowhere/Land", "../etc/passwd", "/etc/passwd", "Europe", "a\0b", "x" * 999]
    )
    def test_rejects_other_time_zones(self, zone: str) -> None:
        with pytest.raises(InvalidField) as refused:
            builders.hotel(time_zone=zone)
        assert refused.value.code == "unknown_time_zone"


class TestPmsError:
    def test_has_its_docstring_as_message_and_no_empty_details(self) -> None:
        error = DomainError(booking="B1", nothing=None)
        assert error.message == "A domain rule is violated."
        assert error.details == {"booking": "B1"}
        assert (error.code, error.kind) == ("domain_error", ErrorKind.INVALID)
        assert PmsError("other").message == "other"

    def test_takes_code_and_kind_from_the_class_header_or_body(self) -> None:
        class Header(DomainError, code="header", kind=ErrorKind.CONFLICT):
            """Both given."""

        class Body(Header):
            """As plug-ins of version 0.1 write it."""

            code = "body"

        class Inherited(Body, kind=ErrorKind.STALE):
            """The code of its base."""

        assert [(error.code, error.kind) for error in (Header, Body, Inherited, DomainError)] == [
            ("header", ErrorKind.CONFLICT),
            ("body", ErrorKind.CONFLICT),
            ("body", ErrorKind.STALE),
            ("domain_error", ErrorKind.INVALID),
        ]
