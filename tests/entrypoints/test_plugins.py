import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from adapters.outbound.events.in_process_bus import InProcessEventBus
from domain.messages import OutboxMessage
from entrypoints.local.installed_simulators import load_simulator, simulator_names
from entrypoints.wiring.subscribers import installed_subscribers
from ports.errors import Misconfigured

MESSAGE = OutboxMessage(
    id=UUID(int=1),
    hotel_id=UUID(int=2),
    type="pms.booking.synced",
    ordering_key="booking/B1",
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
    body="{}",
)
RAISING_SOURCES = [
    "class LicenceMissing(Exception): ...\nraise LicenceMissing('none')",
    "from ports.errors import Misconfigured\nraise Misconfigured('no licence')",
    "raise RuntimeError('no licence')",
]
by_raising_source = pytest.mark.parametrize("source", RAISING_SOURCES)
InstallPlugin = Callable[[str, str], None]


@pytest.fixture
def install_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstallPlugin:
    """Installs a distribution of a module `thirdparty_pms` with an entry point `plugin` in a
    group; takes the group and the module's source."""

    def install(group: str, source: str) -> None:
        (tmp_path / "thirdparty_pms.py").write_text(source)
        metadata = tmp_path / "thirdparty_pms-1.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Name: thirdparty-pms\nVersion: 1\n")
        (metadata / "entry_points.txt").write_text(f"[{group}]\nplugin = thirdparty_pms:start\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "thirdparty_pms", raising=False)

    return install


class TestSimulatorPlugin:
    @by_raising_source
    def test_that_raises_is_reported_and_others_still_load(
        self, install_plugin: InstallPlugin, source: str
    ) -> None:
        install_plugin("pms_adapter.simulators", source)
        assert {"plugin", "mews"} <= set(simulator_names())
        with pytest.raises(Misconfigured, match="the simulator thirdparty_pms:start can't be used"):
            load_simulator("plugin")
        assert callable(load_simulator("mews"))


class TestSubscriberPlugin:
    @by_raising_source
    def test_that_raises_rejects_events_and_others_receive_them(
        self, install_plugin: InstallPlugin, source: str
    ) -> None:
        install_plugin("pms_adapter.subscribers", source)
        received: list[OutboxMessage] = []
        bus = InProcessEventBus({**installed_subscribers(), "working": received.append})
        failures = bus.deliver(MESSAGE, to=bus.subscribers)
        assert [(each.subscriber, each.error_code) for each in failures] == [
            ("plugin", "misconfigured")
        ]
        assert received == [MESSAGE]

    def test_receives_events(self, install_plugin: InstallPlugin) -> None:
        install_plugin("pms_adapter.subscribers", "received = []\nstart = received.append")
        InProcessEventBus(installed_subscribers()).deliver(MESSAGE, to=["plugin"])
        assert sys.modules["thirdparty_pms"].received == [MESSAGE]
