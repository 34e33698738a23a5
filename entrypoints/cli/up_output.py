"""Output of `pms up`: progress of the first syncs, then addresses, tokens and examples."""

import os
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Final

import click
from rich.progress import Progress, TaskID

from domain.sync_run import SyncRun
from entrypoints.cli.output import progress_display
from entrypoints.local.demo import DemoHotel
from entrypoints.local.installation import LocalInstallation, request_initial_sync

_BOOKING: Final = (
    '{"external_id":"B-1","source_version":{"updated_at":"2026-01-01T10:00:00Z"},'
    '"status":"CONFIRMED","stay":{"arrival":"2027-05-01","departure":"2027-05-04"},'
    '"total":{"amount":"412.50","currency":"EUR"}}'
)
_QUERY: Final = (
    '{"query":"{ bookings(first: 3, filter: {status: [CHECKED_IN]}) '
    '{ edges { node { externalId status stay { arrival departure } } } } }"}'
)


def show_initial_syncs(up: LocalInstallation) -> None:
    """Shows progress until each has finished; returns at once if none is due."""
    queued = [(hotel, run) for hotel in up.demo.hotels if (run := request_initial_sync(up, hotel))]
    if not queued:
        return
    with progress_display() as progress:
        tasks = [
            (progress.add_task(_task_name(up, hotel), total=hotel.bookings, progress_text=""), run)
            for hotel, run in queued
        ]
        runs = _show_progress(up, progress, tasks)
    for (hotel, _), run in zip(queued, runs, strict=True):
        if run.error_code:
            message = f"The first sync of {hotel.slug} failed ({run.error_code}); the next retries."
            click.echo(message, err=True)


def _show_progress(
    up: LocalInstallation, progress: Progress, tasks: Sequence[tuple[TaskID, SyncRun]]
) -> Sequence[SyncRun]:
    """Returns the finished runs."""
    while True:
        up.children.require_running()
        runs = [_update_progress(up, progress, task, run) for task, run in tasks]
        if all(run.status.is_final for run in runs):
            return runs
        up.container.clock.sleep(0.2)


def _task_name(up: LocalInstallation, hotel: DemoHotel) -> str:
    subject = "the simulated hotel" if len(up.demo.hotels) == 1 else hotel.slug
    return f"First sync of {subject}"


def _update_progress(
    up: LocalInstallation, progress: Progress, task: TaskID, queued: SyncRun
) -> SyncRun:
    """Returns the current state of the run."""
    queries = up.container.store.queries
    run = queries.sync_run(queued.hotel_id, queued.id) or queued
    bookings = queries.count_bookings(queued.hotel_id)
    progress.update(task, completed=bookings, progress_text=f"{bookings} bookings")
    if run.status.is_final:
        progress.update(task, total=bookings)
        progress.stop_task(task)
    return run


def format_welcome(up: LocalInstallation) -> str:
    """Has working credentials; its commands use the first hotel."""
    demo, url = up.demo, up.web_url
    pulled = [hotel for hotel in demo.hotels if up.is_pulled(hotel)]
    first = (pulled or demo.hotels)[0]
    read_headers = _headers(first.partner_key, first.token)
    return f"""
{_demo_hotels_line(demo.hotels)}

  API and its documentation  {url}/api/docs
  GraphQL                    {url}/api/pms/graphql
  Health                     {url}/readyz
  Delivered events           tail -f {quote(str(_relative_path(up.events)))}
  Logs                       {_relative_path(up.events.parent / "logs")}

{_token_lines(up)}
Token for the canonical format (ingest, read):        {demo.canonical_token}

Try, in another terminal:

# push a booking
curl -s {url}/api/pms/canonical/bookings {_headers(demo.canonical_key, demo.canonical_token)} \\
  -H 'Content-Type: application/json' -d '{_BOOKING}'

# guests checked in
curl -s {url}/api/pms/graphql {read_headers} \\
  -H 'Content-Type: application/json' -d '{_QUERY}'

{_sync_now(url, first, read_headers) if pulled else ""}Ctrl-C stops everything."""


def _demo_hotels_line(hotels: Sequence[DemoHotel]) -> str:
    if len(hotels) == 1:
        return "The demo hotel is connected; the simulator changes bookings every few seconds."
    return (
        f"{len(hotels)} demo hotels are connected;"
        " the simulators change bookings every few seconds."
    )


def _token_lines(up: LocalInstallation) -> str:
    if len(up.demo.hotels) > 1:
        return "".join(f"{_hotel_lines(up, hotel)}\n" for hotel in up.demo.hotels)
    (hotel,) = up.demo.hotels
    label = f"Token of the simulated {up.capabilities(hotel).title} hotel ({_scopes(up, hotel)}):"
    return f"{label:<48} {hotel.token}"


def _hotel_lines(up: LocalInstallation, hotel: DemoHotel) -> str:
    """A call needs both: a key belongs to a provider, a token to one hotel there."""
    capabilities = up.capabilities(hotel)
    locale = f"{hotel.time_zone}, {hotel.currency}"
    return (
        f"{hotel.slug:<18} {capabilities.title:<22} {locale:<24} {_scopes(up, hotel)}\n"
        f"    key    {hotel.partner_key}\n"
        f"    token  {hotel.token}"
    )


def _scopes(up: LocalInstallation, hotel: DemoHotel) -> str:
    return "read, sync" if up.is_pulled(hotel) else "read; push only, no sync"


def _sync_now(url: str, hotel: DemoHotel, read_headers: str) -> str:
    return f"""# sync now
curl -s {url}/api/pms/sync {read_headers} \\
  -H 'Content-Type: application/json' -d '{{"provider":"{hotel.provider}","kind":"delta"}}'

"""


def _headers(key: str, token: str) -> str:
    return f"-H 'X-PMS-Provider-Key: {key}' \\\n  -H 'Authorization: Bearer {token}'"


def _relative_path(path: Path) -> str:
    return os.path.relpath(path)
