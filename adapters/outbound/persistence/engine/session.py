"""One open connection, the same to the stores on both engines; raises our errors only."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol, TypeVar

from peewee import Model, ModelSelect

from adapters.outbound.persistence.engine.column_values import Row
from adapters.outbound.persistence.engine.tables import Table

M = TypeVar("M", bound=Model)


class Session(Protocol):
    """SQL has `%s` for each parameter. After an error the transaction can only be rolled back."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """How many rows it touched."""
        ...

    def run_many(self, sql: str, parameters: Sequence[Row]) -> int: ...

    def defer(self, sql: str, parameters: Sequence[Row]) -> None:
        """Written before any later statement and before the commit; so are its errors raised."""
        ...

    def select(self, query: "ModelSelect[M]") -> list[M]: ...

    def write(self, query: Any) -> int:
        """A Peewee insert, update or delete; how many rows it touched."""
        ...

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """In the order given. Raises AlreadyExists."""
        ...

    def defer_insert(self, table: Table, rows: Sequence[Row]) -> None:
        """As `insert`, for rows with new ids of ours; errors are raised as late as by `later`."""
        ...

    def overwrite(self, table: Table, rows: Sequence[Row]) -> int:
        """Those whose row has the revision before theirs; how many that were."""
        ...

    def in_condition(self, column: str, kind: str) -> str:
        """The condition that `column` is one of the values that `listing` makes a parameter."""
        ...

    def in_parameter(self, values: Collection[str]) -> Any: ...

    @property
    def for_update(self) -> str:
        """What makes a SELECT lock its rows."""
        ...

    @property
    def for_update_skip_locked(self) -> str:
        """The same, leaving out rows that another transaction has locked."""
        ...

    def begin(self) -> None: ...

    def commit(self) -> None:
        """Raises ConcurrentChange where an earlier statement failed: nothing was committed."""
        ...

    def rollback(self) -> None: ...

    def is_alive(self) -> bool:
        """Without asking the server; False where the connection should not be used again."""
        ...

    def close(self) -> None: ...
