"""`pms map` on the samples that the vendor publishes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from entrypoints.cli.main import main

SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", "../shared/vendor-samples")) / "mews"
BOOKINGS = "op-reservations__get-all-reservations-ver-2023-06-06-response.json"
RELATED_FILES = (
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


def run_map(home: Path, *files: Path, options: tuple[str, ...] = ()) -> Result:
    arguments = ["map", "mews", "bookings", *map(str, files), "--time-zone", "Europe/Prague"]
    runner = CliRunner(env={"PMS_HOME": str(home)})
    return runner.invoke(main, [*arguments, *options], obj={"json": False})


def leaf_values(value: Any, path: str = "") -> set[str]:
    """Paths of all values of a source object; list indexes as `[n]`."""
    if isinstance(value, dict) and value:
        return {
            leaf for k, v in value.items() for leaf in leaf_values(v, f"{path}.{k}".lstrip("."))
        }
    if isinstance(value, list) and value:
        return {leaf for n, v in enumerate(value) for leaf in leaf_values(v, f"{path}[{n}]")}
    return {path}


def is_mapped(leaf: str, field_targets: set[str]) -> bool:
    """Whether the value or an object that contains it has a target."""
    return any(
        leaf == field_target or leaf.startswith((f"{field_target}.", f"{field_target}["))
        for field_target in field_targets
    )


class TestVendorSample:
    def test_is_mapped_to_one_line_of_canonical_json_per_booking(
        self, tmp_path: Path, bookings: Path
    ) -> None:
        result = run_map(tmp_path, bookings, *(SAMPLES / name for name in RELATED_FILES))
        source = json.loads(bookings.read_text())["Reservations"]
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.exit_code == 0, result.stderr
        assert [line["external_id"] for line in lines] == [item["Id"] for item in source]
        assert all(line["stay"]["arrival"] <= line["stay"]["departure"] for line in lines)

    def test_has_a_target_for_each_field(self, tmp_path: Path, bookings: Path) -> None:
        result = run_map(tmp_path, bookings, options=("--explain",))
        source = json.loads(bookings.read_text())["Reservations"]
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(lines) == len(source)
        for item, line in zip(source, lines, strict=True):
            explained = set(line["explain"])
            assert {leaf for leaf in leaf_values(item) if not is_mapped(leaf, explained)} == set()

    def test_with_an_unknown_value_is_refused_by_path(self, tmp_path: Path, bookings: Path) -> None:
        changed = json.loads(bookings.read_text())
        changed["Reservations"][0]["State"] = "Teleported"
        copy = tmp_path / "changed.json"
        copy.write_text(json.dumps(changed))
        result = run_map(tmp_path, copy)
        assert result.exit_code == 1
        assert len(result.stdout.splitlines()) == len(changed["Reservations"]) - 1
        (line,) = result.stderr.splitlines()
        assert line.startswith("refused Reservations[0].State [unknown_value]")


class TestUnreadableFile:
    @pytest.mark.parametrize("text", ["", "{", "[]]", "\xff", "null"])
    def test_is_refused_in_one_line(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "file.json"
        file.write_text(text, encoding="latin-1")
        result = run_map(tmp_path, file)
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        assert len(result.stderr.splitlines()) == 1


class TestWebhook:
    def test_lists_the_unreadable_events(self, tmp_path: Path) -> None:
        good = {"Discriminator": "ServiceOrderUpdated", "Value": {"Id": "r1"}}
        message = {"EnterpriseId": "E9", "Events": [good, {"Discriminator": "CustomerAdded"}]}
        file = tmp_path / "webhook.json"
        file.write_text(json.dumps(message))
        runner = CliRunner(env={"PMS_HOME": str(tmp_path)})
        result = runner.invoke(main, ["map", "mews", "webhook", str(file)], obj={"json": False})
        document = json.loads(result.stdout)
        assert result.exit_code == 1
        assert document["fetch"] == [{"kind": "booking", "external_id": "r1"}]
        [unreadable] = document["unreadable"]
        assert (unreadable["code"], unreadable["path"]) == ("missing_field", "Events[1].Value")
