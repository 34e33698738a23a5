"""What holds when the PMS has been quiet for a while and one sync has run."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.outbound.provider_kit.simulation.scenario import ExpectedBooking
from domain.booking import Booking
from domain.messages import InboxState, ItemKind
from domain.sync_run import SyncKind, SyncStatus
from domain.values import Money
from ports.providers import FOREIGN_PROPERTY
from tests.simulation.failures import require
from tests.simulation.partner import PartnerSimulator
from tests.simulation.world import World

UNDECIDED: Final = ("version_tie", "illegal_transition")
"""Why a valid message may stay in quarantine where there is no API that could decide."""


def finish(world: World) -> None:
    """Lets the world calm down, runs one sync where the hotel has an API, checks everything."""
    world.calm_down()
    world.settle()
    if not world.conditions.is_push_only:
        run_last_sync(world)
    check_all(world)
    if not world.conditions.is_push_only:
        check_idempotence(world)
    if not (world.conditions.is_push_only or world.conditions.is_polled):
        check_drift(world)


def check_drift(world: World) -> None:
    """As `pms verify`: every field of the bookings in the window of the reconcile."""
    verify = world.process("web").container.verify_hotel
    report = world.run("web", lambda: verify(world.connection.id, correlation_id="verify"))
    drifts = report is None or report.drift
    require(not drifts, "the replica equals the PMS", f"{report and report.examples}")


def check_idempotence(world: World) -> None:
    """The same sync again writes no booking."""
    before = dict(world.ledger.bookings)
    run_last_sync(world)
    changed = [name for name, held in world.ledger.bookings.items() if before.get(name) != held]
    require(not changed, "a second sync changes nothing", f"{changed[:5]}")


def run_last_sync(world: World) -> None:
    """For a polled hotel a delta, which must bring everything by itself."""
    kind = SyncKind.DELTA if world.conditions.is_polled else SyncKind.RECONCILE
    before = set(world.ledger.runs)
    world.actions.request_sync(kind.value)
    world.settle()
    new = [run for run_id, run in world.ledger.runs.items() if run_id not in before]
    ended = [run.status for run in new]
    with world.store.unit_of_work() as uow:
        connection = uow.connections.get(world.connection.id)
    suspended = connection is None or connection.is_suspended(world.now)
    require(not suspended, "a healthy connection is synced", f"{connection}")
    completed = SyncStatus.COMPLETED in ended
    require(completed or _has_quarantined(world), "the last sync completes", f"{ended} {new[-1:]}")


def check_all(world: World) -> None:
    require(not world.bugs, "no job fails by a bug", "; ".join(world.bugs))
    check_convergence(world)
    check_inbox(world)
    check_runs(world)
    check_events(world)


def check_convergence(world: World) -> None:
    """The stored bookings equal the hotel's own, read without our adapter."""
    expected = {each.external_id: each for each in world.simulator.expected_bookings()}
    stored = load_bookings(world, expected.keys() | world.ledger.bookings.keys())
    excused = excused_bookings(world)
    problems = [
        f"{name}: {problem}"
        for name in sorted(expected.keys() | stored.keys())
        if name not in excused
        for problem in _differences(world, expected.get(name), stored.get(name))
    ]
    require(not problems, "the replica equals the PMS", "; ".join(problems[:5]))


def load_bookings(world: World, external_ids: Any) -> Mapping[str, Booking]:
    of = world.connection
    with world.store.unit_of_work() as uow:
        return uow.bookings.load(of.hotel_id, of.provider, sorted(external_ids))


def excused_bookings(world: World) -> set[str]:
    """Without an API nobody can decide what is in quarantine, nor between two contents of one
    version."""
    if not world.conditions.is_push_only:
        return set()
    rows = world.ledger.inbox.values()
    held = (row for row in rows if row.state is InboxState.QUARANTINED and row.reason)
    undecided = {row.external_id or "" for row in held if row.reason.code in UNDECIDED}
    simulator = world.simulator
    return undecided | (simulator.tied_ids() if isinstance(simulator, PartnerSimulator) else set())


def _differences(
    world: World, expected: ExpectedBooking | None, stored: Booking | None
) -> Iterator[str]:
    is_gone = stored is None or stored.details.deleted_at_source is not None
    if expected is None:
        if not is_gone and not world.conditions.is_polled:
            yield "is deleted at the PMS, not here"
    elif stored is None:
        if not world.conditions.is_push_only:
            yield "is missing"
    elif is_gone:
        yield "is marked as deleted, the PMS has it"
    else:
        yield from _different_fields(world, expected, stored)


def _different_fields(world: World, expected: ExpectedBooking, stored: Booking) -> Iterator[str]:
    details = stored.details
    pairs: list[tuple[str, object, object]] = [
        ("status", expected.status, details.status),
        ("arrival", expected.arrival, details.stay.arrival),
        ("departure", expected.departure, details.stay.departure),
        ("total", expected.total, details.total),
    ]
    if world.reports_payments:
        pairs += [("paid", expected.paid, details.paid)]
        pairs += [("balance", expected.balance, details.balance)]
    for name, wanted, found in pairs:
        is_reported = wanted is not None or not isinstance(found, Money)
        if is_reported and wanted != found:
            yield f"{name} is {found}, at the PMS {wanted}"


def check_inbox(world: World) -> None:
    """Each row has an outcome; what is done has a result, what is in quarantine a reason."""
    for row in stored_rows(world):
        detail = f"{row.kind} {row.id}: {row.state} {row.outcome} {row.reason}"
        require(row.state is not InboxState.RECEIVED, "each inbox row has an outcome", detail)
        require(row.outcome is not None, "each inbox row has an outcome", detail)
        is_explained = row.state is InboxState.DONE or row.reason is not None
        require(is_explained, "each inbox row has an outcome", detail)
        is_understood = row.reason is None or row.reason.code in (*UNDECIDED, FOREIGN_PROPERTY)
        is_pushed = row.kind is ItemKind.BOOKING and world.conditions.is_push_only
        require(is_understood or not is_pushed, "what is valid is understood", detail)


def stored_rows(world: World) -> Any:
    of = world.connection
    with world.store.unit_of_work() as uow:
        return uow.inbox.page(of.hotel_id, of.provider, after=None, limit=1_000_000)


def check_runs(world: World) -> None:
    """Final, and never a success where anything failed."""
    quarantined = {row.batch_id for row in world.ledger.inbox.values() if _is_refused_item(row)}
    for run in world.ledger.runs.values():
        detail = f"{run.kind} {run.id}: {run.status} {run.error_code} {run.counts}"
        require(run.status.is_final, "each run has an honest outcome", detail)
        failed = run.status is SyncStatus.FAILED
        require(failed == (run.error_code is not None), "each run has an honest outcome", detail)
        complete = run.status is SyncStatus.COMPLETED
        honest = not (complete and (run.id in quarantined or run.counts.quarantined))
        require(honest, "each run has an honest outcome", detail)
        require(run.error_code != "bug", "no job fails by a bug", detail)


def _is_refused_item(row: Any) -> bool:
    return row.state is InboxState.QUARANTINED and row.kind is not ItemKind.NOTIFICATION


def check_events(world: World) -> None:
    """Every stored event was delivered, and the last one of a booking shows its status."""
    ledger = world.ledger
    lost = ledger.messages.keys() - ledger.delivered.keys()
    require(not lost, "each event is delivered", f"{len(lost)} were never delivered")
    for external_id, booking in load_bookings(world, ledger.bookings).items():
        events = [event["data"] for event in ledger.bookings_of_events[external_id]]
        created = [event["change"] for event in events].count("created")
        require(
            created == 1, "each change has its event", f"{external_id}: created {created} times"
        )
        last = events[-1]["status"]
        require(
            last == booking.details.status,
            "each change has its event",
            f"{external_id} is {booking.details.status}, its last event says {last}",
        )


def _has_quarantined(world: World) -> bool:
    return any(_is_refused_item(row) for row in world.ledger.inbox.values())
