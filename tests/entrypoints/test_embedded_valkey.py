from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.retry

from entrypoints.local.child_processes import ChildProcesses
from entrypoints.local.embedded_valkey import start_embedded_valkey
from entrypoints.wiring.settings import Settings


@pytest.fixture
def children(tmp_path: Path) -> Iterator[ChildProcesses]:
    children = ChildProcesses(Settings(home=tmp_path))
    yield children
    children.stop()


class TestEmbeddedValkey:
    @pytest.mark.parametrize("is_socket_left", [False, True])
    def test_starts_without_a_pause_where_no_earlier_one_answers(
        self,
        children: ChildProcesses,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        is_socket_left: bool,
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(redis.retry, "sleep", pauses.append)
        settings = Settings(home=tmp_path)
        if is_socket_left:
            settings.redis_socket.touch()
        start_embedded_valkey(children, settings)
        assert pauses == []
