"""`pms sync` and `pms verify`."""

import sys
from dataclasses import asdict
from threading import Thread
from uuid import UUID

import click

from application.connections.find_connections import connection_health
from application.errors import NotFound
from application.sync.verify_hotel import DriftReport
from domain.connection import Connection
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from entrypoints.cli.open_container import open_connection, open_hotel
from entrypoints.cli.output import (
    JsonCommand,
    JsonCommandGroup,
    is_json_requested,
    print_fields,
    print_json,
    print_rows,
    progress_display,
)
from entrypoints.cli.vendor_responses import response_fields
from entrypoints.wiring.container import Container


@click.group(cls=JsonCommandGroup)
def sync() -> None:
    """Run and inspect syncs."""


@sync.command("run")
@click.argument("connection")
@click.option("--full", is_flag=True, help="Pull everything, not only changes.")
def run_sync(connection: str, *, full: bool) -> None:
    """Sync CONNECTION now, in this process. Exit 1 unless the run is COMPLETED."""
    _run_and_print(connection, SyncKind.FULL if full else SyncKind.DELTA)


@sync.command("reconcile")
@click.argument("connection")
def reconcile_connection(connection: str) -> None:
    """Compare all stays in the window with the provider; correct our copy, deletions included."""
    _run_and_print(connection, SyncKind.RECONCILE)


@sync.command("status")
@click.argument("hotel")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@click.option("--after", metavar="CURSOR", help="Continue the list that ended with this cursor.")
def list_sync_runs(hotel: str, *, limit: int, after: str | None) -> None:
    """List the latest sync runs of HOTEL."""
    with open_hotel(hotel) as (container, found):
        page = container.find_sync_runs.of_hotel(found.id, first=limit, after=after)
        rows = [_run_fields(each) for each in page.rows]
        if is_json_requested():
            connections = container.directory.connections_of_hotel(found.id)
            health = [
                connection_health(each, is_hotel_enabled=found.enabled) for each in connections
            ]
            print_json({"runs": rows, "next_after": page.next_cursor, "connections": health})
            return
        print_rows(rows, empty="No sync has run yet.")
        if page.next_cursor:
            click.echo(f"Older runs: --after {page.next_cursor}")


@sync.command("show")
@click.argument("hotel")
@click.argument("run_id", metavar="RUN", type=click.UUID)
@click.option(
    "--vendor-message",
    is_flag=True,
    help="With the provider's error response in full, which may contain personal data.",
)
def show_sync_run(hotel: str, run_id: UUID, *, vendor_message: bool) -> None:
    """Show the sync run RUN of HOTEL."""
    with open_hotel(hotel) as (container, found):
        run = container.store.queries.sync_run(found.id, run_id)
        if run is None:
            raise NotFound(f"hotel '{hotel}' has no run {run_id}; see `pms sync status {hotel}`")
        response: dict[str, object] = {}
        if vendor_message:
            response = response_fields(container.reveal_vendor_response(found.id, run_id))
        print_fields(_run_fields(run) | response)


@click.command("verify", cls=JsonCommand)
@click.argument("hotel")
def verify_hotel(hotel: str) -> None:
    """Compare our copy of HOTEL with its providers and report drift by field. Exit 1 on drift."""
    with open_hotel(hotel) as (container, found):
        reports = [
            container.verify_hotel(each.id, correlation_id=str(container.ids.new()))
            for each in container.directory.connections_of_hotel(found.id)
            if container.providers.get(each.provider).capabilities.pulls_with(each.settings)
        ]
        rows = [_drift_fields(report) for report in reports]
        print_rows(rows, empty="No connection of this hotel can be pulled.")
        if any(report.drift for report in reports):
            sys.exit(1)


def _run_and_print(connection: str, kind: SyncKind) -> None:
    with open_connection(connection) as (container, found):
        run = _run_sync(container, found, kind)
        print_fields(_run_fields(run))
        if run.status is not SyncStatus.COMPLETED:
            sys.exit(1)


def _run_sync(container: Container, found: Connection, kind: SyncKind) -> SyncRun:
    """A worker may start the queued job as well; the lease admits one of the two."""
    queued = container.request_sync(found.id, kind, correlation_id=str(container.ids.new()))
    finished_runs: list[SyncRun] = []
    holder = str(container.ids.new())
    worker = Thread(
        target=lambda: finished_runs.append(container.sync_connection(queued.id, holder=holder))
    )
    with progress_display() as progress:
        task = progress.add_task(f"{queued.kind} sync", total=None, progress_text="")
        worker.start()
        while worker.is_alive():
            worker.join(0.3)
            seen = container.store.queries.sync_run(found.hotel_id, queued.id)
            if seen is not None:
                progress.update(task, progress_text=f"{seen.counts.seen} items, {seen.pages} pages")
    return finished_runs[0] if finished_runs else queued


def _run_fields(run: SyncRun) -> dict[str, object]:
    seconds = None
    if run.started_at and run.finished_at:
        seconds = round((run.finished_at - run.started_at).total_seconds(), 2)
    return {
        "id": run.id,
        "kind": run.kind,
        "trigger": run.trigger,
        "status": run.status,
        **asdict(run.counts),
        "calls": run.transport.calls,
        "retries": run.transport.retries,
        "seconds": seconds,
        "folded_runs": run.folded_runs,
        "idle_since": run.idle_since,
        "error": run.error_code,
        "path": run.error_path,
        "detail": run.error_detail,
        "vendor_message": run.vendor_message,
    }


def _drift_fields(report: DriftReport) -> dict[str, object]:
    return {
        "connection": report.connection_id,
        "provider": report.provider,
        "compared": report.compared,
        "drift": report.drift,
        "missing": report.missing,
        "surplus": report.surplus,
        "unreadable": report.unreadable,
        "fields": [f"{name}: {number}" for name, number in sorted(report.differing.items())],
        "examples": report.examples,
    }
