import pytest

from tests.application.use_case_harness import World


@pytest.fixture
def world() -> World:
    """One hotel with one active connection to a provider that can do everything."""
    return World()
