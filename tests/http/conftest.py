import pytest

from tests.http.http_harness import Caller, HttpHarness


@pytest.fixture
def installation() -> HttpHarness:
    """Two hotels with a canonical connection each; alpha also has one of the scripted provider."""
    made = HttpHarness()
    for slug in ("alpha", "beta"):
        made.hotel(slug)
        made.connection(slug)
    made.connection("alpha", "scripted", name="pulled")
    return made


@pytest.fixture
def alpha(installation: HttpHarness) -> Caller:
    return installation.caller("alpha")


@pytest.fixture
def beta(installation: HttpHarness) -> Caller:
    return installation.caller("beta")
