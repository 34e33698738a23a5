"""Compiles a selection set of plain fields to one Python function.

The function makes the result of one object, as graphql-core does, or raises: then the object is
executed field by field, which gives the same result or the errors with their paths.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

Render: TypeAlias = Callable[[Any], dict[str, Any]]
RenderCache: TypeAlias = dict[tuple[object, ...], Render]
"""By what of a document is rendered."""
_INDENT: Final = "    "
_IS_SERIALIZED: Final = {
    "String": "type({v}) is str",
    "ID": "type({v}) is str",
    "Int": "type({v}) is int and -2147483648 <= {v} <= 2147483647",
    "Boolean": "type({v}) is bool",
}
"""Of GraphQL's own scalars, the values that `serialize` returns unchanged."""


class NotPlainValueError(Exception):
    """A value that graphql-core must complete: null where none may be."""


class CompiledField(NamedTuple):
    """`name`: in the result. `serialize`: of a leaf; `scalar`: its type's name. `render`: of the
    object, or the objects of a list, below."""

    name: str
    read: Callable[[Any], Any]
    is_required: bool
    serialize: Callable[[Any], Any] | None = None
    scalar: str = ""
    render: Render | None = None
    is_list: bool = False


def compile_fields(fields: Sequence[CompiledField]) -> Render:
    """Response names come from the client: they are values of the namespace, never source text."""
    namespace: dict[str, Any] = {"NotPlain": NotPlainValueError}
    lines = ["def render(source):"]
    for index, field in enumerate(fields):
        namespace |= {
            f"name{index}": field.name,
            f"read{index}": field.read,
            f"serialize{index}": field.serialize,
            f"render{index}": field.render,
        }
        lines += [_INDENT + line for line in _field_lines(index, field)]
    items = ", ".join(f"name{index}: value{index}" for index in range(len(fields)))
    lines.append(f"{_INDENT}return {{{items}}}")
    exec("\n".join(lines), namespace)  # noqa: S102  # of numbers and constants only
    render: Render = namespace["render"]
    return render


def _field_lines(index: int, field: CompiledField) -> Iterator[str]:
    value = f"value{index}"
    yield f"{value} = read{index}(source)"
    if field.is_required:
        yield f"if {value} is None: raise NotPlain"
        yield from _completion(index, field)
    else:
        yield f"if {value} is not None:"
        yield from (_INDENT + line for line in _completion(index, field))


def _completion(index: int, field: CompiledField) -> Iterator[str]:
    value = f"value{index}"
    if field.render is not None:
        below = f"[render{index}(each) for each in {value}]"
        yield f"{value} = {below if field.is_list else f'render{index}({value})'}"
        return
    is_serialized = _IS_SERIALIZED.get(field.scalar, "False").format(v=value)
    yield f"if not ({is_serialized}):"
    yield f"{_INDENT}{value} = serialize{index}({value})"
    yield f"{_INDENT}if {value} is None: raise NotPlain"
