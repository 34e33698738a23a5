import pytest

from tests.application.world import World


@pytest.fixture
def world() -> World:
    """One hotel with one active connection to a provider that can do everything."""
    return World()
