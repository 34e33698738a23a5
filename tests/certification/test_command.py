import json

import pytest
from click.testing import CliRunner

from entrypoints.cli.main import main


@pytest.fixture
def pms(monkeypatch):
    monkeypatch.delenv("PMS_HOME", raising=False)

    def run(*words: str):
        return CliRunner().invoke(main, ["provider", "certify", *words], obj={"json": False})

    return run


class TestTheCommand:
    def test_shows_each_check_with_its_outcome_and_ends_well(self, pms) -> None:
        result = pms("apaleo", "--only", "auth")
        assert result.exit_code == 0
        assert "auth.401_for_good" in result.stdout
        assert "apaleo: certified; 10 passed, 0 failed" in result.stdout

    def test_tells_machines_the_same(self, pms) -> None:
        result = pms("mews", "--only", "auth", "--json")
        told = json.loads(result.stdout)
        assert told["certified"] is True
        assert told["provider"] == "mews"
        assert told["passed"] + told["not_applicable"] == len(told["checks"])
        (kept,) = [each for each in told["checks"] if each["id"] == "auth.token_kept"]
        assert kept["outcome"] == "not_applicable"
        assert kept["reason"] == "this vendor has no tokens that expire"

    def test_knows_what_it_can_hold_an_adapter_against(self, pms) -> None:
        result = pms("canonical")
        assert result.exit_code == 1
        assert "no simulator of 'canonical'" in result.stderr
        assert "apaleo" in result.stderr

    def test_refuses_a_pattern_that_picks_nothing(self, pms) -> None:
        result = pms("apaleo", "--only", "nothing")
        assert result.exit_code == 2
        assert "no check is called 'nothing'" in result.stderr
