"""`pms map --explain` also reports the fields that stand around the cells of a message of
availability, of every provider and sample."""

import json
from collections.abc import Collection
from typing import Any

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.parsing.fields_around import root_path
from domain.messages import ItemKind
from tests.providers.schema_instances import is_traced
from tests.providers.test_explained_fields import (
    CELL_FORMS,
    SAMPLES_OF_KINDS,
    leaf_name,
    read,
    snapshots,
    untrue_reports,
    value_at,
)
from tests.providers.test_secondary_details import Form, Path
from tests.providers.vendor_payloads import SAMPLES, needs_samples, value_paths

SAMPLES_OF_CELLS = [sample[1:] for sample in SAMPLES_OF_KINDS if sample[0] is ItemKind.AVAILABILITY]


def planted(message: Any) -> Any:
    """With a field that no format has in each object."""
    if isinstance(message, dict):
        return {**{name: planted(value) for name, value in message.items()}, "planted": 7}
    return list(map(planted, message)) if isinstance(message, list) else message


def without_indexes(path: Path) -> Path:
    return tuple("[]" if isinstance(step, int) else step for step in path)


def was_given(message: Any, path: Path, within: Path, trace: Collection[str]) -> bool:
    """Whether a field of an object around a cell is reported with the cell, which has no field of
    this name."""
    own = value_at(message, within)
    shared = next(n for n, (a, b) in enumerate(zip(path, (*within, None), strict=False)) if a != b)
    return path[shared] not in own and is_traced(leaf_name(path[shared:]), trace)


def unreported_around(provider: str, message: Any, within: Path) -> list[str]:
    """The fields that stand around the cells: outside of the object at `within` and of those like
    it."""
    items = read(provider, ItemKind.AVAILABILITY, message)
    trace = {path for item in items for path, _ in item.field_trace}
    length = len(within)
    return [
        leaf_name(path)
        for path in value_paths(message)
        if not isinstance(value_at(message, path), dict | list)
        and (not within or without_indexes(path[:length]) != without_indexes(within))
        and not is_traced(root_path(leaf_name(path)), trace)
        and not (
            is_traced(leaf_name(path), trace)
            if not within
            else was_given(message, path, within, trace)
        )
    ]


class TestFieldsAroundCells:
    @pytest.mark.parametrize("form", CELL_FORMS, ids=lambda form: f"{form.vendor}-{form.name}")
    def test_are_reported(self, form: Form) -> None:
        """At every depth; cells stay as they are."""
        message = planted(form.message)
        assert unreported_around(form.vendor, message, form.within) == []
        kind = ItemKind.AVAILABILITY
        assert untrue_reports(form.vendor, kind, message, form.within) == []
        assert snapshots(form.vendor, kind, message) == snapshots(form.vendor, kind, form.message)


@needs_samples
class TestSamplesOfCells:
    @pytest.mark.parametrize(("vendor", "name", "within"), SAMPLES_OF_CELLS)
    def test_are_reported_completely(self, vendor: str, name: str, within: Path) -> None:
        message = json.loads(scrub_bytes((SAMPLES / vendor / name).read_bytes()))
        assert unreported_around(vendor, message, within) == []
