"""The mutants of a module: by mutmut's operators, and ours for statements, conditions, tables, SQL
and patterns.

mutmut 3 itself mutates only the bodies of undecorated functions. Here tables (transitions,
networks, patterns) and properties decide as much, so the operators go over the whole module.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

Operator = Callable[[Any], Iterable[cst.CSTNode]]

NEVER_MUTATED_CALLS: Final = frozenset({"len", "isinstance", "TypeVar", "NewType", "cast"})
"""The first two as mutmut does; the others say something to the type checker only."""

CONTEXT: Final = 24
"""Characters of a mutant's name around what differs."""

_SQL: Final = re.compile(r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|AND|SET|ORDER BY)\b")
_SQL_SWAPS: Final = (
    (re.compile(r"(?<![<>=!])<="), "<"),
    (re.compile(r"(?<![<>=!])>="), ">"),
    (re.compile(r"(?<![<>=!])<(?![=>])"), "<="),
    (re.compile(r"(?<![<>=!])>(?!=)"), ">="),
    (re.compile(r"(?<![<>=!])=(?!=)(?= ?(?:%s|\w+\.))"), "<>"),
    (re.compile(r"\bAND\b"), "OR"),
    (re.compile(r"\bOR\b"), "AND"),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    (re.compile(r" DESC\b"), ""),
    (re.compile(r" \+ 1\b"), ""),
)
_PATTERN_SWAPS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"\(\?(<?)([!=])"), lambda m: f"(?{m[1]}{'=' if m[2] == '!' else '!'}"),
    (re.compile(r"\{(\d+)"), lambda m: f"{{{int(m[1]) + 1}"),
    (re.compile(r"(?<=,)(\d+)\}"), lambda m: f"{max(int(m[1]) - 1, 0)}}}"),
    (re.compile(r"\\b"), lambda _: ""),
    (re.compile(r"(?<=[)\]\w])\?(?![+?])"), lambda _: ""),
    (re.compile(r"(?<!\(\?)(?<=\[)\^"), lambda _: ""),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name`: without line numbers, so that it stays the same when lines move. `lines`: of the
    mutated node. `function_lines`: of the body of the outermost function around it; none for what
    runs when the module is imported. `is_constant`: a value that the module assigns."""

    path: str
    name: str
    lines: range
    function_lines: range
    is_constant: bool
    source: str


def mutants_of(path: str, source: str, only: Sequence[str] = ()) -> list[Mutant]:
    """Without those that do not compile. `only`: in these functions, classes and constants of the
    module (dotted names)."""
    found = _Collector(source)
    found.module.visit(found)
    mutants: list[Mutant] = []
    sources = {source}
    names = Counter[str]()
    for scope, node, mutated in found.mutations:
        if only and not any(f"{scope}.".startswith(f"{each}.") for each in only):
            continue
        changed = found.with_replaced(node, mutated)
        if changed in sources or not _compiles(changed):
            continue
        sources.add(changed)
        change = _shorten(found.code(node), found.code(mutated))
        name = f"{Path(path).name}:{scope or 'module'}: {change}"
        names[name] += 1
        number = f" ({names[name]})" if names[name] > 1 else ""
        lines = found.lines(node)
        body, is_constant = found.body_around(lines), scope in found.constants
        mutants.append(Mutant(path, name + number, lines, body, is_constant, changed))
    return mutants


class _Collector(cst.CSTVisitor):
    """`mutations`: the scope (a dotted name of functions and classes; at module level the name that
    is assigned, or nothing), the node and what replaces it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        self.module = wrapper.module
        self._source = source
        self._positions = wrapper.resolve(WhitespaceInclusivePositionProvider)
        self._places = wrapper.resolve(PositionProvider)  # without what is before and after
        self._line_starts = [0, *accumulate(map(len, source.splitlines(keepends=True)))]
        self._scopes: list[tuple[cst.CSTNode, str]] = []
        self._bodies: list[range] = []
        self.constants: set[str] = set()
        self.mutations: list[tuple[str, cst.CSTNode, cst.CSTNode]] = []

    def lines(self, node: cst.CSTNode) -> range:
        place = self._positions[node]
        return range(place.start.line, place.end.line + 1)

    def _statement_lines(self, statements: Sequence[cst.CSTNode]) -> range:
        first, last = self._places[statements[0]], self._places[statements[-1]]
        return range(first.start.line, last.end.line + 1)

    def body_around(self, lines: range) -> range:
        return next((body for body in self._bodies if lines.start in body), range(0))

    def code(self, node: cst.CSTNode) -> str:
        return " ".join(self.module.code_for_node(node).split())

    def with_replaced(self, node: cst.CSTNode, mutated: cst.CSTNode) -> str:
        """The source. Replaced as text, hundreds of times faster than in the tree, but for compound
        statements, whose text depends on their indentation."""
        if isinstance(node, cst.BaseCompoundStatement):
            changed = self.module.deep_replace(node, mutated)
            return changed.code if isinstance(changed, cst.Module) else self._source
        place = self._positions[node]
        start, end = (self._line_starts[p.line - 1] + p.column for p in (place.start, place.end))
        return self._source[:start] + self.module.code_for_node(mutated) + self._source[end:]

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_alone(node):
            return False
        self._enter(node)
        scope = ".".join(name for _, name in self._scopes)
        for kind, operator in (*mutation_operators, *OWN_OPERATORS):
            if isinstance(node, kind):
                self.mutations += [(scope, node, each) for each in _applied(operator, node)]
        if isinstance(node, cst.If):
            self.mutations.append((scope, node.test, _negated(node.test)))
        if not self._in_function and isinstance(node, cst.Dict | cst.Set | cst.Tuple | cst.List):
            self.mutations += [(scope, node, each) for each in _without_one(node)]
        return True

    def _enter(self, node: cst.CSTNode) -> None:
        match node:
            case cst.FunctionDef() | cst.ClassDef():
                if isinstance(node, cst.FunctionDef) and not self._in_function:
                    self._bodies.append(self._statement_lines(node.body.body))
                self._scopes.append((node, node.name.value))
            case (
                cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])
                | cst.AnnAssign(target=cst.Name(value=name))
            ) if not self._scopes:
                self._scopes.append((node, name))
                self.constants.add(name)

    @property
    def _in_function(self) -> bool:
        return any(isinstance(scope, cst.FunctionDef) for scope, _ in self._scopes)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._scopes and self._scopes[-1][0] is original_node:
            self._scopes.pop()


def _is_left_alone(node: cst.CSTNode) -> bool:
    """Types, decorators, docstrings and `__all__` decide nothing when the program runs; texts for
    people are compared by no test, as it would only repeat them."""
    if isinstance(node, cst.Annotation | cst.Decorator):
        return True
    if isinstance(node, cst.Assign):
        return m.matches(node.targets[0].target, m.Name("__all__"))
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        return node.func.value in NEVER_MUTATED_CALLS
    return isinstance(node, cst.Expr) and isinstance(
        node.value, cst.SimpleString | cst.ConcatenatedString
    )


def _applied(operator: Operator, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    is_text = isinstance(node, cst.SimpleString) and _has_own_operators(node)
    if not is_text or operator in (_swap_in_sql, _swap_in_pattern):
        yield from operator(node)


def _has_own_operators(text: cst.SimpleString) -> bool:
    """Patterns and SQL, whose every change of case would be noticed, or none; texts for people (a
    blank between words) have none at all."""
    return "r" in text.prefix or re.search(r"\w\S* \S*\w", text.raw_value) is not None


def _remove_statement(node: cst.Expr | cst.Raise) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Raise) or isinstance(node.value, cst.Call):
        yield cst.Pass()


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    inner = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(), inner)


def _without_one(table: cst.Dict | cst.Set | cst.Tuple | cst.List) -> Iterator[cst.CSTNode]:
    elements = table.elements
    for place in range(len(elements)) if len(elements) > 1 else ():
        yield table.with_changes(elements=[*elements[:place], *elements[place + 1 :]])


def _swap_in_sql(node: cst.SimpleString | cst.FormattedStringText) -> Iterator[cst.CSTNode]:
    if _SQL.search(node.value):
        for pattern, replacement in _SQL_SWAPS:
            yield from _replaced_one_by_one(node, pattern, replacement)


def _swap_in_pattern(node: cst.SimpleString | cst.FormattedStringText) -> Iterator[cst.CSTNode]:
    if "r" in getattr(node, "prefix", ""):
        for pattern, replacement in _PATTERN_SWAPS:
            yield from _replaced_one_by_one(node, pattern, replacement)


def _replaced_one_by_one(
    node: cst.SimpleString | cst.FormattedStringText,
    pattern: re.Pattern[str],
    replacement: str | Callable[[re.Match[str]], str],
) -> Iterator[cst.CSTNode]:
    for match in pattern.finditer(node.value):
        new = replacement if isinstance(replacement, str) else replacement(match)
        yield node.with_changes(value=node.value[: match.start()] + new + node.value[match.end() :])


OWN_OPERATORS: Final[tuple[tuple[type[cst.CSTNode], Operator], ...]] = (
    (cst.Expr, _remove_statement),
    (cst.Raise, _remove_statement),
    (cst.SimpleString, _swap_in_sql),
    (cst.FormattedStringText, _swap_in_sql),
    (cst.SimpleString, _swap_in_pattern),
)


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _shorten(before: str, after: str) -> str:
    """What differs, with some context."""
    start = _common_length(before, after)
    shorter = min(len(before), len(after)) - start
    end = min(_common_length(before[::-1], after[::-1]), shorter)
    return " -> ".join(_piece(text, start, len(text) - end) for text in (before, after))


def _common_length(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _piece(text: str, start: int, end: int) -> str:
    shown = text[max(0, start - CONTEXT) : end + CONTEXT]
    return shown if len(shown) <= 5 * CONTEXT else f"{shown[: 3 * CONTEXT]} … {shown[-CONTEXT:]}"
