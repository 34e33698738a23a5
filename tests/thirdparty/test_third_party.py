"""A provider that somebody else wrote and installed: this tree knows nothing of it."""

import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrypoints.cli.main import main
from entrypoints.wiring.installed_providers import GROUP
from tests.architecture.generated_blocks import provider_names
from tests.thirdparty.own_code import own_lines
from tests.thirdparty.third_party_environment import PACKAGE, SECONDS, Stranger, tool

MOST_LINES = 150

FAULTY = f"""
[build-system]
requires = ["setuptools>=80"]
build-backend = "setuptools.build_meta"
[project]
name = "pms-provider-faulty"
version = "1"
[project.entry-points."{GROUP}"]
faulty = "pms_faulty:provider"
misnamed = "adapters.outbound.providers.canonical:provider"
mock = "adapters.outbound.providers.canonical:provider"
[tool.setuptools]
packages = ["pms_faulty"]
"""


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """Has StayHub installed."""
    stranger = Stranger.at(tmp_path_factory.mktemp("guest"))
    stranger.install(PACKAGE)
    return stranger


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """Begins an adapter of their own."""
    stranger = Stranger.at(tmp_path_factory.mktemp("author"))
    stranger.pms("provider", "new", "sunrise", "--title", "Sunrise PMS")
    stranger.install_editable(stranger.desk / "pms-provider-sunrise")
    return stranger


@pytest.fixture(scope="module")
def unlucky(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """Has a package whose plug-in can't be imported, one that calls itself otherwise, and one that
    claims a name of ours."""
    desk = tmp_path_factory.mktemp("unlucky")
    folder = desk / "faulty"
    (folder / "pms_faulty").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(FAULTY)
    (folder / "pms_faulty/__init__.py").write_text("import a_module_that_is_not_there\n")
    stranger = Stranger.at(desk)
    stranger.install(folder)
    return stranger


def package_of(author: Stranger) -> Path:
    return author.desk / "pms-provider-sunrise"


class TestInstalledPackage:
    def test_adds_its_provider(self, guest: Stranger) -> None:
        listed = guest.listed()
        assert listed.keys() > {"stayhub", "mews", "apaleo"}
        stayhub = listed["stayhub"]
        assert (stayhub["title"], stayhub["problem"]) == ("StayHub", None)
        assert "webhook_secret (secret)" in stayhub["settings"]

    def test_touches_nothing_of_ours(self, guest: Stranger) -> None:
        assert "stayhub" not in provider_names()
        (place,) = guest.run("-c", "import pms_stayhub; print(pms_stayhub.__file__)").stdout.split()
        assert Path(place).is_relative_to(guest.desk)
        left = {path.name for path in PACKAGE.iterdir()} - {"__pycache__"}
        assert left == {"pyproject.toml", "pms_stayhub"}

    def test_maps_its_vendors_payloads(self, guest: Stranger, tmp_path: Path) -> None:
        file = tmp_path / "reservations.json"
        file.write_text(json.dumps({"reservations": [RESERVATION, {**RESERVATION, "state": "?"}]}))
        told = guest.pms("map", "stayhub", "bookings", str(file), "--explain", expected=1)
        (line,) = told.stdout.splitlines()
        booking = json.loads(line)
        assert booking["external_id"] == "R-7"
        assert booking["status"] == "CHECKED_IN"
        assert booking["total"] == {"amount": "240.50", "currency": "EUR"}
        assert booking["extras"] == {"newsletter": False}
        assert booking["explain"]["lead_guest.last"] == "primary_guest.last_name"
        assert "reservations[1].state [unknown_value]" in told.stderr

    def test_is_certified(self, guest: Stranger) -> None:
        report = guest.json("provider", "certify", "stayhub")
        assert report["certified"]
        assert (report["failed"], report["passed"] > 100) == (0, True)
        not_looked_at = [c["id"] for c in report["checks"] if c["outcome"] == "not_applicable"]
        # Its vendor signs: what can't be read can't be signed.
        assert "notified.unreadable_quarantined" in not_looked_at
        assert len(not_looked_at) < 5

    def test_is_short(self) -> None:
        assert own_lines((PACKAGE / "pms_stayhub/adapter.py").read_text()) <= MOST_LINES


class TestGeneratedPackage:
    def test_reads_its_own_sample(self, author: Stranger) -> None:
        sample = package_of(author) / "samples/bookings.json"
        told = author.pms("map", "sunrise", "bookings", str(sample), "--explain")
        booking = json.loads(told.stdout)
        assert booking["status"] == "CONFIRMED"
        assert booking["explain"]["loyalty_points"] == "extras"

    def test_answers_as_its_own_vendor(self, author: Stranger) -> None:
        command = [str(author.python), "-m", "entrypoints.cli", "simulate", "sunrise"]
        with subprocess.Popen(
            [*command, "--bookings", "20"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=author.desk,
            env=author.environment,
        ) as running:
            try:
                assert running.stdout is not None
                values = json.loads(running.stdout.readline())
                asked = urllib.request.Request(
                    f"{values['base_url']}/v1/bookings?limit=5",
                    headers={"X-Api-Key": values["api_key"]},
                )
                with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
                    page = json.load(answer)
            finally:
                running.send_signal(signal.SIGTERM)
        assert (len(page["bookings"]), page["next_cursor"]) == (5, "5")
        assert running.returncode == 0

    def test_passes_the_conformance_suite_as_generated(self, author: Stranger) -> None:
        """A part of it; the whole is a slow test."""
        report = author.json("provider", "certify", "sunrise", "--only", "paging")
        assert report["certified"]
        assert report["passed"] >= 8

    @pytest.mark.slow
    def test_passes_its_own_tests(self, author: Stranger) -> None:
        author.run("-m", "pytest", "-q", "-p", "no:randomly", str(package_of(author)))

    def test_leaves_its_author_a_short_file(self, author: Stranger) -> None:
        source = (package_of(author) / "pms_sunrise/adapter.py").read_text()
        assert own_lines(source) <= MOST_LINES
        assert source.count("TODO") >= 8

    def test_is_lint_free(self, author: Stranger) -> None:
        for arguments in (("check",), ("format", "--check")):
            ended = tool("ruff", *arguments, str(package_of(author)), cwd=author.desk)
            assert ended.returncode == 0, ended.stdout

    @pytest.mark.slow
    def test_is_typed(self, author: Stranger) -> None:
        ended = tool("mypy", cwd=package_of(author))
        assert ended.returncode == 0, ended.stdout


class TestNewPackage:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("Sunrise", "bad_provider_name"),
            ("sun-rise", "bad_provider_name"),
            ("1sun", "bad_provider_name"),
            ("import", "bad_provider_name"),
            ("mews", "provider_name_taken"),
        ],
    )
    def test_is_not_written_under_a_name_that_can_not_be(
        self, tmp_path: Path, name: str, code: str
    ) -> None:
        told = new_package(name, tmp_path / "new")
        assert (told.exit_code, told.stdout) == (1, "")
        assert f"[{code}]" in told.stderr
        assert not (tmp_path / "new").exists()

    def test_is_not_written_over_anything(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").touch()
        told = new_package("sunset", tmp_path)
        assert told.exit_code == 1
        assert "[folder_not_empty]" in told.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_goes_into_an_empty_folder(self, tmp_path: Path) -> None:
        told = new_package("sunset", tmp_path)
        assert told.exit_code == 0, told.stderr
        assert f"pip install -e {tmp_path}" in told.stdout
        assert not [
            path for path in tmp_path.rglob("*") if path.is_file() and "{{" in path.read_text()
        ]


def new_package(name: str, into: Path) -> Result:
    arguments = ["provider", "new", name, "--into", str(into)]
    return CliRunner().invoke(main, arguments, obj={"json": False})


class TestBrokenPackage:
    def test_is_listed_with_what_is_wrong_and_stops_nothing_else(self, unlucky: Stranger) -> None:
        listed = unlucky.listed()
        problems = {name: row["problem"] for name, row in listed.items() if row["problem"]}
        assert problems.keys() == {"faulty", "misnamed", "mock"}
        assert "No module named 'a_module_that_is_not_there'" in problems["faulty"]
        assert "it calls itself 'canonical'" in problems["misnamed"]
        assert "two packages claim this name" in problems["mock"]
        assert listed["canonical"]["problem"] is None

    def test_is_a_finding_of_the_doctor(self, unlucky: Stranger) -> None:
        unlucky.pms("db", "upgrade")
        found = unlucky.json("doctor", expected=1)
        results = {check["check"]: check["result"] for check in found["checks"]}
        assert results["schema"] == results["providers"] == "ok"
        assert "a_module_that_is_not_there" in results["provider faulty"]
        assert results.keys() > {"provider misnamed", "provider mock"}


RESERVATION = {
    "id": "R-7",
    "group": None,
    "reference": "SH-7",
    "state": "in_house",
    "channel": "portal",
    "checkin": "2026-06-10",
    "checkout": "2026-06-12",
    "category": "DBL",
    "room": "104",
    "rate": "FLEX",
    "adults": 2,
    "children": 0,
    "lead_guest": {"first": "Ada", "last": "Example", "email": None},
    "price": {
        "currency": "EUR",
        "gross": "240.50",
        "paid": "0.00",
        "nights": [{"date": "2026-06-10", "gross": "120.25"}],
    },
    "wishes": None,
    "changed_at": "2026-06-10T14:05:00Z",
    "arrived_at": "2026-06-10T14:05:00Z",
    "newsletter": False,
}
