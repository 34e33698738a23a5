"""One open connection. The stores use both engines through it; raises errors of the ports only."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from peewee import ModelSelect

from adapters.outbound.persistence.engine.column_values import Row
from adapters.outbound.persistence.engine.tables import Table


class Session(Protocol):
    """Parameters are `%s` in SQL. After an error the transaction can only be rolled back."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...

    def search(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        """`rows`, planned for these parameters each time: which index reads least depends on
        them."""
        ...

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """The number of rows written."""
        ...

    def run_many(self, sql: str, parameters: Sequence[Row]) -> int: ...

    def defer(self, sql: str, parameters: Sequence[Row]) -> None:
        """Runs before the next statement or the commit, and raises its errors there."""
        ...

    def select(self, query: "ModelSelect[Any]") -> list[dict[str, Any]]:
        """Rows by column name, their values converted by the model's fields."""
        ...

    def write(self, query: Any) -> int:
        """Runs a Peewee insert, update or delete; the number of rows written."""
        ...

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Inserts in the given order. Raises AlreadyExists."""
        ...

    def defer_insert(self, table: Table, rows: Sequence[Row]) -> None:
        """`insert` for rows whose ids are new, deferred like `defer`."""
        ...

    def overwrite(self, table: Table, rows: Sequence[Row]) -> int:
        """Overwrites rows that still have the previous revision; the number of rows overwritten."""
        ...

    def in_condition(self, column: str, kind: str) -> str:
        """The condition that `column`, of SQL type `kind`, is one of the values that
        `in_parameter` makes its parameter."""
        ...

    def in_parameter(self, values: Collection[str]) -> Any: ...

    def given(self, table: str, columns: Sequence[str]) -> str:
        """A row source named `given` with these columns of the table, for FROM. Its parameter is
        `json_text` of a list of objects by column name; a missing key is NULL."""
        ...

    def among(self, selection: str) -> str:
        """The condition that a row is one of `FROM … WHERE … LIMIT …` of its own table, by its
        place: no plan reads the others."""
        ...

    def among_each(self, table: str, columns: Sequence[str], selection: str) -> str:
        """`among` for each row of `given` with these columns of the table: `selection`, of rows
        `m`, compares with them; its limit is for each. The parameter of `given` comes first."""
        ...

    def byte_length(self, column: str) -> str:
        """The length of a text column in UTF-8, as an expression."""
        ...

    def lock(self, name: str, *, exclusive: bool) -> None:
        """Until the end of the transaction: one exclusive holder of this name, or many others."""
        ...

    @property
    def nights(self) -> str:
        """The nights of a booking's stay, as an expression; an index has it in this form."""
        ...

    @property
    def current_micros(self) -> str:
        """The database's clock, in microseconds since the epoch, as an expression."""
        ...

    @property
    def for_update(self) -> str:
        """The clause with which a SELECT locks its rows."""
        ...

    @property
    def for_update_skip_locked(self) -> str:
        """The same, without the rows that another transaction has locked."""
        ...

    def begin(self) -> None: ...

    def commit(self) -> None:
        """Raises ConcurrentChange if an earlier statement failed; then nothing is committed."""
        ...

    def rollback(self) -> None: ...

    def is_alive(self) -> bool:
        """False if the connection must not be used again; does not query the server."""
        ...

    def close(self) -> None: ...
