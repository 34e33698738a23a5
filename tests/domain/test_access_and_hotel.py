from dataclasses import replace
from typing import Any

import pytest

from domain.access import AccessToken, Scope
from domain.errors import ErrorKind, IllegalTransition, InvalidField, PmsError
from domain.hotel import require_time_zone
from tests import builders
from tests.builders import DAY, HOUR, T0

HOTEL, KEY = builders.hotel(), builders.provider_key()


def token(**over: Any) -> AccessToken:
    return builders.access_token(KEY, HOTEL, **over)


class TestAToken:
    def test_is_usable_until_it_expires_or_is_revoked(self) -> None:
        made = token(expires_at=T0 + DAY)
        assert made.is_usable(T0)
        assert not made.is_usable(T0 + DAY)
        revoked = made.revoked(T0 + HOUR)
        assert not revoked.is_usable(T0)
        assert revoked.revoked(T0 + DAY).revoked_at == T0 + HOUR

    @pytest.mark.parametrize("scope", Scope)
    @pytest.mark.parametrize("wanted", Scope)
    def test_allows_its_scopes_and_admin_all(self, scope: Scope, wanted: Scope) -> None:
        allowed = token(scopes=frozenset({scope})).allows(wanted)
        assert allowed == (scope is wanted or scope is Scope.ADMIN)

    def test_lives_on_for_the_overlap_but_never_longer(self) -> None:
        made = token(expires_at=T0 + DAY)
        assert made.expiring(overlap=HOUR, now=T0).expires_at == T0 + HOUR
        assert made.expiring(overlap=2 * DAY, now=T0).expires_at == T0 + DAY

    @pytest.mark.parametrize(
        ("over", "path"),
        [
            ({"hotel_ids": ()}, "hotels"),
            ({"scopes": frozenset()}, "scopes"),
            ({"expires_at": T0}, "expires_at"),
        ],
    )
    def test_needs_hotels_scopes_and_a_future(self, over: dict[str, Any], path: str) -> None:
        with pytest.raises(InvalidField) as refused:
            replace(token(), **over)
        assert refused.value.path == path

    def test_of_a_revoked_key_has_no_key(self) -> None:
        assert KEY.is_usable()
        assert not replace(KEY, revoked_at=T0).is_usable()


class TestAHotel:
    @pytest.mark.parametrize("slug", ["a", "hotel-1", "0", "a" * 63, "a--b"])
    def test_has_a_slug_fit_for_a_host_name(self, slug: str) -> None:
        assert builders.hotel(slug=slug).slug == slug

    @pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a b", "ä", "a" * 64, "a\n"])
    def test_has_no_other_slug(self, slug: str) -> None:
        with pytest.raises(InvalidField) as refused:
            builders.hotel(slug=slug)
        assert refused.value.path == "slug"

    @pytest.mark.parametrize("currency", ["eur", "", "ZZZ"])
    def test_has_a_currency_of_the_standard(self, currency: str) -> None:
        with pytest.raises(InvalidField) as refused:
            builders.hotel(currency=currency)
        assert refused.value.code == "unknown_currency"

    @pytest.mark.parametrize("zone", ["Europe/Vienna", "UTC", "America/Argentina/Ushuaia"])
    def test_lies_in_a_time_zone(self, zone: str) -> None:
        assert require_time_zone(zone).key == zone

    @pytest.mark.parametrize(
        "zone", ["", "Nowhere/Land", "../etc/passwd", "/etc/passwd", "Europe", "a\0b", "x" * 999]
    )
    def test_lies_in_no_other(self, zone: str) -> None:
        with pytest.raises(InvalidField) as refused:
            builders.hotel(time_zone=zone)
        assert refused.value.code == "unknown_time_zone"


class TestAnError:
    def test_says_its_docstring_and_drops_details_without_value(self) -> None:
        error = IllegalTransition(booking="B1", nothing=None)
        assert error.message == "No hotel makes this change of status."
        assert error.details == {"booking": "B1"}
        assert (error.code, error.kind) == ("illegal_transition", ErrorKind.REJECTED)
        assert PmsError("other").message == "other"
