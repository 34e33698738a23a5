import pytest

pytest.register_assert_rewrite(
    "tests.providers.client_harness",
    "tests.providers.client_suite",
    "tests.providers.simulator_harness",
)
