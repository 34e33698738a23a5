"""The mutants of a module, and how their tests are run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import judged_names, summarize
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.runner import Result
from tests.mutation.targets import TARGETS

REPOSITORY = Path(__file__).parents[2]


def names(source: str, *only: str) -> list[str]:
    return [mutant.name for mutant in mutants_of("some/rule.py", source, only)]


class TestMutants:
    def test_swap_a_comparison(self) -> None:
        (mutant,) = mutants_of("some/rule.py", "def f(a, b):\n    return a < b\n")
        assert mutant.source == "def f(a, b):\n    return a <= b\n"
        assert (mutant.name, mutant.lines) == ("rule.py:f: < b -> <= b", range(2, 3))
        assert list(mutant.function_lines) == [2]

    def test_drop_each_entry_of_a_table(self) -> None:
        found = mutants_of("rule.py", "TABLE = {a: b, c: d}\n")
        assert all(mutant.is_constant for mutant in found)
        sources = {mutant.source for mutant in found}
        assert {"TABLE = {c: d}\n", "TABLE = {a: b, }\n", "TABLE = None\n"} == sources

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("    raise Refused\n", "    pass\n"),
            ("    uow.commit()\n", "    pass\n"),
            ("    if a:\n        return b\n", "    if not (a):\n        return b\n"),
            ("    run('WHERE a <= %s AND b')\n", "    run('WHERE a < %s AND b')\n"),
            ("    run('WHERE a <= %s AND b')\n", "    run('WHERE a <= %s OR b')\n"),
            ("    run(f'UPDATE {t} SET a = %s')\n", "    run(f'UPDATE {t} SET a <> %s')\n"),
            ("    m(r'(?<!x)[0-9]{3,4}')\n", "    m(r'(?<=x)[0-9]{3,4}')\n"),
            ("    m(r'(?<!x)[0-9]{3,4}')\n", "    m(r'(?<!x)[0-9]{4,4}')\n"),
            ("    m(r'(?<!x)[0-9]{3,4}')\n", "    m(r'(?<!x)[0-9]{3,3}')\n"),
        ],
    )
    def test_change_statements_conditions_sql_and_patterns(self, before: str, after: str) -> None:
        sources = {m.source for m in mutants_of("rule.py", f"def f():\n{before}")}
        assert f"def f():\n{after}" in sources

    def test_reach_decorated_functions(self) -> None:
        assert names("class A:\n    @property\n    def p(self):\n        return 1\n") == [
            "rule.py:A.p: 1 -> 2"
        ]

    def test_leave_types_decorators_and_texts_for_people_alone(self) -> None:
        source = '@d(1)\ndef f(a: "T") -> "T":\n    """Text."""\n    return "a text of words"\n'
        assert names(source) == []

    def test_of_the_same_change_have_different_names(self) -> None:
        assert names("def f(a):\n    return [1, a, 1]\n") == [
            "rule.py:f: 1 -> 2",
            "rule.py:f: 1 -> 2 (2)",
        ]

    def test_are_limited_to_scopes(self) -> None:
        source = "LIMIT = 1\n\ndef f():\n    return 2\n\ndef g():\n    return 3\n"
        assert names(source, "g") == ["rule.py:g: 3 -> 4"]
        assert names(source, "LIMIT", "f")[-1] == "rule.py:f: 2 -> 3"

    def test_come_from_modules_with_tests_that_exist(self) -> None:
        for target in TARGETS.values():
            for path in (*target.modules, *target.tests):
                assert (REPOSITORY / path).exists(), path


MODULE = """
LIMITS = {"small": 1, "large": 10}

class Kind:
    name = "kind"

def is_allowed(size):
    return size <= LIMITS["large"]

def unused():
    return 1
"""
TESTS = """
from domain.rule import LIMITS, Kind, is_allowed

def test_limit():
    assert is_allowed(10) and not is_allowed(11)

def test_kind():
    assert Kind.name == "kind"
"""
SCRIPT = """
import json
from pathlib import Path
from tests.mutation.mutants import mutants_of
from tests.mutation.runner import import_libraries, measure_baseline, run_mutants
from tests.mutation.targets import Target

target = Target({"domain/rule.py": ()}, ("domain/test_rule.py",))
found = mutants_of("domain/rule.py", Path("domain/rule.py").read_text())
baseline = measure_baseline(target)
import_libraries(baseline)
results = run_mutants(target, found, baseline)
print(json.dumps({m.name: r for m, r in zip(found, results, strict=True)}))
"""


class TestRun:
    def test_tells_what_the_tests_notice(self, tmp_path: Path) -> None:
        package = tmp_path / "domain"
        package.mkdir()
        for name, text in (("__init__", ""), ("rule", MODULE), ("test_rule", TESTS)):
            (package / f"{name}.py").write_text(text)
        environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{REPOSITORY}"}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        results = {name.removeprefix("rule.py:"): r for name, r in json.loads(done.stdout).items()}
        assert results['is_allowed: <= LIMITS["large"] -> < LIMITS["large"]'] == Result.KILLED
        assert results["LIMITS: 10 -> 11"] == Result.KILLED
        assert results['Kind: "kind" -> "KIND"'] == Result.KILLED
        assert results["LIMITS: 1 -> 2"] == Result.SURVIVED
        assert results["unused: 1 -> 2"] == Result.UNTESTED


class TestSummary:
    def test_counts_what_no_test_notices_and_no_document_judges(self) -> None:
        outcomes = [*[Result.KILLED] * 8, Result.TIMEOUT, Result.SURVIVED, Result.UNTESTED]
        mutants = [
            Mutant("rule.py", f"m{n}", range(0), range(0), is_constant=False, source="")
            for n in range(len(outcomes))
        ]
        results = dict(zip(mutants, outcomes, strict=True))
        figure = summarize(results, judged_names("# Text\n```text\nm9\n```\nm10\n"))
        assert (figure["mutants"], figure["killed"], figure["timeout"]) == (11, 8, 1)
        assert (figure["score"], figure["unjudged"], figure["passed"]) == (0.818, 1, False)
        assert summarize(dict(list(results.items())[:9]), frozenset())["passed"] is True
