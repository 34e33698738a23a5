"""Execution without graphql-core's work per field, where a field only reads an attribute.

Results and errors are graphql-core's: what is not plain, and every error of a leaf, takes its way.
Measured with 120,000 nightly prices: a third of the time.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias, cast

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.execute import get_field_def
from graphql.pyutils import Path
from typing_extensions import override

from adapters.inbound.graphql.compiled_fields import (
    CompiledField,
    NotPlainValueError,
    Render,
    RenderCache,
    compile_fields,
)
from application.access.authenticate import Principal
from application.errors import Forbidden
from domain.access import Scope
from domain.errors import PmsError

_TO_CORE: Final = object()
"""graphql-core shall execute the field: it is not plain, or it fails."""
Read: TypeAlias = Callable[[Any], Any]
MAX_RENDERS: Final = 32
"""Of one document: with variables a client can leave out any of its fields."""
_ERRORS: Final = (GraphQLError, PmsError, ArithmeticError, AttributeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class PlainResolver:
    """Reads a value of its source, which is pure. A caller without `scope` gets what `reduced`
    reads, or Forbidden, also where there is no value, so that the error says nothing of it."""

    read: Read
    scope: Scope | None = None
    reduced: Read | None = None

    def __call__(self, source: object, info: GraphQLResolveInfo) -> object:
        return self.reader(info.context.caller)(source)

    def reader(self, caller: Principal) -> Read:
        """Raises Forbidden if the caller may read nothing of it."""
        if self.scope is None:
            return self.read
        if self.reduced is not None and not caller.has(self.scope):
            return self.reduced
        caller.require(self.scope)
        return self.read


class _PlainField(NamedTuple):
    """`serialize`: of a leaf, `scalar`: its type's name. `below`: the type of an object, or of the
    objects of a list."""

    read: Read
    type: GraphQLOutputType
    is_required: bool
    serialize: Read | None
    below: GraphQLObjectType | None
    is_list: bool
    scalar: str

    def compiled(self, name: str, render: Render | None) -> CompiledField:
        return CompiledField(
            name, self.read, self.is_required, self.serialize, self.scalar, render, self.is_list
        )


_Plan: TypeAlias = Sequence[tuple[str, list[FieldNode], _PlainField | None]]


class PlainExecution(ExecutionContext):
    """For synchronous resolvers."""

    worth_compiling = 20
    """Elements of a list. To compile a selection takes about as long as to execute it so often."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._plans: dict[int, _Plan] = {}
        self._signatures: dict[int, tuple[object, ...] | None] = {}

    @override
    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: dict[str, list[FieldNode]],
    ) -> dict[str, Any]:
        plan = self._plan_of(parent_type, fields)
        results = {}
        for name, nodes, field in plan:
            value = _TO_CORE if field is None else _read(field, source_value)
            if value is _TO_CORE:
                field_path = Path(path, name, parent_type.name)
                value = self.execute_field(parent_type, source_value, nodes, field_path)
            elif field is not None and field.below is not None and value is not None:
                field_path = Path(path, name, parent_type.name)
                value = self._complete_objects(field, field.below, nodes, field_path, value)
            if value is not Undefined:
                results[name] = value
        return results

    @override
    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_nodes: list[FieldNode],
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
    ) -> Any:
        """Of a field that is not plain itself."""
        kind: Any = get_nullable_type(cast("Any", return_type.of_type))
        if is_object_type(kind) and isinstance(result, list | tuple):
            render = self._render(kind, self.collect_subfields(kind, field_nodes), len(result))
            if render is not None:
                with suppress(NotPlainValueError, *_ERRORS):
                    return [render(item) for item in result]
        return super().complete_list_value(return_type, field_nodes, info, path, result)

    def _complete_objects(
        self,
        field: _PlainField,
        below: GraphQLObjectType,
        nodes: list[FieldNode],
        path: Path,
        value: Any,
    ) -> Any:
        selected = self.collect_subfields(below, nodes)
        render = self._render(below, selected, len(value) if field.is_list else 1)
        try:
            if not field.is_list:
                return self._complete_object(render, below, value, path, selected)
            return [
                self._complete_object(render, below, item, path.add_key(index), selected)
                for index, item in enumerate(value)
            ]
        except GraphQLError as error:
            self.handle_field_error(error, field.type, path)
            return None

    def _complete_object(
        self,
        render: Render | None,
        kind: GraphQLObjectType,
        value: Any,
        path: Path,
        selected: dict[str, list[FieldNode]],
    ) -> dict[str, Any]:
        if render is not None:
            with suppress(NotPlainValueError, *_ERRORS):
                return render(value)
        return self.execute_fields(kind, value, path, selected)

    def _render(
        self, kind: GraphQLObjectType, fields: dict[str, list[FieldNode]], count: int
    ) -> Render | None:
        """None if a field, here or below, is left to graphql-core. Compiled for long lists; then
        kept with the document, also for short ones."""
        renders: RenderCache = self.context_value.renders
        signature = self._signature(kind, fields)
        if signature is None:
            return None
        if signature in renders:
            return renders[signature]
        if count < self.worth_compiling or len(renders) >= MAX_RENDERS:
            return None
        render = renders[signature] = self._compile(kind, fields)
        return render

    def _signature(
        self, kind: GraphQLObjectType, fields: dict[str, list[FieldNode]]
    ) -> tuple[object, ...] | None:
        """What is rendered: variables may leave out fields, and callers read less. None as of
        `_render`."""
        key = id(fields)
        if key not in self._signatures:
            self._signatures[key] = self._make_signature(kind, fields)
        return self._signatures[key]

    def _make_signature(
        self, kind: GraphQLObjectType, fields: dict[str, list[FieldNode]]
    ) -> tuple[object, ...] | None:
        parts: list[object] = [kind.name]
        for name, nodes, field in self._plan_of(kind, fields):
            below: tuple[object, ...] | None = ()
            if field is not None and field.below is not None:
                below = self._signature(field.below, self.collect_subfields(field.below, nodes))
            if field is None or below is None:
                return None
            parts.append((name, id(field.read), below, *map(id, nodes)))
        return tuple(parts)

    def _compile(self, kind: GraphQLObjectType, fields: dict[str, list[FieldNode]]) -> Render:
        """Of fields that have a signature."""
        compiled = []
        for name, nodes, field in self._plan_of(kind, fields):
            if field is not None:
                compiled.append(field.compiled(name, self._compile_below(field, nodes)))
        return compile_fields(compiled)

    def _compile_below(self, field: _PlainField, nodes: list[FieldNode]) -> Render | None:
        if field.below is None:
            return None
        return self._compile(field.below, self.collect_subfields(field.below, nodes))

    def _plan_of(self, kind: GraphQLObjectType, fields: dict[str, list[FieldNode]]) -> "_Plan":
        # The fields of a selection set are collected once, so that they keep their id.
        return self._plans.get(id(fields)) or self._plan(kind, fields)

    def _plan(self, parent_type: GraphQLObjectType, fields: dict[str, list[FieldNode]]) -> "_Plan":
        plan = [(name, nodes, self._plain(parent_type, nodes)) for name, nodes in fields.items()]
        self._plans[id(fields)] = plan
        return plan

    def _plain(self, parent_type: GraphQLObjectType, nodes: list[FieldNode]) -> _PlainField | None:
        """None: left to graphql-core, errors included."""
        field = get_field_def(self.schema, parent_type, nodes[0])
        if not field or field.args or not isinstance(field.resolve, PlainResolver):
            return None
        try:
            read = field.resolve.reader(self.context_value.caller)
        except Forbidden:
            return None
        return _plain_field(field.type, read)


def _plain_field(output_type: GraphQLOutputType, read: Read) -> _PlainField | None:
    kind: Any = get_nullable_type(cast("Any", output_type))
    is_list = is_list_type(kind)
    below: Any = get_nullable_type(kind.of_type) if is_list else kind
    if not is_object_type(below) and (is_list or not is_leaf_type(kind)):
        return None
    return _PlainField(
        read=read,
        type=output_type,
        is_required=is_non_null_type(output_type),
        serialize=None if is_object_type(below) else kind.serialize,
        below=below if is_object_type(below) else None,
        is_list=is_list,
        scalar="" if is_object_type(below) else kind.name,
    )


def _read(field: _PlainField, source: Any) -> Any:
    """The value of a leaf, the objects below, None or _TO_CORE."""
    try:
        value = field.read(source)
        if value is None:
            return _TO_CORE if field.is_required else None
        if field.serialize is None:
            return value
        serialized = field.serialize(value)
    except _ERRORS:
        return _TO_CORE
    return _TO_CORE if serialized is None else serialized
