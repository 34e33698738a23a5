"""Which fields of a payload are never kept in extras, by their names: those of payment cards and
accounts, and of identity documents, whose number has a sealed field of its own; also by a label
beside them (`{"name": "Passport", "value": …}`).

Flags and descriptions (`cardType`, `documentType`, `paymentMethod`) are kept. `declared`: further
fields of a provider (ports.providers.Capabilities.sensitive_fields), of which nothing is kept.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.json_text import Json

PAYMENT: Final = "a means of payment"
DOCUMENT: Final = "an identity document"
DECLARED: Final = "declared as sensitive"

NONE_DECLARED: Final[frozenset[str]] = frozenset()

_PAYMENT: Final = re.compile(
    r"(?<!loyalty)(?<!member)(?<!membership)(?<!registration)(?<!room)(?<!key)(?<!business)"
    r"(?<!post)(?<!score)(?<!wild)(?<!dis)card(?!inal)"
    r"|^cvv|^cvc|^csc$|^cavv$|securitycode|seriescode|^(?:masked|truncated)?pan$|^panmasked$"
    r"|primaryaccountnumber|magneticstripe|last(?:4|four)(?:digits?)?$|^vcc$|^v?cc(?:info|details|data)"
    r"|^v?cc(?:name|holder|owner|num|no$|exp|token|last)|^exp(?:iry|iration)?(?:month|year)$"
    r"|iban$|^bic$|^swift|bankacc|accountnumber|accountholder|paymentaccount|paymenttoken"
    r"|threedomainsecurity|encryptedvalue"
)
_DOCUMENT: Final = re.compile(
    r"passport|(?:identity|(?<!pa)id)card|identitydocument|^iddocument|drivers?licen[cs]e"
    r"|drivinglicen[cs]e|nationalid(?:number|no)?$|identification|socialsecurity|^ssn$"
    r"|document(?:number|no|id|issu|expir|valid)|^documents?$|^id(?:number|no)|^docid$"
    r"|^visa(?:$|number|no$|info|expir|issu)|personal(?:id|tax|code)|fiscalcode|codicefiscale|residencepermit"
    r"|aliens?(?:info|registration)|(?:travell?|guest)documents?(?:$|n[or]$|info|details|data)"
    r"|(?<!park)ausweis|reisepass|^dni(?:$|number|no$)|carta(?:di?)?identit"
)
_CONTAINERS: Final = frozenset({dict, list})
_NO_WORD: Final = re.compile(r"[^a-z0-9]")
_DESCRIPTION: Final = re.compile(r"(?:type|brand|scheme|method)(?:name|description)?$")
_CARD_DETAIL: Final = re.compile(r"card(?:number|holder|no$|num$)|^cvv|^cvc|^csc$")
_BESIDE_CARD: Final = re.compile(r"expir|holder|token|^number$|^code$|^name$")
_LABEL: Final = re.compile(r"(?:^|field|attribute|property)(?:name|label|title|key)$|^question$")
_LABELLED: Final = re.compile(r"(?:^|field|attribute|property)values?$|^(?:answer|text|content)$")
_MAX_LABEL: Final = 80
_NAMES: Final = re.compile(r"[^.\[\]/@\"]+")
_INDEX: Final = re.compile(r"\[[0-9]+\]")


class _Traits(NamedTuple):
    """`reason`: why the field is not kept. `beside_card`: not kept either where the object has a
    card detail, e.g. a number."""

    reason: str | None
    is_description: bool
    is_card_detail: bool
    is_beside_card: bool
    is_label: bool
    is_labelled: bool


@lru_cache(maxsize=16_384)
def _traits(name: str) -> _Traits:
    plain = _NO_WORD.sub("", name.lower())
    is_payment = _PAYMENT.search(plain) is not None
    reason = DOCUMENT if _DOCUMENT.search(plain) else PAYMENT if is_payment else None
    return _Traits(
        reason,
        _DESCRIPTION.search(plain) is not None,
        _CARD_DETAIL.search(plain) is not None,
        _BESIDE_CARD.search(plain) is not None,
        _LABEL.search(plain) is not None,
        _LABELLED.search(plain) is not None,
    )


class _ObjectTraits(NamedTuple):
    """`reasons`: by name, of the fields of an object that are not kept. `mentions_sensitive`: one
    of them is not kept whatever stands beside it. `labels`: fields whose texts name what is in the
    `labelled` ones, as in `{"name": "Passport", "value": "X1"}`; none if either is missing."""

    reasons: Mapping[str, str]
    mentions_sensitive: bool
    labels: Sequence[str]
    labelled: Sequence[str]

    def label_reason(self, fields: Mapping[str, Json]) -> str | None:
        """Why the labelled fields are not kept."""
        texts = [fields.get(name) for name in self.labels]
        return drop_reason(t for t in texts if isinstance(t, str) and len(t) <= _MAX_LABEL)


@lru_cache(maxsize=2_048)
def _object_traits(names: tuple[str, ...], declared: frozenset[str]) -> _ObjectTraits:
    """Cached since most objects have the names of another one."""
    traits = {name: _traits(name) for name in names}
    reasons = _reasons_by_name(traits) | dict.fromkeys(declared.intersection(names), DECLARED)
    mentions = any(each.reason for each in traits.values()) or not declared.isdisjoint(names)
    labels = [name for name, each in traits.items() if each.is_label]
    labelled = [name for name, each in traits.items() if each.is_labelled]
    if not (labels and labelled):
        return _ObjectTraits(reasons, mentions, (), ())
    return _ObjectTraits(reasons, mentions, labels, labelled)


def _reasons_by_name(traits: Mapping[str, _Traits]) -> dict[str, str]:
    has_card = any(each.is_card_detail for each in traits.values())
    return {
        name: each.reason or PAYMENT
        for name, each in traits.items()
        if each.reason or (has_card and each.is_beside_card)
    }


@lru_cache(maxsize=2_048)
def _declared_in(path: str, declared: frozenset[str]) -> frozenset[str]:
    """The names of `declared` that an object at `path` may have."""
    parent = next(iter(_NAMES.findall(_INDEX.sub("", path))[-1:]), "")
    inside = {name.removeprefix(f"{parent}.") for name in declared if parent}
    return frozenset(name for name in declared | inside if "." not in name)


@lru_cache(maxsize=256)
def _last_names(declared: frozenset[str]) -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name in declared)


def drop_reason(names: Iterable[str]) -> str | None:
    """Why a field with these names around it is not kept; its own name is the last one."""
    return next((reason for name in names if (reason := _traits(name).reason)), None)


@lru_cache(maxsize=2_048)
def path_drop_reason(path: str, declared: frozenset[str] = NONE_DECLARED) -> str | None:
    """Of everything below the path."""
    names = _NAMES.findall(_INDEX.sub("", path))
    if declared and not declared.isdisjoint([*names, *map(".".join, pairwise(names))]):
        return DECLARED
    return drop_reason(names)


def is_description(name: str) -> bool:
    return _traits(name).is_description


def is_labelled(name: str) -> bool:
    """Whether a label beside the field says what is in it, as in `Name="Passport" Value="X1"`."""
    return _traits(name).is_labelled


def label_reason(fields: Iterable[tuple[str, str]]) -> str | None:
    """Why what the labels among these fields (name and text) name is not kept."""
    return drop_reason(t for name, t in fields if _traits(name).is_label and len(t) <= _MAX_LABEL)


def is_flag(value: Json) -> bool:
    """True for values that reveal nothing."""
    return value is None or value == "" or isinstance(value, bool)


def without_sensitive_fields(
    fields: Mapping[str, Json],
    path: str,
    siblings: Iterable[str],
    dropped: dict[str, str],
    declared: frozenset[str] = NONE_DECLARED,
) -> dict[str, Json]:
    """The fields of the object at `path` that are kept, without the sensitive parts inside them.
    `siblings`: all names of the object. Adds path and reason of what is left out to `dropped`."""
    inside = path_drop_reason(path, declared) if path else None
    return _Pruning(dropped, declared).fields(fields, path, inside, siblings)


def without_sensitive_paths(extras: Mapping[str, Json]) -> dict[str, Json]:
    """`extras`: values by path."""
    kept = without_sensitive_fields(extras, "", extras, {})
    return {path: value for path, value in kept.items() if _may_keep(path, value)}


def _may_keep(path: str, value: Json) -> bool:
    return is_flag(value) or is_description(path) or path_drop_reason(path) is None


class _Pruning:
    def __init__(self, dropped: dict[str, str], declared: frozenset[str]) -> None:
        self._dropped = dropped
        self._declared = declared
        self._mentioned = _last_names(declared) if declared else NONE_DECLARED

    def fields(
        self, fields: Mapping[str, Json], path: str, inside: str | None, siblings: Iterable[str]
    ) -> dict[str, Json]:
        declared = _declared_in(path, self._declared) if self._declared else NONE_DECLARED
        traits = _object_traits(tuple(siblings), declared)
        reasons = traits.reasons
        if traits.labels and (labelled := traits.label_reason(fields)):
            reasons = {**dict.fromkeys(traits.labelled, labelled), **reasons}
        if inside is None and not self._has_sensitive(fields, reasons):
            return dict(fields)
        return self._kept_fields(fields, path, inside, reasons)

    def _kept_fields(
        self,
        fields: Mapping[str, Json],
        path: str,
        inside: str | None,
        reasons: Mapping[str, str],
    ) -> dict[str, Json]:
        kept: dict[str, Json] = {}
        for name, value in fields.items():
            reason = inside or reasons.get(name)
            is_scalar = type(value) not in _CONTAINERS
            if reason is None and (is_scalar or not self._mentions_sensitive(value)):
                kept[name] = value
            else:
                self._field(kept, name, value, f"{path}.{name}" if path else name, reason)
        return kept

    def _has_sensitive(self, fields: Mapping[str, Json], reasons: Mapping[str, str]) -> bool:
        """False for most objects: then none of the fields needs a decision of its own."""
        return any([fields.get(name) is not None for name in reasons]) or any(
            [
                self._mentions_sensitive(each)
                for each in fields.values()
                if type(each) in _CONTAINERS
            ]
        )

    def _mentions_sensitive(self, value: Json) -> bool:
        return _mentions_sensitive(value, self._mentioned)

    def _field(
        self, kept: dict[str, Json], name: str, value: Json, path: str, reason: str | None
    ) -> None:
        if isinstance(value, dict | list):
            self._container(kept, name, value, path, reason)
        elif reason is None or is_flag(value) or (is_description(name) and reason is not DECLARED):
            kept[name] = value
        else:
            self._dropped[path] = reason

    def _container(
        self, kept: dict[str, Json], name: str, value: Json, path: str, reason: str | None
    ) -> None:
        rest = self._value(value, path, reason)
        if reason is None or not value or _holds_anything(rest):
            kept[name] = rest
        else:
            self._dropped[path] = reason

    def _value(self, value: Json, path: str, inside: str | None) -> Json:
        if isinstance(value, dict):
            return self.fields(value, path, inside, value)
        if isinstance(value, list):
            return [
                self._value(each, f"{path}[{n}]", inside)
                for n, each in enumerate(value)
                if inside is None or isinstance(each, dict | list)
            ]
        return value


def _mentions_sensitive(value: Json, declared: frozenset[str]) -> bool:
    if isinstance(value, dict):
        traits = _object_traits(tuple(value), declared)
        if traits.mentions_sensitive or (traits.labels and traits.label_reason(value)):
            return True
        inner: Iterable[Json] = value.values()
    else:
        inner = value if isinstance(value, list) else ()
    return any([_mentions_sensitive(each, declared) for each in inner if type(each) in _CONTAINERS])


def _holds_anything(value: Json) -> bool:
    """More than flags and empty parts."""
    if isinstance(value, dict):
        return any(_holds_anything(each) for each in value.values())
    if isinstance(value, list):
        return any(_holds_anything(each) for each in value)
    return not is_flag(value)
