"""A provider whose payloads and API follow a script.

One line of a payload is one item: `provider.line(snapshot)` makes a line that reads as this
snapshot, and every other line is an item that can't be understood.
"""

import hmac
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Generic, TypeVar

from adapters.outbound.provider_kit.capabilities import api_capabilities
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot, HotelRecords, Snapshot
from domain.sync_run import TransportCounts
from domain.values import Reason
from ports.errors import PortError, TooManyItems, UnknownProvider, UnreadableMessage
from ports.providers import (
    Account,
    AccountReport,
    Capabilities,
    HotelContext,
    Notification,
    Page,
    Provider,
    PullRequest,
    ReadItem,
    Ref,
    RefKind,
)
from ports.system import Clock, Secrets

P = TypeVar("P", bound=Provider)

SCRIPTED: Final = api_capabilities(name="scripted", title="Scripted", account_settings=("account",))
TRUST_HEADER: Final = "x-scripted-trust"
NOT_IN_SCRIPT: Final = Reason("not_in_script", None, "no line of the script")

Pull = Sequence[Page | PortError]
"""The pages of one pull, in order; an error is raised at its position."""


def _no_guard() -> None: ...


class ScriptedProvider:
    """`guard` is called before each simulated request: pass `store.forbid_io`. The next fetches
    return `answers`, whatever they request; after them the matching items of `held`."""

    def __init__(
        self,
        clock: Clock,
        *,
        guard: Callable[[], None] = _no_guard,
        capabilities: Capabilities = SCRIPTED,
    ) -> None:
        self.clock = clock
        self.guard = guard
        self.capabilities = capabilities
        self.report = AccountReport(
            property_id="P1", property_name="Scripted Hotel", time_zone=None, currency=None
        )
        self.pulls: deque[Pull] = deque()
        self.held: dict[Ref, Snapshot] = {}
        self.records = HotelRecords()
        self.answers: deque[Page] = deque()
        self.refusal: PortError | None = None
        self.open_error: PortError | None = None
        self.accounts: list[Account] = []
        self.requests: list[PullRequest] = []
        self.fetched: list[Sequence[Ref]] = []
        self._lines: dict[bytes, ReadItem] = {}
        self._notifications: dict[bytes, Notification] = {}

    def line(self, snapshot: Snapshot) -> bytes:
        """A line that is read as this snapshot; a payload is lines joined by line feeds."""
        raw = f"{type(snapshot).__name__} {len(self._lines)}".encode()
        self.set_snapshot(raw, snapshot)
        return raw

    def item(self, snapshot: Snapshot) -> ReadItem:
        """An item for the pages of a pull."""
        return self._lines[self.line(snapshot)]

    def set_snapshot(self, raw: bytes, snapshot: Snapshot) -> None:
        """From now on this line is read as the snapshot, as if the mapping was fixed."""
        item = ReadItem(
            kind=_kind(snapshot),
            raw=raw,
            external_id=snapshot.external_id,
            snapshot=snapshot,
        )
        self.set_item(item)

    def set_item(self, item: ReadItem) -> None:
        """From now on its text is read as this item."""
        self._lines[item.raw] = item

    def notification(self, notification_value: Notification) -> bytes:
        body = f"Notification {len(self._notifications)}".encode()
        self._notifications[body] = notification_value
        return body

    def holds(self, *snapshots: Snapshot) -> None:
        """`fetch` returns these from now on, instead of earlier ones of the same ids."""
        self.held |= {_ref(snapshot): snapshot for snapshot in snapshots}

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,  # noqa: ARG002  the script contains everything
        *,
        limit: int,
        explain: bool = False,  # noqa: ARG002  a script has no source paths
    ) -> Sequence[ReadItem]:
        lines = bodies[0].split(b"\n")
        if not all(lines):
            raise UnreadableMessage
        if len(lines) > limit:
            raise TooManyItems
        unknown = ReadItem(kind=kind, raw=b"", reason=NOT_IN_SCRIPT)
        return [self._lines.get(line, replace(unknown, raw=line)) for line in lines]

    def read_notification(
        self,
        body: bytes,
        context: HotelContext,  # noqa: ARG002  the script contains everything
    ) -> Notification:
        if body not in self._notifications:
            raise UnreadableMessage
        return self._notifications[body]

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        given, wanted = headers.get(TRUST_HEADER, ""), secrets.get("trust", "")
        return hmac.compare_digest(given.encode(), wanted.encode())

    def open(self, account: Account) -> "ScriptedProviderClient":
        if self.open_error is not None:
            raise self.open_error
        self.accounts.append(account)
        return ScriptedProviderClient(self)


class ScriptedProviderClient:
    """A pull without a script returns one empty page with the request's cursor."""

    def __init__(self, provider: ScriptedProvider) -> None:
        self._provider = provider
        self._calls = 0

    def check(self) -> AccountReport:
        self._record_call()
        return self._provider.report

    def pull(self, request: PullRequest) -> Iterator[Page]:
        self._provider.requests.append(request)
        for page in _pages_after(self._script(request), request.checkpoint):
            self._record_call()
            if isinstance(page, PortError):
                raise page
            yield page

    def fetch(self, refs: Sequence[Ref]) -> Page:
        self._record_call()
        provider = self._provider
        provider.fetched.append(refs)
        if provider.answers:
            return provider.answers.popleft()
        found = [snapshot for ref, snapshot in provider.held.items() if _is_requested(ref, refs)]
        wants_records = any(ref.kind is RefKind.RECORDS for ref in refs)
        return Page(
            items=[provider.item(snapshot) for snapshot in found],
            observed_at=provider.clock.now(),
            records=provider.records if wants_records else HotelRecords(),
        )

    def counts(self) -> TransportCounts:
        return TransportCounts(calls=self._calls)

    def close(self) -> None:
        """Nothing to release."""

    def _script(self, request: PullRequest) -> Pull:
        if self._provider.pulls:
            return self._provider.pulls.popleft()
        return [Page(items=(), observed_at=self._provider.clock.now(), cursor=request.cursor)]

    def _record_call(self) -> None:
        self._provider.guard()
        self._calls += 1
        if self._provider.refusal is not None:
            raise self._provider.refusal


class FixedProviders(Generic[P]):
    def __init__(self, *providers: P) -> None:
        self._providers = {p.capabilities.name: p for p in providers}

    def get(self, name: str) -> P:
        if name not in self._providers:
            raise UnknownProvider(provider=name)
        return self._providers[name]

    def all(self) -> Sequence[P]:
        return list(self._providers.values())


def _pages_after(pages: Pull, checkpoint: str | None) -> Pull:
    marks = [page.checkpoint if isinstance(page, Page) else None for page in pages]
    return pages[marks.index(checkpoint) + 1 :] if checkpoint and checkpoint in marks else pages


def _kind(snapshot: Snapshot) -> ItemKind:
    if isinstance(snapshot, BookingSnapshot):
        return ItemKind.BOOKING
    return ItemKind.GUEST if isinstance(snapshot, GuestSnapshot) else ItemKind.AVAILABILITY


def _ref(snapshot: Snapshot) -> Ref:
    return Ref(RefKind(_kind(snapshot).value), snapshot.external_id)


def _is_requested(held: Ref, refs: Sequence[Ref]) -> bool:
    return held in refs or Ref(held.kind) in refs
