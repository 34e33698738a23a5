"""Conditions of a statement, joined by AND."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from adapters.outbound.persistence.engine.session import Session


@dataclass(slots=True)
class Conditions:
    parts: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def require(self, part: str, *parameters: Any) -> None:
        self.parts.append(part)
        self.parameters += parameters

    def require_equal(self, column: str, value: object) -> None:
        """No condition for None."""
        if value is not None:
            self.require(f"{column} = %s", value)

    def require_one_of(
        self, session: Session, column: str, kind: str, values: Collection[str]
    ) -> None:
        """No condition for no values; `kind` is the column's SQL type."""
        if values:
            parameter = session.in_parameter(sorted(values))
            self.require(session.in_condition(column, kind), parameter)

    def joined(self, other: "Conditions") -> "Conditions":
        return Conditions(self.parts + other.parts, self.parameters + other.parameters)

    def __str__(self) -> str:
        return " AND ".join(self.parts)
