"""`pms map` on what the vendor itself publishes: every field mapped, kept or explained."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from entrypoints.cli.main import main

SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", "../shared/vendor-samples")) / "mews"
BOOKINGS = "op-reservations__get-all-reservations-ver-2023-06-06-response.json"
AROUND = (
    "op-services__get-all-services-response.json",
    "op-rates__get-all-rates-response.json",
    "op-resources__get-all-resources-response.json",
    "op-agecategories__get-all-age-categories-response.json",
)


@pytest.fixture
def bookings() -> Path:
    if not (SAMPLES / BOOKINGS).exists():
        pytest.skip("the vendors' samples are not on this machine (PMS_VENDOR_SAMPLES)")
    return SAMPLES / BOOKINGS


def mapped(home: Path, *files: Path, options: tuple[str, ...] = ()) -> Result:
    arguments = ["map", "mews", "bookings", *map(str, files), "--time-zone", "Europe/Prague"]
    runner = CliRunner(env={"PMS_HOME": str(home)})
    return runner.invoke(main, [*arguments, *options], obj={"json": False})


def leaves(value: Any, path: str = "") -> set[str]:
    """Paths of all that a source object says; positions in lists as `[n]`."""
    if isinstance(value, dict) and value:
        return {leaf for k, v in value.items() for leaf in leaves(v, f"{path}.{k}".lstrip("."))}
    if isinstance(value, list) and value:
        return {leaf for n, v in enumerate(value) for leaf in leaves(v, f"{path}[{n}]")}
    return {path}


def is_told(leaf: str, homes: set[str]) -> bool:
    """By itself or with what it is part of."""
    return any(leaf == home or leaf.startswith((f"{home}.", f"{home}[")) for home in homes)


class TestTheVendorsBookings:
    def test_become_one_line_of_canonical_json_each(self, tmp_path: Path, bookings: Path) -> None:
        result = mapped(tmp_path, bookings, *(SAMPLES / name for name in AROUND))
        source = json.loads(bookings.read_text())["Reservations"]
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.exit_code == 0, result.stderr
        assert [line["external_id"] for line in lines] == [item["Id"] for item in source]
        assert all(line["stay"]["arrival"] <= line["stay"]["departure"] for line in lines)

    def test_lose_no_field(self, tmp_path: Path, bookings: Path) -> None:
        result = mapped(tmp_path, bookings, options=("--explain",))
        source = json.loads(bookings.read_text())["Reservations"]
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(lines) == len(source)
        for item, line in zip(source, lines, strict=True):
            told = set(line["explain"])
            assert {leaf for leaf in leaves(item) if not is_told(leaf, told)} == set()

    def test_are_refused_by_path_where_one_is_not_understood(
        self, tmp_path: Path, bookings: Path
    ) -> None:
        changed = json.loads(bookings.read_text())
        changed["Reservations"][0]["State"] = "Teleported"
        copy = tmp_path / "changed.json"
        copy.write_text(json.dumps(changed))
        result = mapped(tmp_path, copy)
        assert result.exit_code == 1
        assert len(result.stdout.splitlines()) == len(changed["Reservations"]) - 1
        (line,) = result.stderr.splitlines()
        assert line.startswith("refused Reservations[0].State [unknown_value]")


class TestAFileThatIsNoMessage:
    @pytest.mark.parametrize("text", ["", "{", "[]]", "\xff", "null"])
    def test_is_refused_in_one_line(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "file.json"
        file.write_text(text, encoding="latin-1")
        result = mapped(tmp_path, file)
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        assert len(result.stderr.splitlines()) == 1
