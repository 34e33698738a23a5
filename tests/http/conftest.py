import pytest

from tests.http.http_harness import Caller, HttpHarness, add_hotels


@pytest.fixture
def installation() -> HttpHarness:
    return add_hotels(HttpHarness())


@pytest.fixture
def alpha(installation: HttpHarness) -> Caller:
    return installation.caller("alpha")


@pytest.fixture
def beta(installation: HttpHarness) -> Caller:
    return installation.caller("beta")
