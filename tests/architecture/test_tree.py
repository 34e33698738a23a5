import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = {"domain", "ports", "application", "adapters", "entrypoints"}
AGREED = {*PRODUCT, "setup.cfg", "README.md", "PROJECT_SUMMARY.md", "tests"}
TOOLS = {
    ".devcontainer", ".editorconfig", ".github", ".pre-commit-config.yaml", "CHANGELOG.md",
    "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md",
    ".ci", ".gitignore", "Containerfile", "Makefile", "bench", "compose.yaml", "constraints.txt",
    "docs", "pyproject.toml",
}  # fmt: skip
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "services"}
CATCH_ALL = re.compile(r"^\s*except(\s*:|\s+\(?\s*(Base)?Exception\b)", re.MULTILINE)
MAY_CATCH_ALL = {
    "adapters/inbound/jobs/job_boundary.py",
    "adapters/outbound/events/subscriber_thread.py",
    "entrypoints/wiring/plugins.py",
}
SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", ROOT.parent / "shared/vendor-samples"))
UNIQUE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
# Shared by every sample that leaves an id out.
NIL = "00000000-0000-0000-0000-000000000000"


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def python_files(*packages: str) -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in packages]


def ids_in(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ids_in(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from ids_in(inner, key)
    elif isinstance(value, str) and key.lower().endswith("id") and UNIQUE.fullmatch(value):
        yield value.lower()


def sample_ids() -> set[str]:
    found: set[str] = set()
    for path in SAMPLES.rglob("*.json"):
        try:
            found.update(ids_in(json.loads(path.read_text(encoding="utf-8-sig"))))
        except ValueError:
            found.update(
                match.lower() for match in UNIQUE.findall(path.read_text(errors="replace"))
            )
    return found - {NIL}


class TestTree:
    def test_has_the_agreed_top_level_folders(self) -> None:
        present = {path.parts[0] for path in tracked()}
        assert present - AGREED - TOOLS == set()
        assert AGREED - present == set()

    def test_has_an_init_file_in_each_package(self) -> None:
        folders = {path.parent for path in python_files(*PRODUCT, "tests", "bench")}
        folders |= {parent for folder in folders for parent in folder.parents if parent.parts}
        # A third party's project is no package of ours.
        folders -= {folder for folder in folders if (ROOT / folder / "pyproject.toml").exists()}
        assert [
            str(path) for path in sorted(folders) if not (ROOT / path / "__init__.py").exists()
        ] == []

    def test_has_no_vague_module_names(self) -> None:
        files = python_files(*PRODUCT, "tests", "bench")
        assert [str(path) for path in files if VAGUE & {path.stem, *path.parent.parts}] == []

    def test_except_exception_stands_once_in_each_of_three_places(self) -> None:
        catching = [
            path.as_posix()
            for path in python_files(*PRODUCT)
            for _ in CATCH_ALL.findall((ROOT / path).read_text())
        ]
        assert sorted(catching) == sorted(MAY_CATCH_ALL)

    def test_carries_no_vendor_sample(self) -> None:
        if not SAMPLES.is_dir():
            pytest.skip("the vendors' samples are not on this machine (PMS_VENDOR_SAMPLES)")
        foreign = sample_ids()
        assert foreign, "no ids found in the samples: this test would prove nothing"
        copied = {
            str(path): sorted(foreign & set(UNIQUE.findall(text.lower())))
            for path in tracked()
            if foreign
            & set(UNIQUE.findall((text := (ROOT / path).read_text(errors="replace")).lower()))
        }
        assert copied == {}
