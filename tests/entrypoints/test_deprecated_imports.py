import importlib
import sys

import pytest


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("entrypoints.worker_jobs", "entrypoints.processes.worker_jobs", ["run_job", "run_tick"]),
        ("entrypoints.wsgi", "entrypoints.processes.wsgi", ["create_app"]),
    ],
)
class TestDeprecatedModule:
    def test_warns_and_exports_the_functions_of_the_new_one(
        self, monkeypatch: pytest.MonkeyPatch, old: str, new: str, names: list[str]
    ) -> None:
        monkeypatch.delitem(sys.modules, old, raising=False)
        with pytest.warns(DeprecationWarning, match=f"use {new}"):
            module = importlib.import_module(old)
        current = importlib.import_module(new)
        assert [getattr(module, name) for name in names] == [getattr(current, n) for n in names]
