"""What the documents say of the code in tables and diagrams, written from the code.

`python -m tests.architecture.generated_blocks` rewrites the blocks; `test_documents.py` compares
them.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from configparser import ConfigParser
from dataclasses import fields
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

from adapters.inbound.graphql.executable_schema import SDL
from adapters.inbound.graphql.use_cases import GraphQLOptions
from adapters.inbound.rest.problems import STATUS_OF_CODE, STATUS_OF_KIND
from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import InMemoryRateBudget
from adapters.outbound.provider_kit.simulation.server.fault_plan import STATUS_KINDS, FaultKind
from adapters.outbound.providers.mews.capabilities import CAPABILITIES
from adapters.outbound.providers.mews.mapping.code_tables import (
    HOLDING_STATES,
    NO_SHOW_REASON,
    STATES,
)
from application.events.relay_outbox import LEADER_LEASE_TTL
from application.ingest.idempotent_requests import KEY_RETENTION
from application.sync.schedule_syncs import (
    QUARANTINE_RETENTION,
    TOMBSTONE_RETENTION,
    VENDOR_TEXT_RETENTION,
)
from domain.breaker import BREAKER_THRESHOLD
from domain.canonical_format import RecordShape
from domain.errors import PmsError
from domain.retention import DEFAULT_RETENTION, MIN_INBOX_DAYS
from domain.schedule import Schedule
from domain.status import TRANSITIONS, BookingStatus, TransitionKind
from domain.sync_run import LEASE_TTL
from entrypoints.certification.registry import CHECKS
from entrypoints.wiring.installed_providers import GROUP, InstalledProviders
from entrypoints.wiring.settings import PREFIX, Settings
from ports.providers import Capabilities, ProviderTools
from tests.architecture import canonical_blocks
from tests.architecture.capability_table import PROVIDERS, rows
from tests.architecture.event_blocks import event_rows
from tests.certification.broken import ALL as BROKEN

ROOT = Path(__file__).parents[2]
PRODUCT = ("domain", "ports", "application", "adapters", "entrypoints")
VALUE = re.compile(r"(<!-- value: ([a-z_]+) -->)(.*?)(<!-- /value -->)")
BLOCK = re.compile(
    r"((?:<!--|#) generated: ([a-z-]+)(?: -->)?\n)(.*?)((?:<!--|#) end generated)", re.DOTALL
)
STATUSES = {kind.name for kind in STATUS_KINDS}
FAMILIES = {"error", "domain_error", "port_error", "application_error", "provider_error"}
"""Roots that only their subclasses are raised of."""


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def files_with_blocks() -> list[Path]:
    return [*documents(), SDL]


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell or ' ' for cell in line)} |\n" for line in lines)


def code(text: str) -> str:
    return f"`{text}`"


def first_line(documented: type) -> str:
    return (documented.__doc__ or "").strip().split("\n")[0]


def transitions_diagram() -> str:
    drawn = [
        _diagram(TransitionKind.FORWARD, [f"[*] --> {status}" for status in BookingStatus]),
        _diagram(TransitionKind.CORRECTION, []),
    ]
    return "\n".join(drawn)


def _diagram(kind: TransitionKind, beginnings: list[str]) -> str:
    arrows = [f"{a} --> {b}" for (a, b), found in TRANSITIONS.items() if found is kind]
    lines = [f"%% {kind}", *beginnings, *arrows]
    return "```mermaid\nstateDiagram-v2\n" + "".join(f"    {line}\n" for line in lines) + "```\n"


def transitions_table() -> str:
    rows = [
        (f"**{a}**", *("·" if a is b else str(TRANSITIONS[a, b]) for b in BookingStatus))
        for a in BookingStatus
    ]
    return table(("from \\ to", *BookingStatus), rows)


def imported_product() -> None:
    """Every module, so that every subclass is known."""
    for package in PRODUCT:
        top = importlib.import_module(package)
        for name in _modules_below(top):
            if not name.endswith("__main__") and ".migrations." not in name:
                with warnings.catch_warnings(category=DeprecationWarning, action="ignore"):
                    importlib.import_module(name)


def _modules_below(package: ModuleType) -> Iterator[str]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield found.name


def error_classes(root: type[PmsError] = PmsError) -> Iterator[type[PmsError]]:
    if root.__module__.split(".")[0] in PRODUCT:
        yield root
    for below in root.__subclasses__():
        yield from error_classes(below)


def errors_table() -> str:
    imported_product()
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for error in error_classes():
        if error.code not in FAMILIES:
            key = (error.code, first_line(error))
            rows[key] = (code(error.code), error.kind.value, _status(error), first_line(error))
    return table(("code", "kind", "HTTP", "when"), [rows[key] for key in sorted(rows)])


def _status(error: type[PmsError]) -> str:
    if error.__module__.startswith("entrypoints."):
        return "command line"
    return str(STATUS_OF_CODE.get(error.code, STATUS_OF_KIND[error.kind]).value)


def kinds_table() -> str:
    rows = [
        (kind.value, f"{status.value} {HTTPStatus(status).phrase}")
        for kind, status in STATUS_OF_KIND.items()
    ]
    return table(("kind", "HTTP unless the code says otherwise"), rows)


def events_table() -> str:
    titles = ("type", "in `domain/events.py`", "in `data`, beyond what every event has")
    return table(titles, list(event_rows()))


def graphql_limits() -> str:
    limits = [spec for spec in fields(GraphQLOptions) if spec.name.startswith("max_")]
    rows = [
        (spec.name.removeprefix("max_").replace("_", " "), str(spec.default)) for spec in limits
    ]
    return table(("what", "at most"), rows)


def settings_table() -> str:
    rows = [
        (
            code(f"{PREFIX}{spec.name.upper()}"),
            _default(spec.default),
            str(spec.metadata["meaning"]),
        )
        for spec in fields(Settings)
    ]
    return table(("variable", "default", "meaning"), rows)


def _default(value: object) -> str:
    if value in ("", frozenset()):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def provider_names() -> dict[str, str]:
    """Those that setup.cfg installs, with where they are."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options.entry_points"][GROUP].strip().splitlines()
    return {name.strip(): target.strip() for name, _, target in (x.partition("=") for x in lines)}


def installed_providers() -> InstalledProviders:
    clock = FrozenClock()
    tools = ProviderTools(
        clock=clock, randomness=ScriptedRandomness(), budget=InMemoryRateBudget(clock)
    )
    plugins = [EntryPoint(name, target, GROUP) for name, target in provider_names().items()]
    return InstalledProviders(tools, plugins=plugins)


def providers_table() -> str:
    found = installed_providers().all()
    rows = [_capable(provider.capabilities) for provider in found]
    head = ("Provider", "Product", "Pulls", "Webhooks", "Reports deletions", "Delta has payments")
    return table(head, rows)


def _capable(can: Capabilities) -> tuple[str, ...]:
    answers = (can.pulls, can.webhooks, can.reports_deletions, can.delta_reports_payments)
    return (code(can.name), can.title, *("yes" if answer else "no" for answer in answers))


def package_tree() -> str:
    """One line per package: the first paragraph of its docstring."""
    lines = []
    for package in PRODUCT:
        for folder in sorted({path.parent for path in (ROOT / package).rglob("__init__.py")}):
            parts = folder.relative_to(ROOT).parts
            lines.append(f"| `{'/'.join(parts)}/` | {_package_summary(folder)} |\n")
    return f"| Package | Purpose |\n| --- | --- |\n{''.join(lines)}"


def _package_summary(folder: Path) -> str:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def stated_values() -> dict[str, str]:
    """Defaults that documents state in a sentence: `<!-- value: NAME -->...<!-- /value -->`."""
    schedule = Schedule()
    numbers = {
        "delta_minutes": schedule.delta_every // timedelta(minutes=1),
        "reconcile_hours": schedule.reconcile_every // timedelta(hours=1),
        "reconcile_days_back": schedule.reconcile_days_back,
        "reconcile_days_ahead": schedule.reconcile_days_ahead,
        "keep_days_back": schedule.keep_days_back,
        "keep_days_ahead": schedule.keep_days_ahead,
        "tick_seconds": Settings().tick_seconds,
        "sync_lease_minutes": LEASE_TTL // timedelta(minutes=1),
        "relay_lease_seconds": LEADER_LEASE_TTL // timedelta(seconds=1),
        "quarantine_retention_days": QUARANTINE_RETENTION // timedelta(days=1),
        "inbox_retention_days": DEFAULT_RETENTION.inbox or 0,
        "vendor_text_retention_days": VENDOR_TEXT_RETENTION // timedelta(days=1),
        "tombstone_retention_days": TOMBSTONE_RETENTION // timedelta(days=1),
        "outbox_retention_days": DEFAULT_RETENTION.outbox or 0,
        "inbox_least_days": MIN_INBOX_DAYS,
        "runs_retention_days": DEFAULT_RETENTION.runs or 0,
        "idempotency_hours": KEY_RETENTION // timedelta(hours=1),
        "breaker_threshold": BREAKER_THRESHOLD,
    }
    return {name: f"{number:,}" for name, number in numbers.items()}


def fault_kinds() -> str:
    """Each kind with the docstring below it, or its name in words."""
    body = ast.parse(inspect.getsource(FaultKind)).body[0]
    assert isinstance(body, ast.ClassDef)
    documented: dict[str, str] = {}
    name = ""
    for node in body.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            documented[name] = (
                f"Responds with status {FaultKind[name]}." if name in STATUSES else ""
            )
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documented[name] = " ".join(str(node.value.value).split())
    return table(
        ("kind", "effect"), [(code(FaultKind[key]), text) for key, text in documented.items()]
    )


def capability_table() -> str:
    heads = [f"{name} (`tests/providers/{name}/`)" for name in PROVIDERS]
    return table(("capability", *heads), rows())


def mews_states() -> str:
    rows = []
    for word, status in STATES.items():
        holds = "yes" if word in HOLDING_STATES else "no"
        rows.append((code(word), str(status), holds))
        if status is BookingStatus.CANCELED:
            reason = f"`{word}` with `CancellationReason` `{NO_SHOW_REASON}`"
            rows.append((reason, str(BookingStatus.NO_SHOW), holds))
    return table(("Mews", "ours", "holds inventory"), rows)


def mews_settings() -> str:
    rows = []
    for spec in CAPABILITIES.settings:
        kind = "secret" if spec.secret else "setting"
        needed = "required" if spec.required and spec.default is None else "optional"
        rows.append((code(spec.name), f"{kind}, {needed}", spec.default or "", spec.help))
    return table(("name", "kind", "default", "what"), rows)


def sensitive_fields(provider: str) -> str:
    declared = installed_providers().get(provider).capabilities.sensitive_fields
    names = ", ".join(map(code, sorted(declared))) or "none"
    return f"Further fields that are never kept, whatever they hold: {names}.\n"


def certification_checks() -> str:
    rows = [
        (code(check.id), check.title, ", ".join(need.value for need in check.needs))
        for check in CHECKS
    ]
    return table(("check", "expectation", "requires"), rows)


def certification_broken() -> str:
    rows = [
        (_spaced(broken.name), ", ".join(code(check_id) for check_id in sorted(broken.caught_by)))
        for broken in BROKEN
    ]
    return table(("an adapter that", "fails"), rows)


def _spaced(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def canonical_table(shape: RecordShape) -> str:
    """Without the columns that are empty in every row."""
    head, *rows = canonical_blocks.field_rows(shape)
    used = [n for n, _ in enumerate(head) if any(row[n] for row in rows)]
    lines = [tuple(line[n] for n in used) for line in (head, *rows)]
    return table(lines[0], lines[1:])


BLOCKS: dict[str, Callable[[], str]] = {
    "transitions-diagram": transitions_diagram,
    "transitions-table": transitions_table,
    "errors": errors_table,
    "error-kinds": kinds_table,
    "events": events_table,
    "graphql-limits": graphql_limits,
    "settings": settings_table,
    "providers": providers_table,
    "capabilities": capability_table,
    "certification-checks": certification_checks,
    "certification-broken": certification_broken,
    "mews-states": mews_states,
    "mews-settings": mews_settings,
    "tree": package_tree,
    **{f"{name}-sensitive-fields": partial(sensitive_fields, name) for name in PROVIDERS},
    "fault-kinds": fault_kinds,
    "graphql-types": canonical_blocks.graphql_types,
    **{
        f"canonical-{name}": partial(canonical_table, shape)
        for name, shape in canonical_blocks.TABLES.items()
    },
}


def rewritten(text: str) -> str:
    text = BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}{found[4]}", text)
    values = stated_values() if VALUE.search(text) else {}
    return VALUE.sub(lambda found: f"{found[1]}{values[found[2]]}{found[4]}", text)


if __name__ == "__main__":
    for document in files_with_blocks():
        before = document.read_text()
        if (after := rewritten(before)) != before:
            document.write_text(after)
