"""`pms simulate`."""

import re
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from adapters.outbound.provider_kit.simulation.scenario import ScenarioSimulator
from adapters.outbound.provider_kit.simulation.server.fault_plan import InvalidFault, parse_fault
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.server.webhook_sender import WebhookTargetRefused
from domain.hotel import require_time_zone
from domain.values import Money
from entrypoints.cli.connection_values import read_secret_line
from entrypoints.cli.output import print_json
from entrypoints.local.installed_simulators import load_simulator, simulator_names
from entrypoints.processes.stop_signals import stop_on_signals
from ports.errors import Misconfigured

_OPTIONS: Final = (
    click.option("--bookings", type=click.IntRange(0, 500_000), default=2_000, show_default=True),
    click.option("--seed", type=int, default=1, show_default=True),
    click.option(
        "--days",
        type=click.IntRange(0, 3650),
        default=0,
        help="Days of simulated activity before start.",
    ),
    click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free port."),
    click.option("--currency", default="EUR", show_default=True),
    click.option("--time-zone", default="Europe/Berlin", show_default=True),
    click.option(
        "--fault", "faults", multiple=True, help="Inject a fault, e.g. 429,probability=0.1"
    ),
    click.option(
        "--limit",
        "requests_per_window",
        type=click.IntRange(1),
        help="Limit of requests per 30 seconds.",
    ),
    click.option(
        "--activity-every",
        "--live-every",
        "auto_activity_seconds",
        type=click.FloatRange(0),
        default=0,
        help="Seconds between generated events; 0: none. --live-every is the former name.",
    ),
    click.option(
        "--start-date",
        type=click.DateTime(["%Y-%m-%d"]),
        callback=lambda _context, _option, value: value and value.date(),
        help="Date of the hotel at start.",
    ),
    click.option(
        "--journal", type=click.Path(dir_okay=False, path_type=Path), help="File to resume from."
    ),
    click.option(
        "--webhook-url",
        callback=lambda _context, _option, value: value and _require_no_key(value),
        help="Receiver of webhooks; loopback only. For a URL with a webhook key use "
        "--webhook-url-file.",
    ),
    click.option(
        "--webhook-auth",
        expose_value=False,
        hidden=True,
        callback=lambda _context, _option, value: value and _refuse_secret("--webhook-auth"),
    ),
    click.option(
        "--dialect", help="Protocol variant, if the vendor has several; see its document."
    ),
)
"""Their parameters are the fields of SimulatorOptions."""

_SECRET_FILES: Final = {
    "webhook_url": "File with the receiver's URL.",
    "webhook_auth": "File with user:password of the receiver, for HTTP basic authentication.",
}
"""By the field of SimulatorOptions; the option is the field's name and `-file`."""

_WEBHOOK_KEY: Final = re.compile("/api/pms/[^/]+/webhook/.")


class _SimulatorGroup(click.Group):
    """A command per installed simulator; imports a simulator only to run it."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(simulator_names())

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        return _build_command(cmd_name) if cmd_name in simulator_names() else None


@click.group(cls=_SimulatorGroup)
def simulate() -> None:
    """Simulate a PMS: an HTTP server over a seeded hotel, on this machine only.

    Each prints one JSON line with the settings of a connection, then serves until Ctrl-C. Its
    control endpoints are under /simulator/ and need no credentials.
    """


def _build_command(name: str) -> click.Command:
    @click.command(name, help=f"Simulate the API of {name}.")
    def serve(**options: Any) -> None:
        secrets = {field: options.pop(f"{field}_file") for field in _SECRET_FILES}
        for field, path in secrets.items():
            if path is not None:
                options[field] = read_secret_line(_file_option(field), path)
        _serve_until_stopped(_start(name, SimulatorOptions(**options)))

    files = [
        click.option(_file_option(field), type=click.Path(path_type=Path), help=help_text)
        for field, help_text in _SECRET_FILES.items()
    ]
    for add_option in (*_OPTIONS, *files):
        add_option(serve)
    return serve


def _file_option(field: str) -> str:
    return f"--{field.replace('_', '-')}-file"


def _require_no_key(url: str) -> str:
    """Raises Misconfigured for a URL of our own webhooks: its key is their only proof."""
    if _WEBHOOK_KEY.search(url):
        _refuse_secret("--webhook-url")
    return url


def _refuse_secret(option: str) -> NoReturn:
    raise Misconfigured(
        f"{option}: others on this machine can read arguments, and this is a secret; write it into "
        f"a file and give {option}-file FILE"
    )


def _start(name: str, options: SimulatorOptions) -> ScenarioSimulator:
    """Raises Misconfigured, InvalidField for an option that no simulator accepts."""
    require_time_zone(options.time_zone)
    Money(0, options.currency)
    start_simulator = load_simulator(name)
    try:
        for text in options.faults:
            parse_fault(text)
    except InvalidFault as error:
        raise Misconfigured(f"--fault: {error}") from error
    try:
        return start_simulator(options)
    except WebhookTargetRefused as error:
        raise Misconfigured("--webhook-url: give http:// and an address of this machine") from error
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
        raise Misconfigured(f"--port, --journal: {reason}") from error


def _serve_until_stopped(simulator: ScenarioSimulator) -> None:
    stop_requested = stop_on_signals()
    print_json(dict(simulator.connection_values()))
    stop_requested.wait()
    simulator.stop()
