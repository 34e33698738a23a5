"""A package written for version 0.1 works, with a warning for each renamed module and name."""

import importlib
import json
import sys
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound.provider_kit import authoring as pms
from adapters.outbound.provider_kit.simulation import authoring as sim
from adapters.outbound.provider_kit.simulation import scenario
from adapters.outbound.provider_kit.simulation.hotel.records import HotelEvent, HotelEventType
from adapters.outbound.system import SystemClock
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.sync_run import SyncKind
from domain.values import DateRange
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.outcomes import CheckOutcome
from entrypoints.certification.registry import select_checks
from entrypoints.certification.runner import certify
from ports.providers import Capabilities, HotelContext, ProviderTools, PullRequest, ReadItem
from tests.providers.client_harness import account_of, open_client, pull_request
from tests.providers.mews.payloads import SkippingClock, tools

PACKAGE = Path(__file__).parent / "package_v0_1"
OLD_PATHS = (
    "adapters.outbound.provider_kit.simple_rest",
    "adapters.outbound.provider_kit.simulation.options",
    "domain.sync",
)


def unload_old_modules() -> None:
    for name in list(sys.modules):
        if any(name == old or name.startswith(f"{old}.") for old in (*OLD_PATHS, "pms_harbour")):
            del sys.modules[name]


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any, list[str]]]:
    """The package's two modules and the deprecation warnings of their import."""
    monkeypatch.syspath_prepend(PACKAGE)
    unload_old_modules()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adapter = importlib.import_module("pms_harbour.adapter")
        simulator = importlib.import_module("pms_harbour.simulator")
    yield adapter, simulator, [str(w.message) for w in caught if w.category is DeprecationWarning]
    unload_old_modules()


class TestPackageOfVersion01:
    def test_import_warns_of_old_paths_and_names(self, imported: Any) -> None:
        _, _, messages = imported
        for old in (*OLD_PATHS, "simple_rest.vendor", "SimpleWords"):
            assert any(old in message for message in messages), old
        assert all("works until version 0.3" in message for message in messages)

    def test_warnings_have_the_location_in_the_package(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(PACKAGE)
        unload_old_modules()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            importlib.import_module("pms_harbour.simulator")
        unload_old_modules()
        assert {Path(w.filename).name for w in caught} == {"adapter.py", "simulator.py"}

    def test_maps_pushed_bookings(self, imported: Any) -> None:
        adapter, _, _ = imported
        with pytest.deprecated_call(match="SimpleProvider"):
            provider = adapter.provider(tools(SkippingClock()))
        body = json.dumps(
            {
                "id": "R1",
                "state": "booked",
                "checkin": "2026-06-01",
                "checkout": "2026-06-03",
                "category": "dbl",
                "guest": "Lind",
                "changed_at": "2026-05-01T10:00:00Z",
            }
        ).encode()
        context = HotelContext(
            time_zone="Europe/Berlin", currency="EUR", observed_at=SkippingClock().now()
        )
        (item,) = provider.read_items(ItemKind.BOOKING, [body], context, limit=5)
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.external_id == "R1"

    def test_pulls_from_its_simulator(self, imported: Any) -> None:
        adapter, simulator_module, _ = imported
        with pytest.deprecated_call(match="start_simple"):
            simulator = simulator_module.start_simulator(sim.SimulatorOptions(bookings=30))
        try:
            secrets = {spec.name for spec in adapter.VENDOR.specs if spec.secret}
            account = account_of(simulator.connection_values(), secrets)
            with (
                pytest.deprecated_call(match="SimpleProvider"),
                open_client(adapter.provider, account, SkippingClock()) as client,
            ):
                request = pull_request(simulator.hotel.today, SyncKind.FULL)
                items = [item for page in client.pull(request) for item in page.items]
        finally:
            simulator.stop()
        assert len(items) >= 30
        assert [item.reason for item in items if item.reason] == []

    @pytest.mark.filterwarnings("ignore:.*works until version 0.3:DeprecationWarning")
    @pytest.mark.parametrize(
        "group", ["auth", "paging", "fetch", "reading", "money", "delta", "notified"]
    )
    def test_is_certified(self, imported: Any, group: str) -> None:
        adapter, simulator_module, _ = imported
        candidate = Candidate("harbour", adapter.provider, simulator_module.start_simulator)
        report = certify(candidate, select_checks(group), clock=SystemClock())
        assert [result for result in report.results if result.outcome is CheckOutcome.FAILED] == []
        assert any(result.outcome is CheckOutcome.PASSED for result in report.results)

    def test_its_simulator_has_the_old_methods(self, imported: Any) -> None:
        _, simulator_module, _ = imported
        with pytest.deprecated_call(match="start_simple"):
            simulator = simulator_module.start_simulator(sim.SimulatorOptions(bookings=5))
        try:
            with pytest.deprecated_call(match="truth"):
                assert simulator.truth() == simulator.expected_bookings()
            with pytest.deprecated_call(match="given_tokens"):
                assert simulator.given_tokens() == simulator.issued_tokens()
        finally:
            simulator.stop()


class TestNamesOfVersion01:
    @pytest.mark.parametrize("name", ["SimpleVendor", "SimpleProvider", "named"])
    def test_work_in_the_provider_authoring_module(self, name: str) -> None:
        with pytest.deprecated_call(match=name):
            assert getattr(pms, name) is not None

    @pytest.mark.parametrize(
        "name", ["SimpleWords", "SimpleSimulator", "StagedSimulator", "start_simple"]
    )
    def test_work_in_the_simulator_authoring_module(self, name: str) -> None:
        with pytest.deprecated_call(match=name):
            assert getattr(sim, name) is not None

    @pytest.mark.parametrize("module", [pms, sim])
    def test_raise_attribute_error_if_unknown(self, module: Any) -> None:
        with pytest.raises(AttributeError, match="Simplest"):
            _ = module.Simplest

    def test_work_as_keyword_and_attribute_of_read_item(self) -> None:
        old: Any = ReadItem
        with pytest.deprecated_call(match="homes"):
            item = old(kind=ItemKind.BOOKING, raw=b"{}", homes=(("a", "b"),))
        assert item.field_trace == (("a", "b"),)
        with pytest.deprecated_call(match="homes"):
            assert item.homes == (("a", "b"),)

    def test_work_as_keyword_of_capabilities(self) -> None:
        old: Any = Capabilities
        with pytest.deprecated_call(match="tells_deletion"):
            declared = old(
                name="x",
                title="X",
                kinds=frozenset({ItemKind.BOOKING}),
                pulls=True,
                fetches_by_id=True,
                tells_deletion=True,
                webhooks=False,
                day_use=False,
            )
        assert declared.reports_deletions

    def test_work_as_keywords_of_pull_requests(self) -> None:
        old: Any = PullRequest
        first, end = date(2026, 6, 1), date(2026, 6, 30)
        with pytest.deprecated_call(match="stay_from, stay_to"):
            request = old(
                kind=SyncKind.FULL, cursor=None, checkpoint=None, stay_from=first, stay_to=end
            )
        assert request.window == DateRange(first, end)

    def test_work_as_attribute_of_provider_tools(self) -> None:
        provider_tools: Any = tools(SkippingClock())
        assert isinstance(provider_tools, ProviderTools)
        with pytest.deprecated_call(match="vault"):
            assert provider_tools.vault is provider_tools.credential_store

    def test_work_as_keywords_and_attributes_of_simulator_options(self) -> None:
        old: Any = sim.SimulatorOptions
        with pytest.deprecated_call(match="auto_live_seconds"):
            options = old(10, auto_live_seconds=2.0)
        assert (options.bookings, options.auto_activity_seconds) == (10, 2.0)
        with pytest.deprecated_call(match="auto_live_events"):
            assert options.auto_live_events == options.auto_activity_events

    def test_work_in_the_ports_and_the_scenario(self) -> None:
        ports: Any = importlib.import_module("ports.providers")
        with pytest.deprecated_call(match="SecretVault"):
            assert ports.SecretVault is ports.CredentialStore
        with pytest.deprecated_call(match=r"simulation\.stage"):
            stage: Any = importlib.import_module("adapters.outbound.provider_kit.simulation.stage")
        assert stage.perform is scenario.apply_action
        assert stage.book_at_once is scenario.create_bookings_at_once
        sys.modules.pop(stage.__name__)

    def test_work_as_attribute_of_hotel_events(self) -> None:
        event: Any = HotelEvent(HotelEventType.CREATED, "B1", 0)
        with pytest.deprecated_call(match="what"):
            assert event.what is HotelEventType.CREATED

    @pytest.mark.parametrize(
        ("method", "arguments", "expected"),
        [
            ("optional_decimal", ("price",), Decimal("12.50")),
            ("optional_decimal", ("none",), None),
            ("field_decimal", ("missing",), pms.ABSENT),
            ("field_choice", ("state", {"open": 1}), 1),
            ("field_choice", ("missing", {"open": 1}), pms.ABSENT),
            ("optional_money_in", ("EUR", "price"), pms.Money.of(Decimal("12.50"), "EUR")),
            ("date_time_local", ("at",), datetime(2026, 6, 1, 15, 30)),  # noqa: DTZ001 a wall time
            ("optional_date_time_local", ("none",), None),
        ],
    )
    def test_work_as_methods_of_the_reader(
        self, method: str, arguments: tuple[Any, ...], expected: object
    ) -> None:
        values: Any = {
            "price": Decimal("12.50"),
            "state": "open",
            "at": "2026-06-01T15:30:00",
            "none": None,
        }
        reader = pms.Reader(values)
        with pytest.deprecated_call(match=method):
            reading = getattr(reader, method)
        assert reading(*arguments, "target") == expected
        with pytest.deprecated_call(match="homes"):
            homes = getattr(reader, "homes")()  # noqa: B009 mypy knows no old names
        assert set(homes.values()) <= {"target"}

    def test_raise_attribute_error_on_a_reader_if_unknown(self) -> None:
        with pytest.raises(AttributeError, match="field_choices"):
            getattr(pms.Reader({}), "field_choices")  # noqa: B009 mypy knows no old names

    @pytest.mark.parametrize("name", ["mews", "apaleo", "ohip", "cloudbeds", "alpinebits"])
    def test_entry_points_of_installed_metadata_resolve(self, name: str) -> None:
        package = f"adapters.outbound.providers.{name}.simulator"
        old = EntryPoint(name, f"{package}:start_simulator", "pms_adapter.simulators")
        with pytest.deprecated_call(match="start_simulator"):
            start = old.load()
        assert start is importlib.import_module(f"{package}.server").start_simulator
