"""Where a check takes place: simulators that it starts, clients that it opens, what it expects."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from entrypoints.certification.adapter_harness import AdapterHarness, open_adapter_harness
from entrypoints.certification.app_harness import AppHarness, open_app_harness
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.outcomes import CheckFailed, CheckNotApplicable
from ports.providers import Capabilities

T = TypeVar("T")

FEW: Final = 60
"""Bookings of a hotel: a dozen or more of these weeks."""
SOME: Final = 150
"""Enough for every state that a stay can be in."""


@dataclass(slots=True)
class SharedFixtures:
    """What several checks look at, made by the first that asks; closed at the end of the run."""

    stack: ExitStack = field(default_factory=ExitStack)
    instances: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class CheckContext:
    """`expected`: how often something was looked at."""

    candidate: Candidate
    capabilities: Capabilities
    stack: ExitStack
    shared: SharedFixtures
    expectations: int = 0

    def expect(self, condition: object, otherwise: str) -> None:
        """Raises Failed."""
        self.expectations += 1
        if not condition:
            raise CheckFailed(otherwise)

    def require_or_skip(self, condition: object, why_not: str) -> None:
        """Raises NotApplicable."""
        if not condition:
            raise CheckNotApplicable(why_not)

    def observed(self) -> None:
        """What was looked at came as an error of the right class: that is what was expected."""
        self.expectations += 1

    def adapter(self, options: SimulatorOptions | None = None) -> AdapterHarness:
        """A simulator of this check's own, and a way to it."""
        simulator_options = options or SimulatorOptions(bookings=FEW)
        return self.stack.enter_context(open_adapter_harness(self.candidate, simulator_options))

    def shared_adapter(self, name: str, options: SimulatorOptions) -> AdapterHarness:
        """Like `visit`, shared with all that give the same name."""
        return self.get_or_create(
            f"visit {name}",
            lambda: self.shared.stack.enter_context(open_adapter_harness(self.candidate, options)),
        )

    def app(self, options: SimulatorOptions | None = None) -> AppHarness:
        """The whole application over a database of its own, connected to a simulator."""
        return self.stack.enter_context(_temporary_app(self.adapter(options)))

    def shared_app(self, name: str, bookings: int = SOME) -> AppHarness:
        """Like `house`, synced once and shared with all that give the same name."""

        def instances() -> AppHarness:
            options = SimulatorOptions(bookings=bookings)
            adapter = self.shared.stack.enter_context(open_adapter_harness(self.candidate, options))
            app = self.shared.stack.enter_context(_temporary_app(adapter))
            app.first_sync()
            return app

        return self.get_or_create(f"house {name}", instances)

    def get_or_create(self, key: str, make: Callable[[], T]) -> T:
        if key not in self.shared.instances:
            self.shared.instances[key] = make()
        found: T = self.shared.instances[key]  # type: ignore[assignment]  # one maker to a key
        return found


@contextmanager
def _temporary_app(adapter: AdapterHarness) -> Iterator[AppHarness]:
    with (
        tempfile.TemporaryDirectory(prefix="pms-certify-") as directory,
        open_app_harness(adapter, Path(directory)) as app,
    ):
        yield app


def secrets_among(capabilities: Capabilities, values: Mapping[str, str]) -> dict[str, str]:
    names = {spec.name for spec in capabilities.settings if spec.secret}
    return {name: value for name, value in values.items() if name in names}
