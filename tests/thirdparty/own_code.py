"""How much a file's author wrote: lines without blank ones, comments and docstrings."""

import ast
import io
import tokenize

_NOTHING = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


def own_lines(source: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    written: set[int] = set()
    for token in tokens:
        if token.type not in _NOTHING:
            written.update(range(token.start[0], token.end[0] + 1))
    return len(written - _docstrings(ast.parse(source)))


def _docstrings(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines
