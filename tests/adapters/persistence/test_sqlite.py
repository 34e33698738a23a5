from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from adapters.outbound.persistence.engine import sqlite

FULL = 2


class TestCommit:
    def test_is_on_the_disk_when_it_returns(
        self,
        tmp_path: Path,
        product_pragmas: Mapping[str, str | int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sqlite, "PRAGMAS", product_pragmas)
        with closing(sqlite.SqliteSession(tmp_path / "pms.sqlite3")) as session:
            assert session.rows("PRAGMA synchronous") == [(FULL,)]
