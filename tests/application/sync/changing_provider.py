"""A provider whose bookings change, and whose API returns the current ones."""

from collections.abc import Iterator
from datetime import datetime

from adapters.outbound.memory.providers import ScriptedProvider, ScriptedProviderClient
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import SourceVersion, Stay
from ports.providers import Account, Page, PullRequest, Ref, RefKind
from tests.application.use_case_harness import App
from tests.builders import JUNE

PAGE = 2


class ChangingProvider(ScriptedProvider):
    def open(self, account: Account) -> "ChangingClient":
        self.accounts.append(account)
        return ChangingClient(self)

    def change(
        self,
        external_id: str,
        status: BookingStatus,
        *,
        stay: Stay = JUNE,
        at: datetime | None = None,
        notes: str | None = None,
    ) -> BookingSnapshot:
        """Changes a booking; the returned snapshot is what a push would send."""
        snapshot = BookingSnapshot(
            external_id=external_id,
            version=SourceVersion(at or self.clock.now()),
            status=status,
            stay=stay,
            notes=notes,
        )
        self.holds(snapshot)
        return snapshot

    def forget(self, external_id: str) -> None:
        self.held.pop(Ref(RefKind.BOOKING, external_id), None)

    def bookings(self) -> dict[str, BookingSnapshot]:
        return {s.external_id: s for s in self.held.values() if isinstance(s, BookingSnapshot)}


class ChangingClient(ScriptedProviderClient):
    def __init__(self, provider: ChangingProvider) -> None:
        super().__init__(provider)
        self._changing = provider

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """The checkpoint of a page is the last id in it; the cursor is the instant of the start."""
        provider = self._changing
        provider.requests.append(request)
        started = provider.clock.now()
        after = request.checkpoint or ""
        while True:
            self._record_call()
            selected = [s for s in self._selected(request) if s.external_id > after]
            shown, more = selected[:PAGE], len(selected) > PAGE
            after = shown[-1].external_id if shown else after
            yield Page(
                items=[provider.item(s) for s in shown],
                observed_at=provider.clock.now(),
                checkpoint=after if more else None,
                cursor=None if more or request.checkpoint else started.isoformat(),
            )
            if not more:
                return

    def _selected(self, request: PullRequest) -> list[BookingSnapshot]:
        every = sorted(self._changing.bookings().values(), key=lambda s: s.external_id)
        if request.kind is SyncKind.DELTA and request.cursor:
            since = datetime.fromisoformat(request.cursor)
            return [s for s in every if s.version.updated_at >= since]
        return [
            s for s in every if isinstance(s.stay, Stay) and s.stay.dates.overlaps(request.window)
        ]


def changing(app: App) -> ChangingProvider:
    """Replaces the scripted provider of the app by a changing one."""
    provider = ChangingProvider(app.clock, guard=app.store.forbid_io)
    app.provider = provider
    app.providers = type(app.providers)(provider, app.push_only)
    return provider


def synced_provider(app: App, *, bookings: int) -> ChangingProvider:
    """With confirmed bookings B0, B1, ... that a full sync has stored."""
    provider = changing(app)
    for n in range(bookings):
        provider.change(f"B{n}", BookingStatus.CONFIRMED)
    app.run(SyncKind.FULL)
    return provider


def differences(app: App, provider: ChangingProvider) -> list[str]:
    """Differences between our bookings and the provider's."""
    found = []
    theirs = provider.bookings()
    ours = {
        b.external_id: b
        for b in app.store._committed.bookings.values()
        if b.connection_id == app.connection.id
    }
    for external_id in sorted(theirs.keys() | ours.keys()):
        theirs_now, held = theirs.get(external_id), ours.get(external_id)
        if held is None:
            found.append(f"{external_id} is missing")
        elif theirs_now is None:
            if held.details.deleted_at_source is None:
                found.append(f"{external_id} is still there")
        elif (held.details.status, held.details.stay, held.details.notes) != (
            theirs_now.status,
            theirs_now.stay,
            theirs_now.notes,
        ) or held.details.deleted_at_source:
            found.append(f"{external_id} differs")
    return found
