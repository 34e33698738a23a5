"""What `pms up` shows: the first syncs as they go, then what is there and what to try."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from domain.sync import SyncRun
from entrypoints.cli.output import progress_console
from entrypoints.demo import DemoHotel
from entrypoints.up import Running, first_sync

_BOOKING: Final = (
    '{"external_id":"B-1","source_version":{"updated_at":"2026-01-01T10:00:00Z"},'
    '"status":"CONFIRMED","stay":{"arrival":"2027-05-01","departure":"2027-05-04"},'
    '"total":{"amount":"412.50","currency":"EUR"}}'
)
_QUERY: Final = (
    '{"query":"{ bookings(first: 3, filter: {status: [CHECKED_IN]}) '
    '{ edges { node { externalId status stay { arrival departure } } } } }"}'
)


def show_first_syncs(up: Running) -> None:
    """Until each has ended; nothing where none is due."""
    queued = [(hotel, run) for hotel in up.demo.hotels if (run := first_sync(up, hotel))]
    if not queued:
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeElapsedColumn(), console=progress_console()) as progress:
        tasks = [
            progress.add_task(_name_of(up, hotel), total=hotel.bookings, told="")
            for hotel, _ in queued
        ]
        while True:
            up.children.require_all()
            runs = [
                _shown(up, progress, task, run)
                for task, (_, run) in zip(tasks, queued, strict=True)
            ]
            if all(run.status.is_final for run in runs):
                break
            up.container.clock.sleep(0.2)
    for (hotel, _), run in zip(queued, runs, strict=True):
        if run.error_code:
            told = (
                f"The first sync of {hotel.slug} failed ({run.error_code}); the next tries again."
            )
            click.echo(told, err=True)


def _name_of(up: Running, hotel: DemoHotel) -> str:
    of = "the simulated hotel" if len(up.demo.hotels) == 1 else hotel.slug
    return f"First sync of {of}"


def _shown(up: Running, progress: Progress, task: TaskID, queued: SyncRun) -> SyncRun:
    """The run as it is now."""
    queries = up.container.store.queries
    run = queries.sync_run(queued.hotel_id, queued.id) or queued
    bookings = queries.count_bookings(queued.hotel_id)
    progress.update(task, completed=bookings, told=f"{bookings} bookings")
    if run.status.is_final:
        progress.update(task, total=bookings)
        progress.stop_task(task)
    return run


def welcome(up: Running) -> str:
    """With working credentials; the commands are of the first hotel."""
    demo, url = up.demo, up.home_url
    pulled = [hotel for hotel in demo.hotels if up.is_pulled(hotel)]
    first = (pulled or demo.hotels)[0]
    reading = _headers(first.partner_key, first.token)
    return f"""
{_who_is_in(demo.hotels)}

  API and its documentation  {url}/api/docs
  GraphQL                    {url}/api/pms/graphql
  Health                     {url}/readyz
  Events as they happen      tail -f {_short(up.events)}
  Logs                       {_short(up.events.parent / "logs")}

{_tokens(up)}
Token for our own format (ingest, read):         {demo.canonical_token}

Try, in another terminal:

# push a booking
curl -s {url}/api/pms/canonical/bookings {_headers(demo.canonical_key, demo.canonical_token)} \\
  -H 'Content-Type: application/json' -d '{_BOOKING}'

# who is in the house
curl -s {url}/api/pms/graphql {reading} \\
  -H 'Content-Type: application/json' -d '{_QUERY}'

{_sync_now(url, first, reading) if pulled else ""}Ctrl-C stops everything."""


def _who_is_in(hotels: Sequence[DemoHotel]) -> str:
    if len(hotels) == 1:
        return "The demo hotel is in. It lives: every few seconds something happens there."
    return (
        f"{len(hotels)} demo hotels are in. They live: every few seconds something happens there."
    )


def _tokens(up: Running) -> str:
    if len(up.demo.hotels) > 1:
        return "".join(f"{_lines_of(up, hotel)}\n" for hotel in up.demo.hotels)
    (hotel,) = up.demo.hotels
    told = f"Token of the simulated {up.capabilities(hotel).title} hotel ({_scopes(up, hotel)}):"
    return f"{told:<48} {hotel.token}"


def _lines_of(up: Running, hotel: DemoHotel) -> str:
    """A key belongs to a provider, a token to one hotel there: a call needs both."""
    capabilities = up.capabilities(hotel)
    place = f"{hotel.time_zone}, {hotel.currency}"
    return (
        f"{hotel.slug:<18} {capabilities.title:<22} {place:<24} {_scopes(up, hotel)}\n"
        f"    key    {hotel.partner_key}\n"
        f"    token  {hotel.token}"
    )


def _scopes(up: Running, hotel: DemoHotel) -> str:
    return "read, sync" if up.is_pulled(hotel) else "read; it pushes, nothing to sync"


def _sync_now(url: str, hotel: DemoHotel, reading: str) -> str:
    return f"""# sync now
curl -s {url}/api/pms/sync {reading} \\
  -H 'Content-Type: application/json' -d '{{"provider":"{hotel.provider}","kind":"delta"}}'

"""


def _headers(key: str, token: str) -> str:
    return f"-H 'X-PMS-Provider-Key: {key}' \\\n  -H 'Authorization: Bearer {token}'"


def _short(path: Path) -> str:
    return os.path.relpath(path)
