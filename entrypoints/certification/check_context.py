"""What a check works with: simulators, adapter clients, the application, and its expectations."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final, TypeVar

from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.errors import PmsError
from domain.sync_run import SyncKind
from entrypoints.certification.adapter_harness import AdapterHarness, open_adapter_harness
from entrypoints.certification.app_harness import AppHarness, open_app_harness
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.outcomes import (
    CheckFailed,
    CheckNotApplicable,
    catch_error,
    describe_error,
)
from ports.providers import Capabilities

T = TypeVar("T")
E = TypeVar("E", bound=PmsError)

FEW: Final = SimulatorOptions(bookings=60)
"""At least a dozen of them lie in the compared weeks."""
SOME: Final = SimulatorOptions(bookings=150)
"""Enough for every state of a stay."""


@dataclass(slots=True)
class SharedFixtures:
    """Fixtures that several checks share; closed at the end of the run."""

    stack: ExitStack = field(default_factory=ExitStack)
    instances: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class CheckContext:
    """`expectations` counts what the check has verified so far."""

    candidate: Candidate
    capabilities: Capabilities
    stack: ExitStack
    shared: SharedFixtures
    expectations: int = 0

    def expect(self, condition: object, otherwise: str) -> None:
        """Raises CheckFailed with the text `otherwise`."""
        self.expectations += 1
        if not condition:
            raise CheckFailed(otherwise)

    def expect_no_difference(self, difference: str, when: str = "") -> None:
        """`difference`: from `diff_bookings`, empty if there is none."""
        self.expect(not difference, f"{when}: {difference}" if when else difference)

    def expect_injected(self, adapter: AdapterHarness) -> None:
        self.expect(adapter.injected, "the call that lists bookings was never made")

    def expect_complete_pull(self, adapter: AdapterHarness) -> None:
        """A full pull during which the fault is injected."""
        difference = adapter.pull_diff()
        self.expect_injected(adapter)
        self.expect_no_difference(difference)

    def expect_error(
        self, operation: Callable[[], object], *expected: type[E], during: str = "the run"
    ) -> E:
        """The error of one of the `expected` classes that `operation` raises."""
        self.expectations += 1
        error = catch_error(operation)
        if isinstance(error, expected):
            return error
        classes = " or ".join(each.__name__ for each in expected)
        raise CheckFailed(f"{during}: {describe_error(error)} instead of {classes}")

    def require_or_skip(self, value: T | None, reason: str) -> T:
        """`value` if it is truthy; otherwise raises CheckNotApplicable."""
        if not value:
            raise CheckNotApplicable(reason)
        return value

    def count_expectation(self) -> None:
        """For an expectation that was met by an error of the right class."""
        self.expectations += 1

    def adapter(self, options: SimulatorOptions = FEW) -> AdapterHarness:
        """The adapter, connected to a simulator of this check's own."""
        return self.stack.enter_context(open_adapter_harness(self.candidate, options))

    def app(self, options: SimulatorOptions = FEW) -> AppHarness:
        """The application over a database of its own, connected to a simulator; not yet synced."""
        return self.stack.enter_context(open_app_harness(self.adapter(options)))

    def synced_app(self, options: SimulatorOptions = FEW) -> AppHarness:
        """Like `app`, after its first full sync."""
        app = self.app(options)
        app.sync_or_fail(SyncKind.FULL)
        return app

    def shared_app(self, name: str) -> AppHarness:
        """Like `synced_app`; one instance per name."""
        return self.get_or_create(f"app {name}", lambda: self.for_sharing().synced_app(SOME))

    def for_sharing(self) -> "CheckContext":
        """What is opened through it stays open until the end of the run."""
        return CheckContext(self.candidate, self.capabilities, self.shared.stack, self.shared)

    def get_or_create(self, key: str, make: Callable[[], T]) -> T:
        if key not in self.shared.instances:
            self.shared.instances[key] = make()
        found: T = self.shared.instances[key]  # type: ignore[assignment]  # one factory per key
        return found
