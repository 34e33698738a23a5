"""docs/dependencies.md names every pinned package with the version and licence that it has."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_ROW: Final = re.compile(r"\| ([\w.-]+) \| (\S+) \| ([^|]+) \| [^|]+ \|")

_SPDX: Final[Mapping[str, str]] = {
    "All contributions towards LibCST are MIT licensed.": "MIT",
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "GNU LGPL v2.1": "LGPL-2.1-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "ZPL 2.1": "ZPL-2.1",
}
"""By what packages without a licence expression write; those with "BSD License" alone are of three
clauses, as their texts say."""
_UNSTATED: Final = {"peewee": "MIT"}
"""By the licence text in the package."""
_RESTRICTED: Final = re.compile("GPL|MPL")


def pinned() -> Mapping[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {name: version.strip() for name, version in pairs}


def described() -> Mapping[str, tuple[str, str]]:
    """Version and licence by package."""
    return dict(_rows((ROOT / "docs/dependencies.md").read_text()))


def stated_licence(name: str) -> str | None:
    """Of an installed package, as an SPDX expression."""
    package = metadata(name)
    stated = package.get("License-Expression") or package.get("License") or ""
    stated = stated.partition("\n")[0]  # some give the whole text
    classified = [
        text.rpartition(" :: ")[2]
        for text in package.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    if name in _UNSTATED:
        return _UNSTATED[name]
    if stated == "LGPL" or not stated:
        stated = classified[0] if classified else ""
    return _SPDX.get(stated, stated or None)


def _rows(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, version, licence in _ROW.findall(text):
        if version[0].isdecimal():
            yield name, (version, licence)


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


DESCRIBED: Final = described()
PINNED: Final = {_normalized(name): version for name, version in pinned().items()}


class TestDependencies:
    def test_are_all_described(self) -> None:
        assert {_normalized(name) for name in DESCRIBED} == set(PINNED)

    def test_are_none_under_the_gpl(self) -> None:
        assert [each for each in DESCRIBED.items() if re.search("(?<!L)GPL", each[1][1])] == []

    @pytest.mark.parametrize("name", DESCRIBED)
    def test_have_the_version_and_licence_that_the_document_states(self, name: str) -> None:
        version, licence = DESCRIBED[name]
        assert version == PINNED[_normalized(name)]
        try:
            assert licence == stated_licence(name)
        except PackageNotFoundError:
            pytest.skip(f"{name} is not installed with this Python")

    @pytest.mark.parametrize(
        "name", [name for name, (_, licence) in DESCRIBED.items() if _RESTRICTED.search(licence)]
    )
    def test_of_a_restricted_licence_are_accounted_for(self, name: str) -> None:
        _, _, accounts = (ROOT / "docs/dependencies.md").read_text().partition("## Licences with")
        assert re.search(rf"\b{re.escape(name)}\b", accounts)
