"""Mutates the modules of the named targets, or of all: one JSON line a module, on the standard
error each mutant that no test notices. Fails below MIN_SCORE, and for such a mutant that
docs/mutation-testing.md does not judge."""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.runner import (
    Baseline,
    Result,
    import_libraries,
    measure_baseline,
    run_mutants,
)
from tests.mutation.targets import MIN_SCORE, TARGETS, Target

DOCUMENT: Final = Path("docs/mutation-testing.md")


def judged_names(text: str) -> frozenset[str]:
    """The lines of the document's fenced blocks."""
    blocks = text.split("```")[1::2]
    return frozenset(line for block in blocks for line in block.splitlines()[1:])


def summarize(results: Mapping[Mutant, Result], judged: frozenset[str]) -> dict[str, object]:
    """`score`: the part that tests noticed, those that never ended included."""
    counts = Counter(results.values())
    missed = [m for m, result in results.items() if result in (Result.SURVIVED, Result.UNTESTED)]
    score = (counts[Result.KILLED] + counts[Result.TIMEOUT]) / max(len(results), 1)
    unjudged = sum(mutant.name not in judged for mutant in missed)
    return {
        "mutants": len(results),
        **{str(result): counts[result] for result in Result},
        "unjudged": unjudged,
        "score": round(score, 3),
        "passed": score >= MIN_SCORE and not unjudged,
    }


def mutate_module(
    path: str, target: Target, baseline: Baseline, *, every: int = 1
) -> dict[Mutant, Result]:
    found = mutants_of(path, Path(path).read_text(), target.modules[path])[::every]
    results: dict[Mutant, Result] = {}
    for mutant, result in zip(found, run_mutants(target, found, baseline), strict=True):
        results[mutant] = result
        if result in (Result.SURVIVED, Result.UNTESTED):
            place = f"{mutant.path}:{mutant.lines.start}"
            print(f"{result}  {place}  {mutant.name}", file=sys.stderr, flush=True)  # noqa: T201
    return results


def mutate_target(name: str, *, only: str, every: int) -> bool:
    target = TARGETS[name]
    judged = judged_names(DOCUMENT.read_text())
    baseline = measure_baseline(target)
    import_libraries(baseline)
    passed = True
    for path in target.modules:
        if only not in path:
            continue
        started = time.monotonic()
        figure = summarize(mutate_module(path, target, baseline, every=every), judged)
        seconds = round(time.monotonic() - started)
        line = {"figure": "mutation", "target": name, "module": path, **figure, "seconds": seconds}
        print(json.dumps(line), flush=True)  # noqa: T201
        passed = passed and bool(figure["passed"])
    return passed


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS])
    parser.add_argument("--module", default="", help="only modules whose path has this part")
    parser.add_argument("--every", type=int, default=1, help="only every Nth mutant")
    options = parser.parse_args(arguments)
    passed = True
    for name in options.targets or TARGETS:
        passed = _in_own_process(name, options.module, options.every) and passed
    return 0 if passed else 1


def _in_own_process(name: str, only: str, every: int) -> bool:
    """What the tests of one target import stays out of the next one's processes."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            code = 0 if mutate_target(name, only=only, every=every) else 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
