"""What the guide and the scaffold of version 0.1 show: modules, names, parameters, a package."""

import importlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound.provider_kit import authoring as pms
from adapters.outbound.provider_kit.simulation import authoring as sim
from adapters.outbound.provider_kit.simulation.scenario import (
    ScenarioAction,
    apply_action,
    create_bookings_at_once,
)
from domain.values import DateRange
from entrypoints.wiring.settings import inherited_environment
from tests.processes import REPOSITORY

PACKAGE = Path(__file__).parent / "package_generated_by_v0_1"
ENTRY_POINTS = """\
[pms_adapter.providers]
sunrise = pms_sunrise.adapter:provider
[pms_adapter.simulators]
sunrise = pms_sunrise.simulator:start_simulator
"""
KIT = "adapters.outbound.provider_kit"
NAMES = {
    "domain.sync": "BREAKER_BASE BREAKER_CAP BREAKER_THRESHOLD LEASE_TTL WAIT_CAP Breaker"
    " BreakerState Connection ConnectionState ItemOutcome Lease Schedule SyncCounts SyncKind"
    " SyncRun SyncStatus SyncTrigger TransportCounts",
    "ports.conversations": "Answer Claim Conversation ConversingProvider Letter Told",
    f"{KIT}.reader": "Reader",
    f"{KIT}.simple_rest.vendor": "AccountCall Availability Bookings Records SimpleVendor",
    f"{KIT}.simple_rest.webhooks": "HmacSignature UnguessableUrl Webhooks named proven",
    f"{KIT}.simulation.simple_words": "SimpleWords SimulatedCell SimulatedEvent SimulatedStay",
    f"{KIT}.simulation.stage": "Act StagedSimulator TrueBooking VendorMessage book_at_once perform",
}


def run_python(*arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=inherited_environment() | {"PYTHONPATH": f"{REPOSITORY}:{path}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Of the package that `pms provider new` of version 0.1 generated."""
    monkeypatch.syspath_prepend(PACKAGE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module = importlib.import_module("pms_sunrise.simulator")
        running = module.start_simulator(sim.SimulatorOptions(bookings=20))
    yield running
    running.stop()
    for name in [name for name in sys.modules if name.startswith("pms_sunrise")]:
        del sys.modules[name]


class TestOldModule:
    @pytest.mark.parametrize("module", NAMES)
    def test_binds_its_names_as_the_first_import(self, module: str) -> None:
        done = run_python("-W", "always", "-c", f"from {module} import *; print(*dir())")
        assert done.returncode == 0, done.stderr
        assert f"DeprecationWarning: {module} is now" in done.stderr
        assert set(NAMES[module].split()) <= set(done.stdout.split())


class TestOldParameter:
    def test_says_of_an_unguessable_url(self) -> None:
        old: Any = pms.UnguessableUrl
        with pytest.deprecated_call(match=r"UnguessableUrl\(says=\) is now description"):
            proof = old(says="nothing is signed")
        assert proof.description == "nothing is signed"

    @pytest.mark.parametrize("start", ["start_declarative_simulator", "DeclarativeSimulator"])
    def test_words_of_a_declared_simulator(self, simulator: Any, start: str) -> None:
        package = sys.modules["pms_sunrise.simulator"]
        old: Any = getattr(sim, start)
        options = sim.SimulatorOptions(bookings=5)
        with pytest.deprecated_call(match=rf"{start}\(words=\) is now renderer"):
            second = old(vars(package)["VENDOR"], words=vars(package)["WORDS"], options=options)
        second.stop()
        assert second.page_size == simulator.page_size

    def test_life_and_act_of_scenario_functions(self, simulator: Any) -> None:
        perform: Any = apply_action
        with pytest.deprecated_call(match=r"\((act|life)=\) is now act"):
            stay, _ = perform(life=simulator.activity, act=ScenarioAction.BOOK)
        assert stay is not None
        book: Any = create_bookings_at_once
        with pytest.deprecated_call(match=r"\(life=\) is now activity"):
            assert len(book(life=simulator.activity, count=2)) >= 2


class TestOldMember:
    @pytest.mark.parametrize(
        "proof",
        [pms.UnguessableUrl(), pms.SharedSecret(header="x"), pms.HmacSignature(header="x")],
        ids=lambda proof: type(proof).__name__,
    )
    def test_says_of_a_proof(self, proof: Any) -> None:
        with pytest.deprecated_call(match="says is now description"):
            assert proof.says == proof.description

    def test_touched_of_a_reader(self) -> None:
        reader: Any = pms.Reader({"id": "B1"})
        with pytest.deprecated_call(match="touched is now has_reads"):
            assert reader.touched is False

    def test_free_from_and_overlaps_of_a_stay(self) -> None:
        stay = pms.Stay(date(2026, 6, 1), date(2026, 6, 1))
        assert stay.dates == DateRange(date(2026, 6, 1), date(2026, 6, 2))
        with pytest.deprecated_call(match=r"free_from is now dates\.end"):
            assert stay.free_from == date(2026, 6, 2)
        with pytest.deprecated_call(match=r"overlaps is now dates\.overlaps"):
            assert stay.overlaps(stay)

    def test_rooms_of_a_seeded_hotel(self, simulator: Any) -> None:
        hotel = simulator.hotel
        with pytest.deprecated_call(match="truth is now expected_bookings"):
            assert hotel.truth() == hotel.expected_bookings()
        stay = next(each for each in hotel.stays() if each.room_id is not None)
        with pytest.deprecated_call(match="give_room_back is now release_room"):
            hotel.give_room_back(stay)
        assert stay.room_id is None
        with pytest.deprecated_call(match="take_room is now assign_free_room"):
            assert hotel.take_room(stay)

    def test_methods_of_a_declared_simulator(self, simulator: Any) -> None:
        with pytest.deprecated_call(match="perform is now perform_and_queue"):
            assert simulator.perform(ScenarioAction.BOOK) is not None
        assert len(simulator.messages()) == 1
        _, events = apply_action(simulator.activity, ScenarioAction.BOOK)
        with pytest.deprecated_call(match="note is now queue_messages"):
            simulator.note(events)
        (event,) = simulator.render_events(events)
        with pytest.deprecated_call(match="message_of is now build_message"):
            assert [simulator.message_of(event)] == simulator.messages()
        with pytest.deprecated_call(match="one_event_a_message is now"):
            assert simulator.one_event_a_message
        with pytest.deprecated_call(match="relive is now replay_journal"):
            assert simulator.relive() is False
        with pytest.deprecated_call(match="live_by_itself is now start_activity"):
            simulator.live_by_itself(3600, 1)


class TestGeneratedPackage:
    @pytest.fixture
    def installed(self, tmp_path: Path) -> str:
        """A path with the package and the metadata that pip would write."""
        metadata = tmp_path / "pms_provider_sunrise-0.1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Name: pms-provider-sunrise\nVersion: 0.1.0\n")
        (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
        return f"{PACKAGE}:{tmp_path}"

    def test_maps_its_sample(self, installed: str) -> None:
        sample = str(PACKAGE / "samples" / "bookings.json")
        done = run_python(
            "-m", "entrypoints.cli", "map", "sunrise", "bookings", sample, path=installed
        )
        assert done.returncode == 0, done.stderr
        assert '"CONFIRMED"' in done.stdout

    @pytest.mark.parametrize("group", ["auth", "fetch", "reading", "money", "notified"])
    def test_is_certified(self, installed: str, group: str) -> None:
        certify = ("-m", "entrypoints.cli", "provider", "certify", "sunrise", "--only", group)
        done = run_python(*certify, path=installed)
        assert done.returncode == 0, done.stdout + done.stderr
