import pytest

from tests.application.use_case_harness import App


@pytest.fixture
def app() -> App:
    """One hotel with one active connection to a provider that can do everything."""
    return App()
