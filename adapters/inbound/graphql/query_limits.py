"""Limits of a query's text: size before validation, which is slow on hostile documents; then depth.

What a query really reads is bounded while it is executed: query_cost.py.
"""

from typing import Any, Final

from graphql import DocumentNode, FieldNode, FloatValueNode, GraphQLError, IntValueNode
from graphql.language import DirectiveNode, Node, Visitor, visit

from adapters.inbound.graphql.selections import Selections
from adapters.inbound.graphql.use_cases import GraphQLOptions

MAX_DIGITS: Final = 40
_SPLIT: Final = "Split the query."


def query_too_large_error(what: str, found: int, limit: int, fix: str = _SPLIT) -> GraphQLError:
    message = f"The query has {what} {found}; the limit is {limit}. {fix}"
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
        elif isinstance(node, IntValueNode | FloatValueNode) and len(node.value) > MAX_DIGITS:
            # graphql-core fails to convert more than 4,300.
            message = f"Send numbers of at most {MAX_DIGITS} digits."
            raise GraphQLError(message, node, extensions={"code": "bad_value"})


def require_size_within_limits(document: DocumentNode, options: GraphQLOptions) -> None:
    """Of a parsed document that is not yet validated. Raises GraphQLError."""
    counter = _NodeCounter()
    visit(document, counter)
    if counter.aliases > options.max_aliases:
        raise query_too_large_error("aliases:", counter.aliases, options.max_aliases)
    if counter.directives > options.max_directives:
        raise query_too_large_error("directives:", counter.directives, options.max_directives)
    if (pairs := _count_comparisons(document)) > options.max_comparisons:
        raise query_too_large_error("pairs of repeated fields:", pairs, options.max_comparisons)


def _count_comparisons(document: DocumentNode) -> int:
    """Of fields with one response name: validation compares each with each, in every definition
    with the fragments that it uses."""
    selections = Selections(document, by_response_name=True)
    numbers = [n for each in document.definitions for n in selections.of([each]).values()]
    return sum(number * (number - 1) // 2 for number in numbers)


def require_depth_within_limits(selections: Selections, options: GraphQLOptions) -> None:
    """Of a valid document. Raises GraphQLError."""
    if selections.depth > options.max_depth:
        raise query_too_large_error("a depth of", selections.depth, options.max_depth)
