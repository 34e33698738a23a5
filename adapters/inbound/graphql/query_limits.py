"""Query limits: size before validation, depth after it, cost before execution."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.language import DirectiveNode, Node, Visitor, visit

from adapters.inbound.graphql.use_cases import GraphQLOptions
from application.queries.find_bookings import MAX_DAYS

DEFAULT_PAGE: Final = 50
ASSUMED_ROOM_TYPES: Final = 50
"""The number assumed for an availability query without room types."""
CELLS_PER_COST_UNIT: Final = 10
"""Cells that cost as much as one booking. A cost of 5,000 allows 60 days of 50 room types with 16
fields each, or 400 days of 10 room types with 12."""
_PAGED: Final = {"bookings": "first", "guests": "first", "syncRuns": "limit"}
_LONG_LISTS: Final = {"roomTypes": 10, "rooms": 2, "nightlyPrices": 5}
_SHORT_LISTS: Final = ("furtherGuests", "statusHistory", "occupancy", "extras", "ratePlans")
_LIST_FACTORS: Final = _LONG_LISTS | dict.fromkeys(_SHORT_LISTS, 2)


def query_too_large_error(what: str, found: int, limit: int) -> GraphQLError:
    message = f"The query has {what} {found}; the limit is {limit}. Split the query."
    return GraphQLError(message, extensions={"code": "QUERY_TOO_LARGE"})


class _NodeCounter(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.aliases = 0
        self.directives = 0

    def enter(self, node: Node, *_: Any) -> None:
        if isinstance(node, FieldNode):
            self.aliases += node.alias is not None
        elif isinstance(node, DirectiveNode):
            self.directives += 1


def require_size_within_limits(document: DocumentNode, options: GraphQLOptions) -> None:
    """To be called before validation, which is slow on hostile documents. Raises GraphQLError."""
    counter = _NodeCounter()
    visit(document, counter)
    if counter.aliases > options.max_aliases:
        raise query_too_large_error("aliases:", counter.aliases, options.max_aliases)
    if counter.directives > options.max_directives:
        raise query_too_large_error("directives:", counter.directives, options.max_directives)


class QueryCost:
    """Depth and cost of a validated document; each fragment is measured once.

    A field costs 1, multiplied by the lengths of the lists around it.
    """

    def __init__(self, document: DocumentNode) -> None:
        self._document = document
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self.depth = max((self._depth(o.selection_set, {}) for o in self._operations()), default=0)

    def cost(self, variables: Mapping[str, Any]) -> int:
        return max(
            (
                self._cost(operation.selection_set, {**_defaults(operation), **variables}, {})
                for operation in self._operations()
            ),
            default=0,
        )

    def _operations(self) -> list[OperationDefinitionNode]:
        return [d for d in self._document.definitions if isinstance(d, OperationDefinitionNode)]

    def _depth(self, selected: SelectionSetNode | None, measured: dict[str, int]) -> int:
        if selected is None:
            return 0
        return max((self._selection_depth(s, measured) for s in selected.selections), default=0)

    def _selection_depth(self, selection: Node, measured: dict[str, int]) -> int:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in measured:
                measured[name] = self._depth(self._fragments[name].selection_set, measured)
            return measured[name]
        child_total = self._depth(getattr(selection, "selection_set", None), measured)
        return child_total + isinstance(selection, FieldNode)

    def _cost(
        self,
        selected: SelectionSetNode | None,
        variables: Mapping[str, Any],
        measured: dict[str, int],
    ) -> int:
        if selected is None:
            return 0
        return sum(
            self._selection_cost(selection, variables, measured)
            for selection in selected.selections
        )

    def _selection_cost(
        self, selection: Node, variables: Mapping[str, Any], measured: dict[str, int]
    ) -> int:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in measured:
                measured[name] = self._cost(
                    self._fragments[name].selection_set, variables, measured
                )
            return measured[name]
        child_total = self._cost(getattr(selection, "selection_set", None), variables, measured)
        if not isinstance(selection, FieldNode):
            return child_total
        return 1 + _list_factor(selection, variables) * child_total


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: _literal_value(definition.default_value, {})
        for definition in operation.variable_definitions
        if definition.default_value is not None
    }


def _list_factor(field: FieldNode, variables: Mapping[str, Any]) -> int:
    name = field.name.value
    if name == "availability":
        return max(1, _cell_count(_argument(field, "filter", variables)) // CELLS_PER_COST_UNIT)
    if name not in _PAGED:
        return _LIST_FACTORS.get(name, 1)
    page_size = _argument(field, _PAGED[name], variables)
    return max(1, page_size) if isinstance(page_size, int) else DEFAULT_PAGE


def _cell_count(filter_argument: object) -> int:
    """Days times room types; the maximum for an invalid filter."""
    if not isinstance(filter_argument, dict):
        return MAX_DAYS * ASSUMED_ROOM_TYPES
    named = filter_argument.get("roomTypes")
    room_types = ASSUMED_ROOM_TYPES if named is None else 1
    return _day_count(filter_argument) * (len(named) if isinstance(named, list) else room_types)


def _day_count(filter_argument: Mapping[str, Any]) -> int:
    try:
        days = (
            date.fromisoformat(filter_argument["to"]) - date.fromisoformat(filter_argument["from"])
        ).days
    except (KeyError, TypeError, ValueError):
        return MAX_DAYS
    return min(max(1, days), MAX_DAYS)


def _argument(field: FieldNode, name: str, variables: Mapping[str, Any]) -> Any:
    for argument in field.arguments:
        if argument.name.value == name:
            return _literal_value(argument.value, variables)
    return None


def _literal_value(value: Node, variables: Mapping[str, Any]) -> Any:
    """The value of a literal with variables; integers are truncated after nine digits."""
    match value:
        case VariableNode():
            return variables.get(value.name.value)
        case ObjectValueNode():
            return {each.name.value: _literal_value(each.value, variables) for each in value.fields}
        case ListValueNode():
            return [_literal_value(each, variables) for each in value.values]
        case IntValueNode():
            return int(value.value[:9])
    return getattr(value, "value", None)
