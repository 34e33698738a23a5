"""The cost of a query: what it really reads, counted before contents are read and rendered.

A field costs 1 in each element of the list around it, and that is about a microsecond. A row, the
bytes of content (which are parsed and rendered) and a field of the root cost what they took when
measured; tests/soak/test_query_cost.py measures the dearest queries.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from graphql import DocumentNode, GraphQLResolveInfo

from adapters.inbound.graphql.query_limits import query_too_large_error
from adapters.inbound.graphql.selections import Selection, Selections, list_below
from application.events.cloud_events import to_camel_case
from application.queries.find_bookings import ContentSize, Part, RecordsSize
from domain.canonical_format import BOOKING, GUEST, RecordShape

ROOT_FIELD_COST: Final = 500
CONTENT_BYTES_PER_UNIT: Final = 40
_ROW_COSTS: Final = {
    "edges": 50,
    "guest": 50,
    "connections": 20,
    "statusHistory": 10,
} | {"availability": 4, "roomTypes": 10, "rooms": 10, "ratePlans": 10}
_ALWAYS_READ: Final = frozenset(("edges",))
"""Also if only `pageInfo` is selected."""
_FIX: Final = "Select fewer fields or elements"


def _content_fields(shape: RecordShape, *columns: str) -> frozenset[str]:
    """Those that are not in `columns`, the fields with a column of their own."""
    return frozenset(to_camel_case(s.name) for s in shape.fields if s.name not in columns)


_BOOKING_CONTENT: Final = frozenset(("guest",)) | _content_fields(
    BOOKING,
    *("external_id", "source_version", "status", "holds_inventory", "source", "stay"),
    *("total", "paid", "balance", "checked_in_at", "checked_out_at", "canceled_at"),
)
_GUEST_CONTENT: Final = _content_fields(GUEST, "external_id", "source_version")
_IDENTITY: Final = frozenset(("idDocumentNumber", "furtherIdDocuments"))
_BOOKING_LISTS: Final = {
    "rooms": "rooms",
    "nightlyPrices": "nightly_prices",
    "occupancy": "occupancy",
    "furtherGuests": "further_guests",
    "extras": "extras",
}


class QueryBudget:
    """What one request may cost, over all fields of its root."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0
        self._selections = Selections(DocumentNode(definitions=()))

    def begin(self, selections: Selections) -> None:
        """With the document that is about to be executed."""
        self._selections = selections

    def root_field(self, info: GraphQLResolveInfo) -> "FieldCost":
        """Of the field that is being resolved. Raises GraphQLError (QUERY_TOO_LARGE)."""
        around = list_below(info.field_nodes[0], "")
        field = FieldCost(self, self._selections.of(info.field_nodes, around))
        self.spend(ROOT_FIELD_COST + field.per_element(""))
        return field

    @property
    def remaining(self) -> int:
        return self.limit - self.spent

    def spend(self, cost: int, fix: str = _FIX) -> None:
        """Raises GraphQLError (QUERY_TOO_LARGE); the cost is not spent then."""
        if cost > self.remaining:
            raise query_too_large_error("a cost of", self.spent + cost, self.limit, f"{fix}.")
        self.spent += cost


class FieldCost:
    """Spends the cost of one field of the root. Raises GraphQLError (QUERY_TOO_LARGE)."""

    def __init__(self, budget: QueryBudget, selection: Selection) -> None:
        self._budget = budget
        self._selection = selection
        self._per_element: Counter[str] = Counter()
        for (around, _), number in selection.items():
            self._per_element[around] += number
        for around in _ALWAYS_READ | self._per_element.keys():
            self._per_element[around] += _ROW_COSTS.get(around, 0)

    def per_element(self, around: str) -> int:
        """The cost of each element of a list; 0 if nothing of it is selected."""
        return self._per_element[around]

    def selects(self, around: str, names: frozenset[str]) -> bool:
        return any((around, name) in self._selection for name in names)

    def affordable(self, around: str) -> int:
        """How many elements of the list the rest of the budget pays for."""
        return self._budget.remaining // max(1, self.per_element(around))

    def spend(self, counts: Mapping[str, int], content_bytes: int = 0, fix: str = _FIX) -> None:
        """`counts`: the number of elements, by list."""
        elements = sum(self.per_element(around) * number for around, number in counts.items())
        repeated = max((n for (around, _), n in self._selection.items() if around), default=1)
        self._budget.spend(elements + content_bytes * repeated // CONTENT_BYTES_PER_UNIT, fix)

    def inspect_bookings(self, sizes: Sequence[ContentSize]) -> Part:
        lists = _BOOKING_LISTS.items()
        counts = {name: sum([getattr(size, kind) for size in sizes]) for name, kind in lists}
        has_content = self.selects("edges", _BOOKING_CONTENT)
        self._spend_rows("edges", sizes, counts, has_content=has_content)
        return Part.CONTENT if has_content else Part.NONE

    def inspect_guests(self, sizes: Sequence[ContentSize]) -> Part:
        counts = {"extras": sum(size.extras for size in sizes)}
        parts = self._guest_parts("edges")
        self._spend_rows("edges", sizes, counts, has_content=Part.CONTENT in parts)
        return parts

    def inspect_booking_guests(self, sizes: Sequence[ContentSize], uses: Counter[str]) -> Part:
        """`uses`: how many bookings have the guest, by external id; each renders it."""
        counts = {"guest.extras": sum(size.extras * uses[size.external_id] for size in sizes)}
        rendered = [size for size in sizes for _ in range(uses[size.external_id])]
        parts = self._guest_parts("guest")
        self._spend_rows("guest", rendered, counts, has_content=Part.CONTENT in parts)
        return parts

    def inspect_records(self, size: RecordsSize) -> None:
        counts = {"roomTypes": size.room_types, "rooms": size.rooms, "ratePlans": size.rate_plans}
        self.spend(counts, size.text_bytes)

    def _guest_parts(self, around: str) -> Part:
        parts = Part.CONTENT if self.selects(around, _GUEST_CONTENT) else Part.NONE
        return parts | Part.IDENTITY if self.selects(around, _IDENTITY) else parts

    def _spend_rows(
        self,
        around: str,
        sizes: Sequence[ContentSize],
        counts: Mapping[str, int],
        *,
        has_content: bool,
    ) -> None:
        content_bytes = sum(size.document_bytes for size in sizes) if has_content else 0
        fix = f"{_FIX}, or a smaller page than {len(sizes)}"
        self.spend({around: len(sizes), **counts}, content_bytes, fix)
