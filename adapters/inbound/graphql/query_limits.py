"""Query limits: size before validation, depth after it, cost before execution."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
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
    """Depth and cost of a validated document.

    A field costs 1, multiplied by the lengths of the lists around it.
    """

    def __init__(self, document: DocumentNode) -> None:
        nodes = document.definitions
        self._operations = [n for n in nodes if isinstance(n, OperationDefinitionNode)]
        fragments = [n for n in nodes if isinstance(n, FragmentDefinitionNode)]
        self._fragments = {fragment.name.value: fragment.selection_set for fragment in fragments}
        depth = _Measure(self._fragments, partial(max, default=0), lambda _, below: 1 + below)
        self.depth = max((depth.of(o.selection_set) for o in self._operations), default=0)

    def cost(self, variables: Mapping[str, Any]) -> int:
        return max((self._cost_of(o, variables) for o in self._operations), default=0)

    def _cost_of(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        known = {**_defaults(operation), **variables}
        cost = _Measure(self._fragments, sum, lambda f, below: 1 + _list_factor(f, known) * below)
        return cost.of(operation.selection_set)


@dataclass(frozen=True, slots=True)
class _Measure:
    """A number computed bottom-up from the selected fields; each fragment is measured once."""

    fragments: Mapping[str, SelectionSetNode]
    combine: Callable[[Iterable[int]], int]
    weigh: Callable[[FieldNode, int], int]
    measured: dict[str, int] = field(default_factory=dict)

    def of(self, selected: SelectionSetNode | None) -> int:
        return 0 if selected is None else self.combine(map(self._of_node, selected.selections))

    def _of_node(self, selection: Node) -> int:
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value)
        below = self.of(getattr(selection, "selection_set", None))
        return self.weigh(selection, below) if isinstance(selection, FieldNode) else below

    def _of_fragment(self, name: str) -> int:
        if name not in self.measured:
            self.measured[name] = self.of(self.fragments[name])
        return self.measured[name]


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: _literal_value(definition.default_value, {})
        for definition in operation.variable_definitions
        if definition.default_value is not None
    }


def _list_factor(node: FieldNode, variables: Mapping[str, Any]) -> int:
    name = node.name.value
    if name == "availability":
        return max(1, _cell_count(_argument(node, "filter", variables)) // CELLS_PER_COST_UNIT)
    if name not in _PAGED:
        return _LIST_FACTORS.get(name, 1)
    page_size = _argument(node, _PAGED[name], variables)
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


def _argument(node: FieldNode, name: str, variables: Mapping[str, Any]) -> Any:
    for argument in node.arguments:
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
