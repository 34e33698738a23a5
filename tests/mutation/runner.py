"""Runs tests against mutants, each in a process of its own: forked from one that has imported the
libraries, but nothing of the project, so that tables and decorators are mutated like functions.

Limits are of processor time: a mutant that loops is stopped, and a busy machine stops none.
"""

import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import coverage
import pytest

from tests.mutation.in_place import RunningProgram, find_caches, module_name
from tests.mutation.mutants import Mutant
from tests.mutation.targets import Target

PROJECT: Final = ("domain", "ports", "application", "adapters", "entrypoints", "tests", "bench")
MIN_CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 300
"""For a mutant that waits for something that does not come."""
MAX_BYTES: Final = 4 << 30
_NOT_IN_PLACE: Final = 77
"""An exit status that pytest does not use."""

_QUIET: Final = (
    "-q", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cov", "-p", "no:cacheprovider",
    "-p", "no:schemathesis", "-W", "ignore::pytest.PytestAssertRewriteWarning",
    "--hypothesis-seed=0", "--tb=no", "--assert=plain",
)  # fmt: skip


class Result(StrEnum):
    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    UNTESTED = "untested"
    """No test runs the function."""


class BaselineFailed(Exception):
    """The tests fail without a mutant, or none was found."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Of the tests without a mutant: how long each took, which lines of which file it ran.
    `libraries`: what they imported beside the project."""

    seconds: Mapping[str, float]
    lines: Mapping[str, Mapping[str, frozenset[int]]]
    libraries: Sequence[str]

    def tests_for(self, mutant: Mutant) -> list[str]:
        """Quick ones first, and first those that run the mutated lines. All for what runs at
        import."""
        if not mutant.function_lines:
            return sorted(self.seconds, key=self.seconds.__getitem__)
        ran = {test: files.get(mutant.path, frozenset()) for test, files in self.lines.items()}
        able = [test for test, lines in ran.items() if not lines.isdisjoint(mutant.function_lines)]
        return sorted(able, key=lambda t: (ran[t].isdisjoint(mutant.lines), self.seconds[t]))

    def cpu_limit(self, tests: Sequence[str]) -> int:
        """Seconds, many times what the tests take without a mutant."""
        return MIN_CPU_SECONDS + int(10 * sum(self.seconds[test] for test in tests))


class _Watch:
    """Records the tests of a baseline."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self._coverage = measured
        self._caches: list[Any] = []
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        gc.unfreeze()
        self._caches = find_caches()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        for cache in self._caches:  # what it holds hides the lines that computed it
            cache.cache_clear()
        self._coverage.switch_context(item.nodeid)
        started = time.process_time()
        yield
        self.seconds[item.nodeid] = time.process_time() - started
        self._coverage.switch_context("")


class _Selection:
    """Runs the named tests only, in this order."""

    def __init__(self, names: Sequence[str]) -> None:
        self._places = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])


class _Deselection:
    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = parts

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if not any(part in i.nodeid for part in self._parts)]


def measure_baseline(target: Target) -> Baseline:
    """Raises BaselineFailed."""
    sys.dont_write_bytecode = False  # each mutant's process imports what this one compiles
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _end_child(lambda: _measure(target, writer))
    os.close(writer)
    with os.fdopen(reader) as stream:
        content = stream.read()
    os.waitpid(pid, 0)
    if not content:
        raise BaselineFailed(", ".join(target.tests))
    found = json.loads(content)
    lines = {
        test: {path: frozenset(numbers) for path, numbers in files.items()}
        for test, files in found["lines"].items()
    }
    return Baseline(found["seconds"], lines, found["libraries"])


def _measure(target: Target, writer: int) -> int:
    files = {str(Path(path).absolute()): path for path in target.modules}
    measured = coverage.Coverage(include=list(files), data_file=None, config_file=False)
    measured.start()
    watch = _Watch(measured)
    code = pytest.main([*_QUIET, *target.tests], plugins=[watch, _Deselection(target.deselected)])
    measured.stop()
    if code == pytest.ExitCode.OK:
        with os.fdopen(writer, "w") as stream:
            json.dump(
                {
                    "seconds": watch.seconds,
                    "lines": _lines_by_test(measured.get_data(), files),
                    "libraries": [name for name in sys.modules if _is_library(name)],
                },
                stream,
            )
    return int(code)


def _lines_by_test(data: Any, files: Mapping[str, str]) -> dict[str, dict[str, list[int]]]:
    tests: dict[str, dict[str, list[int]]] = {}
    for file, path in files.items():
        for line, names in data.contexts_by_lineno(file).items():
            for name in filter(None, names):
                tests.setdefault(name, {}).setdefault(path, []).append(line)
    return tests


def _is_library(name: str) -> bool:
    return name.partition(".")[0] not in (*PROJECT, "__main__", "conftest")


def import_libraries(baseline: Baseline) -> None:
    """Once, for all mutants of a target."""
    for name in baseline.libraries:
        with suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def run_mutants(target: Target, mutants: Sequence[Mutant], baseline: Baseline) -> Iterator[Result]:
    """In the order of `mutants`. Those of function bodies and constants in forks of a process that
    has collected the tests. The others, which decide at import, in forks of this one, and so the
    constants that survive: a test may have kept the old value when it was collected."""
    served = _serve(target, [mutant for mutant in mutants if _is_served(mutant)], baseline)
    with closing(served):
        for mutant in mutants:
            tests = baseline.tests_for(mutant)
            result = next(served) if _is_served(mutant) else None
            if not tests:
                result = Result.UNTESTED
            elif result is None or (result is Result.SURVIVED and mutant.is_constant):
                result = _run_forked(mutant, tests, baseline.cpu_limit(tests))
            yield result


def _is_served(mutant: Mutant) -> bool:
    return mutant.is_constant or bool(mutant.function_lines)


def _run_forked(mutant: Mutant, tests: Sequence[str], limit: int) -> Result:
    pid = os.fork()
    if pid == 0:
        _limit_child(limit)
        _end_child(lambda: _run_imported(mutant, tests))
    return _result_of(_wait(pid))


def _run_imported(mutant: Mutant, tests: Sequence[str]) -> int:
    sys.meta_path.insert(0, _MutantFinder(mutant))
    files = sorted({test.partition("::")[0] for test in tests})
    plugins = [_Selection(tests), _EndAtFailure()]
    return int(pytest.main([*_QUIET, "-x", *files], plugins=plugins))


def _serve(
    target: Target, mutants: Sequence[Mutant], baseline: Baseline
) -> Generator[Result | None, None, None]:
    """None for a mutant that could not be put into the running program."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        server = _Server(mutants, baseline, writer)
        arguments = [*_QUIET, "-x", *target.tests]
        _end_child(lambda: int(pytest.main(arguments, plugins=[server])))
    os.close(writer)
    try:
        with os.fdopen(reader) as stream:
            for line in stream:
                yield Result(line.strip()) if line.strip() else None
    finally:
        os.waitpid(pid, 0)


class _EndAtFailure:
    """Ends the process of a mutant with its first failed test; what pytest does at its end takes
    longer than most tests."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(1)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        os._exit(exitstatus)


class _Server(_EndAtFailure):
    """Runs in pytest once the tests are collected: forks a process for each mutant, which goes on
    to run the mutant's tests. Never runs a test itself."""

    def __init__(self, mutants: Sequence[Mutant], baseline: Baseline, writer: int) -> None:
        self._mutants = mutants
        self._baseline = baseline
        self._writer = writer
        self._not_reassignable: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        items = {item.nodeid: item for item in session.items}
        program = RunningProgram({mutant.path for mutant in self._mutants})
        for mutant in (*self._controls(), *self._mutants):
            tests = self._baseline.tests_for(mutant)
            pid = os.fork() if tests and not self._is_refused(mutant) else None
            if pid == 0:
                session.items[:] = [items[test] for test in tests]
                _limit_child(self._baseline.cpu_limit(tests))
                if program.put_in_place(mutant):
                    return None  # pytest runs the items
                os._exit(_NOT_IN_PLACE)
            self._report(mutant, _result_in_place(_wait(pid)) if pid else None)
        os._exit(0)

    def _is_refused(self, mutant: Mutant) -> bool:
        return mutant.is_constant and mutant.path in self._not_reassignable

    def _controls(self) -> list[Mutant]:
        """The unchanged constants of each module, assigned again: where tests fail with them, they
        cannot be mutated in a running program."""
        paths = {mutant.path for mutant in self._mutants if mutant.is_constant}
        return [
            Mutant(path, "", range(0), range(0), is_constant=True, source=Path(path).read_text())
            for path in sorted(paths)
        ]

    def _report(self, mutant: Mutant, result: Result | None) -> None:
        if mutant.name:
            os.write(self._writer, f"{result or ''}\n".encode())
        elif result is not Result.SURVIVED:
            self._not_reassignable.add(mutant.path)


def _result_in_place(status: int) -> Result | None:
    """None if the mutant was not put in place."""
    is_exit = os.WIFEXITED(status) and os.WEXITSTATUS(status) == _NOT_IN_PLACE
    return None if is_exit else _result_of(status)


def _result_of(status: int) -> Result:
    if os.WIFSIGNALED(status):
        is_limit = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
        return Result.TIMEOUT if is_limit else Result.KILLED
    return Result.KILLED if os.WEXITSTATUS(status) else Result.SURVIVED


def _limit_child(cpu_seconds: int) -> None:
    gc.disable()
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))


def _end_child(work: Callable[[], int]) -> None:
    """Silently, and without the exit of the parent's interpreter."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    code = 1
    try:
        code = work()
    finally:
        os._exit(code)


def _wait(pid: int) -> int:
    """The status of a child, killed if it hangs."""
    for _ in range(WALL_SECONDS * 50):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


class _MutantFinder:
    """Imports the mutated module from the mutant's source."""

    def __init__(self, mutant: Mutant) -> None:
        self._path = Path(mutant.path).absolute()
        self._name = module_name(mutant.path)
        self._source = mutant.source

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        loader = _MutantLoader(name, str(self._path), self._source)
        return importlib.util.spec_from_file_location(name, self._path, loader=loader)


class _MutantLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> Any:
        return compile(self._source, self.path, "exec", dont_inherit=True)
