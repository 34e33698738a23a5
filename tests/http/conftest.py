import pytest

from tests.http.installation import Caller, Installation


@pytest.fixture
def installation() -> Installation:
    """Two hotels with a canonical connection each; alpha also has the provider that is pulled."""
    made = Installation()
    for slug in ("alpha", "beta"):
        made.hotel(slug)
        made.connection(slug)
    made.connection("alpha", "scripted", name="pulled")
    return made


@pytest.fixture
def alpha(installation: Installation) -> Caller:
    return installation.caller("alpha")


@pytest.fixture
def beta(installation: Installation) -> Caller:
    return installation.caller("beta")
