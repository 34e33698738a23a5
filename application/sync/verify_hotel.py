"""Compares our bookings with the provider's, without changing either: drift by field."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from application.connections.stored_connections import build_pull_request, load_account
from application.inbox.detect_deletions import unseen_bookings
from application.privacy.erased_identities import load_erased
from domain.booking import Booking
from domain.connection import Connection
from domain.hotel import Hotel
from domain.merge import Advanced, Applied, SnapshotRefused, changed_names
from domain.precedence import Channel, Receipt
from domain.snapshots import BookingSnapshot
from domain.sync_run import SyncKind
from domain.tombstone import leaves_tombstone
from domain.values import ConnectionId
from ports.errors import Unsupported
from ports.providers import Capabilities, Page, ProviderClient, Providers, ReadItem
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory

EXAMPLES: Final = 20


@dataclass(slots=True)
class DriftReport:
    """`missing`: only at the provider. `surplus`: only here. `different`: those that differ;
    `differing`: how many of them per field. `drift`: how many bookings of all these; a booking that
    changes meanwhile may be in several pages, and counts once. `examples`: up to 20.
    `counts_versions`: whether another version of the same content differs."""

    connection_id: ConnectionId
    provider: str
    counts_versions: bool = True
    compared: int = 0
    missing: int = 0
    surplus: int = 0
    unreadable: int = 0
    different: int = 0
    differing: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def drift(self) -> int:
        return self.missing + self.surplus + self.unreadable + self.different

    def add_example(self, external_id: str, difference: str) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{external_id}: {difference}")


@dataclass(frozen=True, slots=True)
class VerifyHotel:
    """Compares the bookings of the reconcile window, erased guests and bookings past the hotel's
    retention aside. Drift that the next sync closes is normal; drift that remains is a fault."""

    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: Clock

    def __call__(self, connection_id: ConnectionId, *, correlation_id: str) -> DriftReport:
        """Raises ConnectionNotFound, Unsupported, ProviderError."""
        connection, hotel, account = load_account(self.unit_of_work, connection_id, correlation_id)
        provider = self.providers.get(connection.provider)
        capabilities = provider.capabilities
        if not capabilities.pulls_with(connection.settings):
            raise Unsupported("this connection is push-only: there is nothing to compare with")
        with closing(provider.open(account)) as client:
            return self._compare(connection, hotel, client, capabilities)

    def _compare(
        self,
        connection: Connection,
        hotel: Hotel,
        client: ProviderClient,
        capabilities: Capabilities,
    ) -> DriftReport:
        report = DriftReport(
            connection.id,
            connection.provider,
            counts_versions=capabilities.delta_filters_by_modification,
        )
        request = build_pull_request(connection, hotel, SyncKind.RECONCILE, now=self.clock.now())
        seen: set[str] = set()
        for page in client.pull(request):
            seen |= self._compare_page(connection, page, report, seen)
        for refs in unseen_bookings(self.unit_of_work, connection, request.window, seen):
            returned: set[str] = set()
            if capabilities.fetches_by_id:
                returned = self._compare_page(connection, client.fetch(refs), report, seen)
            for external_id in sorted({ref.external_id for ref in refs} - returned):
                report.surplus += 1
                report.add_example(external_id, "not returned by the provider")
        return report

    def _compare_page(
        self, connection: Connection, page: Page, report: DriftReport, seen: Set[str]
    ) -> set[str]:
        """Returns the ids of its items. Those of `seen` were compared."""
        own_items = _own_items(page, connection, seen)
        report.unreadable += sum(item.reason is not None for item in own_items)
        scope = (connection.hotel_id, connection.provider)
        with self.unit_of_work() as uow:
            erased = load_erased(uow, *scope, own_items)
            items = [erased.redact(item) for item in own_items]
            snapshots = [i.snapshot for i in items if isinstance(i.snapshot, BookingSnapshot)]
            ours = uow.bookings.load(*scope, {s.external_id for s in snapshots})
            retention = uow.retention.get(connection.hotel_id)
        receipt = Receipt(Channel.RECONCILED, page.observed_at, connection.id, "verify")
        oldest_departure = retention.oldest_departure(self.clock.now())
        for snapshot in _expected(snapshots, ours, oldest_departure):
            _compare(ours.get(snapshot.external_id), snapshot, receipt, report)
        return {item.external_id for item in items if item.external_id}


def _own_items(page: Page, connection: Connection, seen: Set[str]) -> list[ReadItem]:
    return [
        item.refused_if_foreign(connection.property_id)
        for item in page.items
        if item.external_id not in seen
    ]


def _expected(
    snapshots: Sequence[BookingSnapshot],
    ours: Mapping[str, Booking],
    oldest_departure: date | None,
) -> list[BookingSnapshot]:
    """Without those that are not stored for being past retention."""
    return [
        snapshot
        for snapshot in snapshots
        if snapshot.external_id in ours or not snapshot.departs_before(oldest_departure)
    ]


def _compare(
    held: Booking | None, snapshot: BookingSnapshot, receipt: Receipt, report: DriftReport
) -> None:
    report.compared += 1
    if held is not None:
        _count_differences(held, snapshot, receipt, report)
    elif not leaves_tombstone(snapshot):
        report.missing += 1
        report.add_example(snapshot.external_id, "not stored here")


def _count_differences(
    held: Booking, snapshot: BookingSnapshot, receipt: Receipt, report: DriftReport
) -> None:
    """Ages our copy so that the provider's version wins the comparison."""
    aged = replace(held.provenance, observed_at=receipt.observed_at)
    decision = replace(held, provenance=aged).merge(snapshot, receipt, now=receipt.observed_at)
    match decision:
        case Applied(entity=theirs):
            names: Sequence[str] = changed_names(held.details, theirs.details)
        case Advanced() if report.counts_versions:
            names = ("source_version",)
        case SnapshotRefused():
            names = ("status",)
        case _:
            return
    report.different += 1
    report.differing.update(names)
    report.add_example(snapshot.external_id, ", ".join(names))
