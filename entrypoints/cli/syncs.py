"""`pms sync` and `pms verify`."""

import sys
from threading import Thread

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from application.verify_hotel import DriftReport
from domain.sync import SyncKind, SyncRun, SyncStatus
from entrypoints.cli.opened import connection_of, hotel_named, opened
from entrypoints.cli.output import (
    json_option,
    progress_console,
    say_fields,
    say_json,
    say_rows,
    wants_json,
)
from entrypoints.container import Container


@click.group()
def sync() -> None:
    """Pulling from the provider."""


@sync.command()
@click.argument("connection")
@click.option("--full", is_flag=True, help="Everything, not only what changed.")
@json_option
def run(connection: str, *, full: bool) -> None:
    """Syncs CONNECTION here and now (no queue needed). Exit 1 unless it was COMPLETED."""
    with opened() as container:
        kind = SyncKind.FULL if full else SyncKind.DELTA
        _finish(_carried_out(container, connection, kind))


@sync.command()
@click.argument("connection")
@json_option
def reconcile(connection: str) -> None:
    """Compares the window of stays with the provider and mends ours, deletions included."""
    with opened() as container:
        _finish(_carried_out(container, connection, SyncKind.RECONCILE))


@sync.command()
@click.argument("hotel")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@json_option
def status(hotel: str, *, limit: int) -> None:
    """The latest runs of HOTEL."""
    with opened() as container:
        found = hotel_named(container, hotel)
        runs, total = container.store.queries.sync_runs(found.id, limit=limit)
        if wants_json():
            say_json({"total": total, "runs": [_fields(each) for each in runs]})
        else:
            say_rows([_fields(each) for each in runs], empty="No sync has run yet.")


@click.command()
@click.argument("hotel")
@json_option
def verify(hotel: str) -> None:
    """Our picture of HOTEL against its providers', drift by field. Exit 1 where they differ."""
    with opened() as container:
        found = hotel_named(container, hotel)
        reports = [
            container.verify_hotel(each.id, correlation_id=str(container.ids.new()))
            for each in container.directory.connections_of_hotel(found.id)
            if container.providers.get(each.provider).capabilities.pulls_with(each.settings)
        ]
        rows = [_drift(report) for report in reports]
        say_rows(rows, empty="No connection of this hotel can be asked.")
        if any(report.drift for report in reports):
            sys.exit(1)


def _carried_out(container: Container, connection: str, kind: SyncKind) -> SyncRun:
    """The queued job may run as well: the lease lets only one of them work."""
    found = connection_of(container, connection)
    queued = container.request_sync(found.id, kind, correlation_id=str(container.ids.new()))
    ended: list[SyncRun] = []
    holder = str(container.ids.new())
    worker = Thread(
        target=lambda: ended.append(container.sync_connection(queued.id, holder=holder))
    )
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeElapsedColumn(), console=progress_console()) as progress:
        task = progress.add_task(f"{queued.kind} sync", total=None, told="")
        worker.start()
        while worker.is_alive():
            worker.join(0.3)
            seen = container.store.queries.sync_run(found.hotel_id, queued.id)
            if seen is not None:
                progress.update(task, told=f"{seen.counts.seen} items, {seen.pages} pages")
    return ended[0] if ended else queued


def _finish(run: SyncRun) -> None:
    say_fields(_fields(run))
    if run.status is not SyncStatus.COMPLETED:
        sys.exit(1)


def _fields(run: SyncRun) -> dict[str, object]:
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


def _drift(report: DriftReport) -> dict[str, object]:
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
