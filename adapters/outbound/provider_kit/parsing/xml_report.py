"""The mapping report of an XML item: what became of each attribute and text of its document."""

from collections.abc import Iterable, Mapping, Sequence

from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS, NOT_KEPT
from adapters.outbound.provider_kit.parsing.tracked_object import READ
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader


def trace_xml(
    readers: Sequence[XmlReader], around: Iterable[str] = (), extras: Iterable[tuple[str, str]] = ()
) -> tuple[tuple[str, str], ...]:
    """Path and target, with remarks. `around`: the paths of what surrounds the item. What was read
    without being stored is NOT_KEPT, like everything that is neither mapped, dropped nor in the
    extras."""
    found = dict.fromkeys(around, NOT_KEPT)
    remarks: dict[str, str] = {}
    for r in readers:
        found.update(dict.fromkeys(r.paths(), NOT_KEPT))
        remarks.update(r.remarks)
    found.update(dict.fromkeys((path for path, _ in extras), EXTRAS))
    for r in readers:
        found.update((path, to) for path, to in r.field_trace().items() if to != READ)
    return tuple(sorted((path, _with_remark(path, to, remarks)) for path, to in found.items()))


def _with_remark(path: str, target: str, remarks: Mapping[str, str]) -> str:
    expected = remarks.get(path)
    return target if expected is None else f"{target} (expected {expected})"
