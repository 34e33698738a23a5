"""Puts a mutant into the running program: its function, or the values of its module."""

import ast
import functools
import gc
import inspect
import sys
from collections.abc import Collection
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, cast

from tests.mutation.mutants import Mutant


class RunningProgram:
    """The functions and caches of the running program."""

    def __init__(self, paths: Collection[str]) -> None:
        self._functions: dict[tuple[str, str], list[FunctionType]] = {}
        absolute = {str(Path(path).absolute()): path for path in paths}
        gc.unfreeze()  # frozen objects are not found
        for each in gc.get_objects():
            if isinstance(each, FunctionType) and each.__code__.co_filename in absolute:
                key = (absolute[each.__code__.co_filename], each.__code__.co_qualname)
                self._functions.setdefault(key, []).append(each)
        self._caches = find_caches()
        gc.freeze()

    def put_in_place(self, mutant: Mutant) -> bool:
        """Gives the functions, or the modules, what the mutant has in their place. False if that
        is not possible."""
        tree = ast.parse(mutant.source)
        if mutant.is_constant:
            _assign_constants(tree, mutant.path)
        elif not self._replace_function(compile(tree, mutant.path, "exec"), mutant):
            return False
        for cache in self._caches:
            cache.cache_clear()
        return True

    def _replace_function(self, module: CodeType, mutant: Mutant) -> bool:
        code = _code_around(module, mutant.lines.start)
        running = self._functions.get((mutant.path, code.co_qualname), []) if code else []
        try:
            for function in running:
                function.__code__ = cast("CodeType", code)
        except ValueError:  # another number of names of the function around
            return False
        return bool(running)


def _assign_constants(tree: ast.Module, path: str) -> None:
    """Assigns the module's constants again, there and where other modules imported them."""
    tree.body = [each for each in tree.body if isinstance(each, ast.Assign | ast.AnnAssign)]
    names = vars(sys.modules[module_name(path)])
    before = dict(names)
    exec(compile(tree, path, "exec", dont_inherit=True), names)
    for module in list(sys.modules.values()):
        imported = getattr(module, "__dict__", {})
        for name, value in before.items():
            if names[name] is not value and imported.get(name) is value:
                imported[name] = names[name]


def module_name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def find_caches() -> list[Any]:
    return [o for o in gc.get_objects() if isinstance(o, functools._lru_cache_wrapper)]


def _code_around(code: CodeType, line: int) -> CodeType | None:
    """The outermost function that contains a line; classes are only looked into."""
    for each in code.co_consts:
        if isinstance(each, CodeType) and each.co_name not in ("<lambda>", "<listcomp>"):
            lines = {n for _, _, n in each.co_lines() if n is not None} | _inner_lines(each)
            if line in range(min(lines), max(lines) + 1):
                is_function = each.co_flags & inspect.CO_OPTIMIZED
                return each if is_function else _code_around(each, line)
    return None


def _inner_lines(code: CodeType) -> set[int]:
    return {
        n
        for each in code.co_consts
        if isinstance(each, CodeType)
        for n in {n for _, _, n in each.co_lines() if n is not None} | _inner_lines(each)
    }
