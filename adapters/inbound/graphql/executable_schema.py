"""The executable schema, and the cache of validated query documents."""

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import Enum
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Final

from ariadne import (
    EnumType,
    convert_camel_case_to_snake,
    is_default_resolver,
    load_schema_from_path,
    make_executable_schema,
)
from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql_server.exceptions import GraphQLValidationError

from adapters.inbound.graphql.compiled_fields import RenderCache
from adapters.inbound.graphql.execution import PlainResolver
from adapters.inbound.graphql.query_limits import (
    require_depth_within_limits,
    require_size_within_limits,
)
from adapters.inbound.graphql.resolvers import RESOLVERS
from adapters.inbound.graphql.scalars import SCALARS
from adapters.inbound.graphql.selections import Selections
from adapters.inbound.graphql.use_cases import GraphQLOptions
from application.queries.find_bookings import BookingOrder
from domain.connection import ConnectionState
from domain.snapshots import BookingSource, PartyRole
from domain.status import BookingStatus, TransitionKind
from domain.sync_run import SyncKind, SyncStatus, SyncTrigger
from domain.values import AgeClass, PriceBasis

ENUMS: Final[tuple[type[Enum], ...]] = (
    AgeClass,
    BookingOrder,
    BookingSource,
    BookingStatus,
    ConnectionState,
    PartyRole,
    PriceBasis,
    SyncKind,
    SyncStatus,
    SyncTrigger,
    TransitionKind,
)
SDL: Final = Path(__file__).with_name("schema.graphql")
_MAX_ERRORS: Final = 5


@cache
def executable_schema() -> GraphQLSchema:
    """One per process; it holds no state."""
    enums = [EnumType(kind.__name__, kind) for kind in ENUMS]
    sdl = load_schema_from_path(str(SDL))
    schema = make_executable_schema(sdl, *RESOLVERS, *SCALARS, *enums, convert_names_case=True)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            _make_default_resolvers_plain(kind)
        # Ariadne 1.1.1 sets a `parse_value` with one argument on enums; graphql-core 3.2.14 calls
        # it with two, so that no enum could be sent as a variable.
        if isinstance(kind, GraphQLEnumType):
            vars(kind).pop("parse_value", None)
    return schema


def _make_default_resolvers_plain(kind: GraphQLObjectType) -> None:
    for name, field in kind.fields.items():
        if is_default_resolver(field.resolve):
            field.resolve = PlainResolver(partial(_read_by_name, convert_camel_case_to_snake(name)))


def _read_by_name(name: str, source: Any) -> Any:
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A valid document within the limits of size and depth."""

    document: DocumentNode
    selections: Selections
    operations: tuple[str | None, ...]
    renders: RenderCache = dataclass_field(default_factory=dict, repr=False)


class QueryDocuments:
    """Parses and validates documents once per text; keeps the most recently used ones."""

    def __init__(self, schema: GraphQLSchema, options: GraphQLOptions) -> None:
        self._schema = schema
        self._options = options
        introspection_rules = () if options.introspection else (NoSchemaIntrospectionCustomRule,)
        self._rules = (*specified_rules, *introspection_rules)
        self.prepared = lru_cache(maxsize=options.cached_documents)(self._prepare)

    def _prepare(self, text: str) -> PreparedQuery:
        """Raises GraphQLSyntaxError, GraphQLError, GraphQLValidationError."""
        document = parse(text, max_tokens=self._options.max_tokens)
        require_size_within_limits(document, self._options)
        errors = validate(
            self._schema,
            document,
            self._rules,
            max_errors=_MAX_ERRORS,
            hide_suggestions=not self._options.introspection,
        )
        if errors:
            raise GraphQLValidationError(errors)
        selections = Selections(document)
        require_depth_within_limits(selections, self._options)
        return PreparedQuery(document, selections, tuple(_operation_names(document)))


def _operation_names(document: DocumentNode) -> list[str | None]:
    return [
        definition.name.value if definition.name else None
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]
