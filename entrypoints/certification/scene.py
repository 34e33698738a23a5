"""Where a check takes place: simulators that it starts, clients that it opens, what it expects."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.endings import Failed, NotApplicable
from entrypoints.certification.house import House, opened_house
from entrypoints.certification.visit import Visit, visiting
from ports.providers import Capabilities

T = TypeVar("T")

FEW: Final = 60
"""Bookings of a hotel: a dozen or more of these weeks."""
SOME: Final = 150
"""Enough for every state that a stay can be in."""


@dataclass(slots=True)
class Shared:
    """What several checks look at, made by the first that asks; closed at the end of the run."""

    stack: ExitStack = field(default_factory=ExitStack)
    made: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Scene:
    """`expected`: how often something was looked at."""

    candidate: Candidate
    capabilities: Capabilities
    stack: ExitStack
    shared: Shared
    expected: int = 0

    def expect(self, condition: object, otherwise: str) -> None:
        """Raises Failed."""
        self.expected += 1
        if not condition:
            raise Failed(otherwise)

    def skip_unless(self, condition: object, why_not: str) -> None:
        """Raises NotApplicable."""
        if not condition:
            raise NotApplicable(why_not)

    def seen(self) -> None:
        """What was looked at came as an error of the right class: that is what was expected."""
        self.expected += 1

    def visit(self, options: SimulatorOptions | None = None) -> Visit:
        """A simulator of this check's own, and a way to it."""
        asked = options or SimulatorOptions(bookings=FEW)
        return self.stack.enter_context(visiting(self.candidate, asked))

    def shared_visit(self, name: str, options: SimulatorOptions) -> Visit:
        """Like `visit`, shared with all that give the same name."""
        return self.once(
            f"visit {name}",
            lambda: self.shared.stack.enter_context(visiting(self.candidate, options)),
        )

    def house(self, options: SimulatorOptions | None = None) -> House:
        """The whole application over a database of its own, connected to a simulator."""
        return self.stack.enter_context(_housed(self.visit(options)))

    def shared_house(self, name: str, bookings: int = SOME) -> House:
        """Like `house`, synced once and shared with all that give the same name."""

        def made() -> House:
            options = SimulatorOptions(bookings=bookings)
            visit = self.shared.stack.enter_context(visiting(self.candidate, options))
            house = self.shared.stack.enter_context(_housed(visit))
            house.first_sync()
            return house

        return self.once(f"house {name}", made)

    def once(self, key: str, make: Callable[[], T]) -> T:
        if key not in self.shared.made:
            self.shared.made[key] = make()
        found: T = self.shared.made[key]  # type: ignore[assignment]  # one maker to a key
        return found


@contextmanager
def _housed(visit: Visit) -> Iterator[House]:
    with (
        tempfile.TemporaryDirectory(prefix="pms-certify-") as home,
        opened_house(visit, Path(home)) as house,
    ):
        yield house


def secrets_among(capabilities: Capabilities, values: Mapping[str, str]) -> dict[str, str]:
    names = {spec.name for spec in capabilities.settings if spec.secret}
    return {name: value for name, value in values.items() if name in names}
