import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def logging_left_alone() -> Iterator[None]:
    """Commands configure the root logger, for their own process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
