"""The schema with its resolvers, and documents made ready to be executed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from ariadne import EnumType, load_schema_from_path, make_executable_schema
from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql_server.exceptions import GraphQLValidationError

from adapters.inbound.graphql.limits import Measure, require_small, too_much
from adapters.inbound.graphql.resolvers import RESOLVERS
from adapters.inbound.graphql.scalars import SCALARS
from adapters.inbound.graphql.use_cases import GraphQLOptions
from application.find_bookings import BookingOrder
from domain.snapshots import BookingSource, PartyRole
from domain.status import BookingStatus, TransitionKind
from domain.sync import SyncKind, SyncStatus, SyncTrigger
from domain.values import AgeClass

ENUMS: Final[tuple[type[Enum], ...]] = (
    AgeClass,
    BookingOrder,
    BookingSource,
    BookingStatus,
    PartyRole,
    SyncKind,
    SyncStatus,
    SyncTrigger,
    TransitionKind,
)
SDL: Final = Path(__file__).with_name("schema.graphql")
_MAX_ERRORS: Final = 5


@cache
def executable_schema() -> GraphQLSchema:
    """One per process: it holds no state of any installation."""
    enums = [EnumType(kind.__name__, kind) for kind in ENUMS]
    sdl = load_schema_from_path(str(SDL))
    schema = make_executable_schema(sdl, *RESOLVERS, *SCALARS, *enums, convert_names_case=True)
    for kind in schema.type_map.values():
        # Ariadne 1.1.1 hangs a `parse_value` on enums that takes one argument; graphql-core 3.2.14
        # calls it with two, so that no enum could be sent as a variable.
        if isinstance(kind, GraphQLEnumType):
            vars(kind).pop("parse_value", None)
    return schema


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is valid, small and not too deep."""

    document: DocumentNode
    measure: Measure
    operations: tuple[str | None, ...]


class Documents:
    """Parsed and validated once per text; the latest ones are kept."""

    def __init__(self, schema: GraphQLSchema, options: GraphQLOptions) -> None:
        self._schema = schema
        self._options = options
        hidden = () if options.introspection else (NoSchemaIntrospectionCustomRule,)
        self._rules = (*specified_rules, *hidden)
        self.prepared = lru_cache(maxsize=options.cached_documents)(self._prepare)

    def require_cheap(self, prepared: Prepared, variables: Mapping[str, Any]) -> None:
        """Raises GraphQLError."""
        cost = prepared.measure.cost(variables)
        if cost > self._options.max_cost:
            raise too_much("a cost of", cost, self._options.max_cost)

    def _prepare(self, text: str) -> Prepared:
        """Raises GraphQLSyntaxError, GraphQLError, GraphQLValidationError."""
        document = parse(text, max_tokens=self._options.max_tokens)
        require_small(document, self._options)
        errors = validate(
            self._schema,
            document,
            self._rules,
            max_errors=_MAX_ERRORS,
            hide_suggestions=not self._options.introspection,
        )
        if errors:
            raise GraphQLValidationError(errors)
        measure = Measure(document)
        if measure.depth > self._options.max_depth:
            raise too_much("a depth of", measure.depth, self._options.max_depth)
        return Prepared(document, measure, tuple(_operation_names(document)))


def _operation_names(document: DocumentNode) -> list[str | None]:
    return [
        definition.name.value if definition.name else None
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]
