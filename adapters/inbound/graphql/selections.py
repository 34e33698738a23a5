"""How often a query selects each field, by the list around it."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Final, TypeAlias

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, FragmentSpreadNode
from graphql.language import Node

Selection: TypeAlias = Counter[tuple[str, str]]
"""By list and field. A list is named as the field that has it, the root is "". The field `booking`
is a list of one, `edges`. So is a booking's `guest`: its own lists are `guest.extras` and so on."""

_LISTS: Final = frozenset(
    (
        *("edges", "guest", "rooms", "nightlyPrices", "occupancy", "furtherGuests", "extras"),
        *("statusHistory", "availability", "connections", "runs", "roomTypes", "ratePlans"),
    )
)


class Selections:
    """Of a document, valid or not. A fragment counts at each of its uses, and repeated fields count
    each time although a response has them once. Cyclic and unknown fragments count nothing.
    """

    def __init__(self, document: DocumentNode, *, by_response_name: bool = False) -> None:
        """`by_response_name`: count by the name that a field has in the response, of all lists."""
        self._definitions = document.definitions
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._name: Callable[[FieldNode, str], Any] = _response_name if by_response_name else _name
        self._counted: dict[tuple[str, str], Counter[Any]] = {}

    @cached_property
    def depth(self) -> int:
        return max((self._depth_of(each, {}) for each in self._definitions), default=0)

    def of(self, nodes: Iterable[Node], around: str = "") -> Counter[Any]:
        """What the nodes have below them; `around`: the list that they are in."""
        total: Counter[Any] = Counter()
        for node in nodes:
            total.update(self._below(node, around))
        return total

    def _below(self, node: Node, around: str) -> Counter[Any]:
        total: Counter[Any] = Counter()
        for selected in _selected(node):
            match selected:
                case FragmentSpreadNode():
                    total.update(self._of_fragment(selected.name.value, around))
                case FieldNode():
                    total[self._name(selected, around)] += 1
                    total.update(self._below(selected, list_below(selected, around)))
                case _:
                    total.update(self._below(selected, around))
        return total

    def _of_fragment(self, name: str, around: str) -> Counter[Any]:
        key = (name, around)
        if key not in self._counted:
            self._counted[key] = Counter()
            if name in self._fragments:
                self._counted[key] = self._below(self._fragments[name], around)
        return self._counted[key]

    def _depth_of(self, node: Node, measured: dict[str, int]) -> int:
        """Of a valid document."""
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in measured:
                measured[name] = self._depth_of(self._fragments[name], measured)
            return measured[name]
        below = max((self._depth_of(each, measured) for each in _selected(node)), default=0)
        return below + isinstance(node, FieldNode)


def list_below(node: FieldNode, around: str) -> str:
    """The list that the fields below are in."""
    name = node.name.value
    if name == "booking":
        return "edges"
    if name not in _LISTS:
        return around
    return f"guest.{name}" if around == "guest" else name


def _name(node: FieldNode, around: str) -> tuple[str, str]:
    return around, node.name.value


def _response_name(node: FieldNode, _: str) -> str:
    return (node.alias or node.name).value


def _selected(node: Node) -> Iterable[Node]:
    selection_set = getattr(node, "selection_set", None)
    return selection_set.selections if selection_set else ()
