import json

import pytest
from click.testing import CliRunner

from entrypoints.cli.main import main


@pytest.fixture
def pms(monkeypatch):
    monkeypatch.delenv("PMS_HOME", raising=False)

    def run(*arguments: str):
        return CliRunner().invoke(main, ["provider", "certify", *arguments], obj={"json": False})

    return run


class TestCertifyCommand:
    def test_prints_each_check_and_exits_with_0(self, pms) -> None:
        result = pms("apaleo", "--only", "auth")
        assert result.exit_code == 0
        assert "auth.401_permanent" in result.stdout
        assert "apaleo: certified; 10 passed, 0 failed" in result.stdout

    def test_prints_the_report_as_json(self, pms) -> None:
        result = pms("mews", "--only", "auth", "--json")
        report = json.loads(result.stdout)
        assert report["certified"] is True
        assert report["provider"] == "mews"
        assert report["passed"] + report["not_applicable"] == len(report["checks"])
        (token_reused,) = [each for each in report["checks"] if each["id"] == "auth.token_reused"]
        assert token_reused["outcome"] == "not_applicable"
        assert token_reused["reason"] == "this vendor has no tokens that expire"

    def test_names_the_installed_simulators_if_the_provider_has_none(self, pms) -> None:
        result = pms("canonical")
        assert result.exit_code == 1
        assert "no simulator of 'canonical'" in result.stderr
        assert "apaleo" in result.stderr

    def test_rejects_a_pattern_that_matches_no_check(self, pms) -> None:
        result = pms("apaleo", "--only", "nothing")
        assert result.exit_code == 2
        assert "no check matches 'nothing'" in result.stderr
