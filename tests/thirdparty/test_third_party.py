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
from tests.thirdparty.code_lines import count_code_lines
from tests.thirdparty.third_party_environment import (
    PACKAGE,
    SECONDS,
    ThirdPartyEnvironment,
    run_tool,
)

MAX_LINES = 150

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
def user(tmp_path_factory: pytest.TempPathFactory) -> ThirdPartyEnvironment:
    """With StayHub installed."""
    environment = ThirdPartyEnvironment.create(tmp_path_factory.mktemp("user"))
    environment.install(PACKAGE)
    return environment


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> ThirdPartyEnvironment:
    """With a generated package in development."""
    environment = ThirdPartyEnvironment.create(tmp_path_factory.mktemp("author"))
    environment.pms("provider", "new", "sunrise", "--title", "Sunrise PMS")
    environment.install_editable(environment.folder / "pms-provider-sunrise")
    return environment


@pytest.fixture(scope="module")
def with_faulty_package(tmp_path_factory: pytest.TempPathFactory) -> ThirdPartyEnvironment:
    """With a package of a plug-in that can't be imported, one that has another name than its entry
    point, and one that uses an existing name."""
    folder = tmp_path_factory.mktemp("faulty")
    package = folder / "faulty"
    (package / "pms_faulty").mkdir(parents=True)
    (package / "pyproject.toml").write_text(FAULTY)
    (package / "pms_faulty/__init__.py").write_text("import a_module_that_is_not_there\n")
    environment = ThirdPartyEnvironment.create(folder)
    environment.install(package)
    return environment


def package_of(author: ThirdPartyEnvironment) -> Path:
    return author.folder / "pms-provider-sunrise"


class TestInstalledPackage:
    def test_adds_its_provider(self, user: ThirdPartyEnvironment) -> None:
        listed = user.list_providers()
        assert listed.keys() > {"stayhub", "mews", "apaleo"}
        stayhub = listed["stayhub"]
        assert (stayhub["title"], stayhub["problem"]) == ("StayHub", None)
        assert "webhook_secret (secret)" in stayhub["settings"]

    def test_leaves_the_source_tree_unchanged(self, user: ThirdPartyEnvironment) -> None:
        assert "stayhub" not in provider_names()
        (place,) = user.run("-c", "import pms_stayhub; print(pms_stayhub.__file__)").stdout.split()
        assert Path(place).is_relative_to(user.folder)
        files = {path.name for path in PACKAGE.iterdir()} - {"__pycache__"}
        assert files == {"pyproject.toml", "pms_stayhub"}

    def test_maps_payloads_of_its_vendor(self, user: ThirdPartyEnvironment, tmp_path: Path) -> None:
        file = tmp_path / "reservations.json"
        file.write_text(json.dumps({"reservations": [RESERVATION, {**RESERVATION, "state": "?"}]}))
        mapped = user.pms("map", "stayhub", "bookings", str(file), "--explain", expected=1)
        (line,) = mapped.stdout.splitlines()
        booking = json.loads(line)
        assert booking["external_id"] == "R-7"
        assert booking["status"] == "CHECKED_IN"
        assert booking["total"] == {"amount": "240.50", "currency": "EUR"}
        assert booking["extras"] == {"newsletter": False}
        assert booking["explain"]["lead_guest.last"] == "primary_guest.last_name"
        assert "reservations[1].state [unknown_value]" in mapped.stderr

    def test_is_certified(self, user: ThirdPartyEnvironment) -> None:
        report = user.json("provider", "certify", "stayhub")
        assert report["certified"]
        assert (report["failed"], report["passed"] > 100) == (0, True)
        not_applicable = {c["id"] for c in report["checks"] if c["outcome"] == "not_applicable"}
        assert not_applicable == {
            # The vendor signs the body, so that a truncated notification is not authentic.
            "notified.unreadable_quarantined",
            # Its bookings name no property, its lists have no end and its API no payments.
            *("property.listed", "property.fetched", "property.pushed"),
            *("paging.list_cap", "notified.pay", "synced.pay"),
        }

    def test_has_few_lines(self) -> None:
        assert count_code_lines((PACKAGE / "pms_stayhub/adapter.py").read_text()) <= MAX_LINES


class TestGeneratedPackage:
    def test_maps_its_sample(self, author: ThirdPartyEnvironment) -> None:
        sample = package_of(author) / "samples/bookings.json"
        mapped = author.pms("map", "sunrise", "bookings", str(sample), "--explain")
        booking = json.loads(mapped.stdout)
        assert booking["status"] == "CONFIRMED"
        assert booking["explain"]["loyalty_points"] == "extras"

    def test_simulates_its_vendor(self, author: ThirdPartyEnvironment) -> None:
        command = [str(author.python), "-m", "entrypoints.cli", "simulate", "sunrise"]
        with subprocess.Popen(
            [*command, "--bookings", "20"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=author.folder,
            env=author.environment,
        ) as process:
            try:
                assert process.stdout is not None
                values = json.loads(process.stdout.readline())
                request = urllib.request.Request(
                    f"{values['base_url']}/v1/bookings?limit=5",
                    headers={"X-Api-Key": values["api_key"]},
                )
                with urllib.request.urlopen(request, timeout=SECONDS) as response:
                    page = json.load(response)
            finally:
                process.send_signal(signal.SIGTERM)
        assert (len(page["bookings"]), page["next_cursor"]) == (5, "5")
        assert process.returncode == 0

    def test_passes_the_paging_checks(self, author: ThirdPartyEnvironment) -> None:
        report = author.json("provider", "certify", "sunrise", "--only", "paging")
        assert report["certified"]
        assert report["passed"] >= 8

    @pytest.mark.slow
    def test_passes_its_own_tests(self, author: ThirdPartyEnvironment) -> None:
        author.run("-m", "pytest", "-q", "-p", "no:randomly", str(package_of(author)))

    def test_has_few_lines_and_marks_what_to_replace(self, author: ThirdPartyEnvironment) -> None:
        source = (package_of(author) / "pms_sunrise/adapter.py").read_text()
        assert count_code_lines(source) <= MAX_LINES
        assert source.count("TODO") >= 8

    def test_passes_lint(self, author: ThirdPartyEnvironment) -> None:
        for arguments in (("check",), ("format", "--check")):
            completed = run_tool("ruff", *arguments, str(package_of(author)), cwd=author.folder)
            assert completed.returncode == 0, completed.stdout

    @pytest.mark.slow
    def test_passes_type_checks(self, author: ThirdPartyEnvironment) -> None:
        completed = run_tool("mypy", cwd=package_of(author))
        assert completed.returncode == 0, completed.stdout


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
    def test_is_not_written_for_an_invalid_name(self, tmp_path: Path, name: str, code: str) -> None:
        result = new_package(name, tmp_path / "new")
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"[{code}]" in result.stderr
        assert not (tmp_path / "new").exists()

    def test_is_not_written_into_a_folder_with_files(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").touch()
        result = new_package("sunset", tmp_path)
        assert result.exit_code == 1
        assert "[folder_not_empty]" in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_is_written_into_an_empty_folder(self, tmp_path: Path) -> None:
        result = new_package("sunset", tmp_path)
        assert result.exit_code == 0, result.stderr
        assert f"pip install -e {tmp_path}" in result.stdout
        assert not [
            path for path in tmp_path.rglob("*") if path.is_file() and "{{" in path.read_text()
        ]


def new_package(name: str, into: Path) -> Result:
    arguments = ["provider", "new", name, "--into", str(into)]
    return CliRunner().invoke(main, arguments, obj={"json": False})


class TestFaultyPackage:
    def test_is_listed_with_its_problem_and_affects_no_other(
        self, with_faulty_package: ThirdPartyEnvironment
    ) -> None:
        listed = with_faulty_package.list_providers()
        problems = {name: row["problem"] for name, row in listed.items() if row["problem"]}
        assert problems.keys() == {"faulty", "misnamed", "mock"}
        assert "No module named 'a_module_that_is_not_there'" in problems["faulty"]
        assert "it calls itself 'canonical'" in problems["misnamed"]
        assert "two packages claim this name" in problems["mock"]
        assert listed["canonical"]["problem"] is None

    def test_is_reported_by_doctor(self, with_faulty_package: ThirdPartyEnvironment) -> None:
        with_faulty_package.pms("db", "upgrade")
        found = with_faulty_package.json("doctor", expected=1)
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
