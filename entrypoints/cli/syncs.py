"""`pms sync` and `pms verify`."""

import sys
from threading import Thread

import click

from application.sync.verify_hotel import DriftReport
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from entrypoints.cli.open_container import get_hotel_by_slug, open_container, resolve_connection
from entrypoints.cli.output import (
    is_json_requested,
    json_option,
    print_fields,
    print_json,
    print_rows,
    progress_display,
)
from entrypoints.wiring.container import Container


@click.group()
def sync() -> None:
    """Run and inspect syncs."""


@sync.command("run")
@click.argument("connection")
@click.option("--full", is_flag=True, help="Pull everything, not only changes.")
@json_option
def run_sync(connection: str, *, full: bool) -> None:
    """Sync CONNECTION now, in this process. Exit 1 unless the run is COMPLETED."""
    with open_container() as container:
        kind = SyncKind.FULL if full else SyncKind.DELTA
        _print_and_exit(_run_sync(container, connection, kind))


@sync.command("reconcile")
@click.argument("connection")
@json_option
def reconcile_connection(connection: str) -> None:
    """Compare all stays in the window with the provider; correct our copy, deletions included."""
    with open_container() as container:
        _print_and_exit(_run_sync(container, connection, SyncKind.RECONCILE))


@sync.command("status")
@click.argument("hotel")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@json_option
def list_sync_runs(hotel: str, *, limit: int) -> None:
    """List the latest sync runs of HOTEL."""
    with open_container() as container:
        found = get_hotel_by_slug(container, hotel)
        runs, total = container.store.queries.sync_runs(found.id, limit=limit)
        if is_json_requested():
            print_json({"total": total, "runs": [_run_fields(each) for each in runs]})
        else:
            print_rows([_run_fields(each) for each in runs], empty="No sync has run yet.")


@click.command("verify")
@click.argument("hotel")
@json_option
def verify_hotel(hotel: str) -> None:
    """Compare our copy of HOTEL with its providers and report drift by field. Exit 1 on drift."""
    with open_container() as container:
        found = get_hotel_by_slug(container, hotel)
        reports = [
            container.verify_hotel(each.id, correlation_id=str(container.ids.new()))
            for each in container.directory.connections_of_hotel(found.id)
            if container.providers.get(each.provider).capabilities.pulls_with(each.settings)
        ]
        rows = [_drift_fields(report) for report in reports]
        print_rows(rows, empty="No connection of this hotel can be pulled.")
        if any(report.drift for report in reports):
            sys.exit(1)


def _run_sync(container: Container, connection: str, kind: SyncKind) -> SyncRun:
    """A worker may start the queued job as well; the lease admits one of the two."""
    found = resolve_connection(container, connection)
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


def _print_and_exit(run: SyncRun) -> None:
    print_fields(_run_fields(run))
    if run.status is not SyncStatus.COMPLETED:
        sys.exit(1)


def _run_fields(run: SyncRun) -> dict[str, object]:
    seconds = None
    if run.started_at and run.finished_at:
        seconds = round((run.finished_at - run.started_at).total_seconds(), 2)
    return {
        "id": run.id,
        "kind": run.kind,
        "trigger": run.trigger,
        "status": run.status,
        **{name: getattr(run.counts, name) for name in run.counts.__slots__},
        "calls": run.transport.calls,
        "retries": run.transport.retries,
        "seconds": seconds,
        "error": run.error_code,
        "detail": run.error_detail,
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
