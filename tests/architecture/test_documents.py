import ast
import json
import re
import shlex
import types
import typing
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path

import click
import pytest
from ariadne import load_schema_from_path
from graphql import build_schema, parse, validate

from adapters.outbound.persistence.schema import models, tables
from domain.availability import AvailabilityCell, CellDetails
from domain.booking import Booking, BookingDetails
from domain.guest import GuestDetails
from domain.snapshots import RoomRecord, RoomTypeRecord
from entrypoints.cli.main import main
from entrypoints.wiring.settings import Settings
from tests.architecture.capability_table import PROVIDERS, ROWS, place
from tests.architecture.generated_blocks import (
    BLOCK,
    BLOCKS,
    PRODUCT,
    ROOT,
    VALUE,
    documents,
    files_with_blocks,
    provider_names,
    rewritten,
    stated_values,
)

# The columns of the host application's models, as its schema has them.
HOST = {
    "Booking": """hotelId guestId roomId checkInDate checkOutDate confirmationNumber status source
        externalId totalAmount amountPaid currency adults children specialRequests notes
        actualCheckIn actualCheckOut canceledAt cancelReason""",
    "Guest": """firstName lastName email phone address city country postalCode idType idNumber
        preferences notes vipStatus totalStays totalSpent lastStayDate language emailOptIn
        smsOptIn loyaltyPoints loyaltyTier""",
    "Room": "roomNumber floor roomTypeId status",
    "RoomType": "name description basePrice maxOccupancy amenities",
    "RoomAvailability": "roomTypeId date totalRooms available occupied blocked rate",
}
STORED_MODELS = {
    held.__name__: held
    for held in (
        AvailabilityCell, Booking, BookingDetails, CellDetails, GuestDetails, RoomRecord,
        RoomTypeRecord,
    )
}  # fmt: skip
COLUMNS = {
    f"{model._meta.table_name}.{name}" for model in models.MODELS for name in model._meta.columns
} | {f"{table.name}.{name}" for table in tables.TABLES for name in table.column_types}
SETTINGS = {f"PMS_{name.upper()}" for name in Settings.__dataclass_fields__}
LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
TYPED = re.compile(r"^ *(?:\$ )?(?:[A-Z_]+=\S+ )*")
PLACE = re.compile(rf"(?:{'|'.join((*PRODUCT, 'tests', 'docs', 'bench'))})/[\w./*:-]*")
MISSING = re.compile(
    r"\bno (?:command|retention|erasure|dashboard|metrics)\b"
    r"|\bnot built\b|\bthere is no [^.]*\byet\b",
    re.IGNORECASE,
)
ABSENT_MARK = re.compile(r"<!-- absent: ([^>]+?) -->")
REASON_CODES = re.compile(r"Reasons of single items.*?\n\n", re.DOTALL)


REASON_PACKAGES = (
    "domain", "application", "ports", "adapters/outbound/providers",
    "adapters/outbound/provider_kit/declarative", "adapters/outbound/provider_kit/parsing",
)  # fmt: skip
CODE_POSITIONS = {"Reason": 0, "UnreadableField": 1, "invalid": 1}


def reason_sources() -> list[Path]:
    """Files that give reasons of single items."""
    return [
        path
        for package in REASON_PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "simulator" not in path.parts
    ]


def reason_codes(path: Path) -> Iterator[str]:
    """The literal codes of `Reason`, `UnreadableField`, `invalid` and of arguments `code`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            function = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position = CODE_POSITIONS.get(function)
            found = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            found += node.args[position : position + 1] if position is not None else []
            yield from (
                value.value
                for value in found
                if isinstance(value, ast.Constant) and isinstance(value.value, str)
            )


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


every_document = pytest.mark.parametrize("document", named(documents()))


def prose(document: Path) -> str:
    """Without what is fenced off."""
    return FENCED.sub("", document.read_text())


def anchors(document: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(document: Path) -> Iterator[list[str]]:
    """What is typed after `pms`, in shells and between backticks."""
    text = document.read_text()
    for language, body in FENCED.findall(text):
        for line in body.splitlines() if language in ("sh", "console") else ():
            typed = TYPED.sub("", line).partition("  #")[0]
            if typed.startswith("pms "):
                yield shlex.split(typed)[1:]
    for quoted in QUOTED.findall(FENCED.sub("", text)):
        if quoted.startswith("pms ") and "|" not in quoted:
            yield quoted.split()[1:]


def find_command_error(parts: list[str]) -> str | None:
    command: click.Command = main
    while isinstance(command, click.Group) and parts and not parts[0].startswith("-"):
        found = command.get_command(click.Context(command), parts[0])
        if found is None:
            return f"there is no {parts[0]}"
        command, parts = found, parts[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    unknown = [
        part.partition("=")[0]
        for part in parts
        if part.startswith("--") and part.partition("=")[0] not in known
    ]
    return f"there is no {unknown[0]}" if unknown else None


def is_absent(mark: str) -> bool:
    """`pms COMMAND [--option]`, a route that begins with `/`, or a file's path."""
    if mark.startswith("pms "):
        return find_command_error(mark.split()[1:]) is not None
    if mark.startswith("/"):
        source = "".join(path.read_text() for path in (ROOT / "adapters/inbound").rglob("*.py"))
        return f'"{mark}"' not in source
    return not list(ROOT.glob(mark))


def is_there(place: str) -> bool:
    path, *inside = place.split("::")
    if not list(ROOT.glob(path.rstrip("/"))):
        return False
    names: list[ast.stmt] = ast.parse((ROOT / path).read_text()).body if inside else []
    for name in inside:
        found = next((node for node in names if getattr(node, "name", None) == name), None)
        if found is None:
            return False
        names = found.body if isinstance(found, ast.ClassDef) else []
    return True


def has_field(path: str) -> bool:
    head, *names = path.split(".")
    at: object = STORED_MODELS.get(head)
    for name in names:
        held = next((each for each in alternatives(at) if is_dataclass(each)), None)
        hints = typing.get_type_hints(held) if isinstance(held, type) else {}
        if name not in hints:
            return False
        at = hints[name]
    return at is not None


def alternatives(hint: object) -> Iterator[object]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is not None:
        for inner in typing.get_args(hint):
            yield from alternatives(inner)
    else:
        yield hint


def cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class TestDocuments:
    @pytest.mark.parametrize("document", named(files_with_blocks()))
    def test_repeat_the_code_as_it_is(self, document: Path) -> None:
        text = document.read_text()
        assert rewritten(text) == text, "run: python -m tests.architecture.generated_blocks"

    def test_hold_every_generated_block_once(self) -> None:
        found = [
            block
            for path in files_with_blocks()
            for _, block, _, _ in BLOCK.findall(path.read_text())
        ]
        assert sorted(found) == sorted(BLOCKS)

    def test_state_values_that_exist(self) -> None:
        stated = {found[1] for path in documents() for found in VALUE.findall(path.read_text())}
        assert stated <= set(stated_values())

    @every_document
    def test_state_days_and_hours_of_the_schedule_by_value_only(self, document: Path) -> None:
        """A number written by hand goes stale: a text said 365 days, the code read 1,100."""
        numbers = {
            stated_values()[name]
            for name in ("keep_days_back", "keep_days_ahead", "reconcile_days_ahead")
        }
        by_hand = VALUE.sub("", prose(document))
        found = re.findall(r"\b([\d,]+) days (?:ago|ahead|back)", by_hand)
        assert numbers & set(found) == set()

    @every_document
    def test_marks_each_missing_feature(self, document: Path) -> None:
        """`<!-- absent: pms connection remove -->` beside the sentence: the next test checks it."""
        unmarked = [
            paragraph
            for paragraph in re.split(r"\n\s*\n|\n(?=[|-])", prose(document))
            if MISSING.search(paragraph) and not ABSENT_MARK.search(paragraph)
        ]
        assert unmarked == []

    @every_document
    def test_marks_only_absent_files_as_absent(self, document: Path) -> None:
        assert [
            mark for mark in ABSENT_MARK.findall(document.read_text()) if not is_absent(mark)
        ] == []

    @every_document
    def test_link_to_existing_targets(self, document: Path) -> None:
        broken = []
        for link in LINK.findall(prose(document)):
            path, _, anchor = link.partition("#")
            target = (document.parent / path).resolve() if path else document
            if not path.startswith("http") and not (
                target.exists() and (not anchor or anchor in anchors(target))
            ):
                broken.append(link)
        assert broken == []

    @every_document
    def test_name_files_and_tests_that_exist(self, document: Path) -> None:
        places = [quoted for quoted in QUOTED.findall(prose(document)) if PLACE.fullmatch(quoted)]
        assert [place for place in places if not is_there(place)] == []

    @every_document
    def test_show_commands_that_exist(self, document: Path) -> None:
        faults = [(" ".join(parts), find_command_error(parts)) for parts in commands(document)]
        assert [fault for fault in faults if fault[1]] == []

    @every_document
    def test_name_settings_that_exist(self, document: Path) -> None:
        named = set(re.findall(r"\bPMS_[A-Z_]+\b", document.read_text()))
        assert named - SETTINGS - {"PMS_CASES", "PMS_VENDOR_SAMPLES", "PMS_VENDOR_SPECS"} == set()

    @every_document
    def test_show_json_that_is_json(self, document: Path) -> None:
        for language, body in FENCED.findall(document.read_text()):
            if language.startswith("json"):
                json.loads(body)

    @every_document
    def test_ask_graphql_what_it_answers(self, document: Path) -> None:
        schema = build_schema(
            load_schema_from_path(str(ROOT / "adapters/inbound/graphql/schema.graphql"))
        )
        for body in re.findall(r"-d '(\{\"query\".*?\})'$", document.read_text(), re.MULTILINE):
            assert validate(schema, parse(json.loads(body)["query"])) == []


class TestCapabilityTable:
    def test_has_a_cell_for_each_provider(self) -> None:
        assert {len(cells) for cells in ROWS.values()} == {len(PROVIDERS)}
        assert {*PROVIDERS} == {*provider_names()} - {"canonical", "mock"}

    @pytest.mark.parametrize("capability", ROWS)
    def test_names_tests_that_exist(self, capability: str) -> None:
        places = map(place, PROVIDERS, ROWS[capability])
        assert [named for named in places if not is_there(named)] == []


class TestReadme:
    def test_names_make_targets_that_exist(self) -> None:
        text = (ROOT / "README.md").read_text()
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)) <= targets


class TestProviders:
    def test_each_have_a_document(self) -> None:
        elsewhere = {"canonical": "docs/canonical-format.md", "mock": "README.md"}
        places = [elsewhere.get(name, f"docs/providers/{name}.md") for name in provider_names()]
        assert [place for place in places if not (ROOT / place).exists()] == []


class TestSummary:
    @pytest.fixture
    def text(self) -> str:
        return (ROOT / "PROJECT_SUMMARY.md").read_text()

    def test_has_a_target_for_every_host_column(self, text: str) -> None:
        listed = [row[0] for row in cells(text) if row[0].split(".")[0] in HOST]
        assert listed == [
            f"{model}.{column}" for model, columns in HOST.items() for column in columns.split()
        ]

    def test_names_fields_and_columns_that_exist(self, text: str) -> None:
        columns_with_target = [row for row in cells(text) if row[0].split(".")[0] in HOST]
        fields = [name for row in columns_with_target for name in QUOTED.findall(row[1])]
        columns = [name for row in columns_with_target for name in QUOTED.findall(row[2])]
        assert len(fields) >= len(columns_with_target) <= len(columns)
        assert [name for name in fields if not has_field(name)] == []
        assert set(columns) - COLUMNS == set()

    def test_proves_each_of_the_ten_rules(self, text: str) -> None:
        rules = [row for row in cells(text) if re.match(r"\d+\. \*\*", row[0])]
        assert [row[0].partition(".")[0] for row in rules] == [str(n) for n in range(1, 11)]
        assert [row[0] for row in rules if "tests/" not in row[1]] == []

    def test_lists_reason_codes_that_are_given(self, text: str) -> None:
        documented_codes = REASON_CODES.search(text)
        assert documented_codes is not None
        codes = [code for code in QUOTED.findall(documented_codes[0]) if "_" in code]
        source = "".join(
            path.read_text() for package in PRODUCT for path in (ROOT / package).rglob("*.py")
        )
        assert codes
        assert [code for code in codes if f'"{code}"' not in source] == []

    def test_lists_each_reason_code_that_is_given(self, text: str) -> None:
        documented = text + (ROOT / "docs/providers/alpinebits.md").read_text()
        given = {code for path in reason_sources() for code in reason_codes(path)}
        assert {"bad_id", "contradiction", "illegal_transition", "closing_season"} <= given
        assert sorted(given - set(QUOTED.findall(documented))) == []


class TestFieldsByPath:
    """So that the comparison above can fail."""

    @pytest.mark.parametrize(
        ("path", "there"),
        [
            ("BookingDetails.rooms.occupancy.count", True),
            ("BookingDetails.primary_guest.guest_id", True),
            ("BookingDetails.rooms.bed", False),
            ("BookingDetails.status.name_of_it", False),
            ("Reservation.status", False),
        ],
    )
    def test_are_found_only_where_they_are(self, path: str, *, there: bool) -> None:
        assert has_field(path) is there


class TestThreatModel:
    """Each row: asset, attacker, what stops them, tests. That the tests exist is checked above."""

    def test_names_a_test_for_each_attack(self) -> None:
        text = (ROOT / "SECURITY.md").read_text().partition("## Threat model")[2]
        _, _, *rows = cells(text.partition("Out of scope:")[0])
        assert len(rows) > 20
        assert [row for row in rows if len(row) != 4 or not all(row)] == []
        assert [row for row in rows if not re.fullmatch(r"(`tests/\S+`(, )?)+", row[3])] == []

    def test_has_a_row_for_each_attacker(self) -> None:
        text = (ROOT / "SECURITY.md").read_text()
        attackers = re.findall(r"\*\*([\w -]+)\*\*", text.partition("| Asset")[0])
        assert len(attackers) == 8
        named_in_rows = " ".join(row[1] for row in cells(text) if len(row) == 4)
        assert [each for each in attackers if each not in named_in_rows] == []
