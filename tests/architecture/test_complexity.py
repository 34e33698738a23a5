"""No function above a cyclomatic complexity of 10 by radon, which also counts comprehensions and
boolean operators; ruff's own limit does not."""

from collections.abc import Iterator
from typing import Final

from radon.complexity import cc_visit  # type: ignore[import-untyped]  # has no types

from tests.product_packages import PACKAGES, ROOT

LIMIT: Final = 10


def complexities(source: str) -> Iterator[tuple[str, int]]:
    """Of each function and method, also of those inside others."""
    for block in cc_visit(source):
        for each in (block, *getattr(block, "closures", ())):
            yield each.fullname, each.complexity


def test_stays_within_the_limit() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    found = [
        f"{file.relative_to(ROOT)}: {name} has {complexity}"
        for file in files
        for name, complexity in complexities(file.read_text())
        if complexity > LIMIT
    ]
    assert not found
    assert len(files) > 500


def test_counts_what_radon_counts() -> None:
    branches = "\n".join(f"    if a == {n} and b: return {n}" for n in range(5))
    assert dict(complexities(f"def f(a, b):\n{branches}\n")) == {"f": 11}
