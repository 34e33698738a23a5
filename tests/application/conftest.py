import pytest

from tests.application.use_case_harness import App


@pytest.fixture
def app() -> App:
    """One hotel with one active connection to a provider with all capabilities."""
    return App()
