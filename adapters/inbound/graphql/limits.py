"""What one query may ask for: its size before it is validated, its cost before it is executed."""

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
from application.find_bookings import MAX_DAYS

DEFAULT_PAGE: Final = 50
ASSUMED_ROOM_TYPES: Final = 50
"""Where an availability query names none."""
CELLS_FOR_ONE: Final = 10
"""A cell is small: ten count as one booking does. So a cost of 5,000 allows
60 days of 50 room types with 16 fields each, or 400 days of 10 room types with 12."""
_PAGED: Final = {"bookings": "first", "guests": "first", "syncRuns": "limit"}
_LONG_LISTS: Final = {"roomTypes": 10, "rooms": 2, "nightlyPrices": 5}
_SHORT_LISTS: Final = ("furtherGuests", "statusHistory", "occupancy", "extras", "ratePlans")
_TIMES: Final = _LONG_LISTS | dict.fromkeys(_SHORT_LISTS, 2)


def too_much(what: str, found: int, limit: int) -> GraphQLError:
    message = f"This query has {what} {found}; at most {limit} are taken. Ask for less at a time."
    return GraphQLError(message, extensions={"code": "QUERY_TOO_LARGE"})


class _Counter(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.aliases = 0
        self.directives = 0

    def enter(self, node: Node, *_: Any) -> None:
        if isinstance(node, FieldNode):
            self.aliases += node.alias is not None
        elif isinstance(node, DirectiveNode):
            self.directives += 1


def require_small(document: DocumentNode, options: GraphQLOptions) -> None:
    """Before validation, which itself takes long on hostile documents. Raises GraphQLError."""
    counter = _Counter()
    visit(document, counter)
    if counter.aliases > options.max_aliases:
        raise too_much("aliases:", counter.aliases, options.max_aliases)
    if counter.directives > options.max_directives:
        raise too_much("directives:", counter.directives, options.max_directives)


class Measure:
    """Depth and cost of a validated document; every fragment is measured once.

    Each field costs 1, times the length of the lists that it stands in.
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

    def _depth(self, selected: SelectionSetNode | None, known: dict[str, int]) -> int:
        if selected is None:
            return 0
        return max((self._deep(s, known) for s in selected.selections), default=0)

    def _deep(self, selection: Node, known: dict[str, int]) -> int:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in known:
                known[name] = self._depth(self._fragments[name].selection_set, known)
            return known[name]
        below = self._depth(getattr(selection, "selection_set", None), known)
        return below + isinstance(selection, FieldNode)

    def _cost(
        self,
        selected: SelectionSetNode | None,
        variables: Mapping[str, Any],
        known: dict[str, int],
    ) -> int:
        if selected is None:
            return 0
        return sum(self._costs(selection, variables, known) for selection in selected.selections)

    def _costs(self, selection: Node, variables: Mapping[str, Any], known: dict[str, int]) -> int:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in known:
                known[name] = self._cost(self._fragments[name].selection_set, variables, known)
            return known[name]
        below = self._cost(getattr(selection, "selection_set", None), variables, known)
        if not isinstance(selection, FieldNode):
            return below
        return 1 + _times(selection, variables) * below


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: _plain(definition.default_value, {})
        for definition in operation.variable_definitions
        if definition.default_value is not None
    }


def _times(field: FieldNode, variables: Mapping[str, Any]) -> int:
    name = field.name.value
    if name == "availability":
        return max(1, _cells(_argument(field, "filter", variables)) // CELLS_FOR_ONE)
    if name not in _PAGED:
        return _TIMES.get(name, 1)
    given = _argument(field, _PAGED[name], variables)
    return max(1, given) if isinstance(given, int) else DEFAULT_PAGE


def _cells(wanted: object) -> int:
    """Days times room types; what can't be read counts as the longest."""
    if not isinstance(wanted, dict):
        return MAX_DAYS * ASSUMED_ROOM_TYPES
    named = wanted.get("roomTypes")
    room_types = ASSUMED_ROOM_TYPES if named is None else 1
    return _days(wanted) * (len(named) if isinstance(named, list) else room_types)


def _days(wanted: Mapping[str, Any]) -> int:
    try:
        days = (date.fromisoformat(wanted["to"]) - date.fromisoformat(wanted["from"])).days
    except (KeyError, TypeError, ValueError):
        return MAX_DAYS
    return min(max(1, days), MAX_DAYS)


def _argument(field: FieldNode, name: str, variables: Mapping[str, Any]) -> Any:
    for argument in field.arguments:
        if argument.name.value == name:
            return _plain(argument.value, variables)
    return None


def _plain(value: Node, variables: Mapping[str, Any]) -> Any:
    """A literal with its variables filled in; whole numbers are cut off after nine digits."""
    match value:
        case VariableNode():
            return variables.get(value.name.value)
        case ObjectValueNode():
            return {each.name.value: _plain(each.value, variables) for each in value.fields}
        case ListValueNode():
            return [_plain(each, variables) for each in value.values]
        case IntValueNode():
            return int(value.value[:9])
    return getattr(value, "value", None)
