"""All vendor samples: values of payment cards and identity documents are in no snapshot, no reason
and no mapping report; the numbers of a guest's documents are only in their own, sealed fields."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.outbound.provider_kit.parsing.sensitive_fields import drop_reason, is_description
from domain.errors import PmsError
from domain.messages import ItemKind
from domain.snapshots import GuestSnapshot
from domain.values import ABSENT
from ports.providers import ReadItem
from tests.providers.test_vendor_samples import KINDS, all_files, read
from tests.providers.vendor_payloads import SAMPLES, installed_provider, needs_samples

CANARY = "CANARY"

SENSITIVE_IN_SAMPLES = (
    *("accountHolder", "accountNumber", "bic", "iban", "payerEmail", "expiryMonth", "expiryYear"),
    *("card_number", "cardholder_name", "cvv", "expiration_date", "nameOnCard"),
    *("documentExpirationDate", "documentIssueDate", "documentIssuingCountry", "documentNumber"),
    *("expirationDate", "idNumber", "idNumberMasked", "issuedPlace", "IssuingCity"),
    *("IdentityDocumentSupportNumber", "TaxIdentificationNumber"),
)
"""Found by reading the samples; the default rule must know each of them where it occurs."""


def is_sensitive(names: list[str], siblings: list[str]) -> bool:
    beside_card = any("card_number" in each or "cardNumber" in each for each in siblings)
    if beside_card and names[-1].lower().startswith("expir"):
        return True
    return drop_reason(names) is not None and not is_description(names[-1])


def with_canaries(value: Any, names: list[str], planted: list[str]) -> Any:
    """In each sensitive field."""
    if isinstance(value, dict):
        return {
            name: CANARY + name
            if isinstance(inner, str | int)
            and not isinstance(inner, bool)
            and is_sensitive([*names, name], list(value))
            and not planted.append(name)  # type: ignore[func-returns-value]  # counts as a step
            else with_canaries(inner, [*names, name], planted)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [with_canaries(each, names, planted) for each in value]
    return value


def xml_with_canaries(path: Path, planted: list[str]) -> bytes:
    tree = etree.parse(path)
    for element in tree.iter(etree.Element):
        names = [etree.QName(each).localname for each in (element, *element.iterancestors())][::-1]
        for attribute in element.attrib:
            if is_sensitive([*names, str(attribute)], []):
                planted.append(str(attribute))
                element.set(attribute, CANARY + str(attribute))
        if (element.text or "").strip() and is_sensitive(names, []):
            planted.append(names[-1])
            element.text = CANARY + names[-1]
    return etree.tostring(tree)


def shown(item: ReadItem) -> str:
    """Without the raw text and the numbers of a guest's documents, which are sealed."""
    snapshot = item.snapshot
    if isinstance(snapshot, GuestSnapshot):
        snapshot = replace(snapshot, id_document_number=ABSENT, further_id_documents=ABSENT)
    return f"{snapshot!r} {item.reason!r} {item.field_trace!r}"


def shown_texts(provider: str, kind: ItemKind, body: bytes) -> list[str]:
    try:
        items = read(installed_provider(provider), kind, body, explain=True)
    except PmsError as error:
        return [f"{error} {error.details}"]
    return [shown(item) for item in items]


@needs_samples
@pytest.mark.parametrize(("provider", "path"), list(all_files()))
class TestVendorSamples:
    def test_show_no_card_and_no_document(self, provider: str, path: Path) -> None:
        planted: list[str] = []
        if path.suffix == ".xml":
            body = xml_with_canaries(path, planted)
        else:
            try:
                value = json.loads(path.read_bytes())
            except ValueError:
                pytest.skip("the sample is not JSON")
            body = json.dumps(with_canaries(value, [], planted)).encode()
        for kind in KINDS:
            for text in shown_texts(provider, kind, body):
                assert CANARY not in text


@needs_samples
class TestRule:
    @pytest.mark.parametrize("name", SENSITIVE_IN_SAMPLES)
    def test_covers_what_the_samples_have(self, name: str) -> None:
        planted: list[str] = []
        for path in SAMPLES.rglob("*.json"):
            try:
                with_canaries(json.loads(path.read_bytes()), [], planted)
            except ValueError:
                continue
        assert name in planted


def with_declared(value: Any, declared: frozenset[str]) -> Any:
    """In each object a field of each declared name, or its own with another value."""
    if isinstance(value, dict):
        inner = {name: with_declared(each, declared) for name, each in value.items()}
        return inner | {name: {"code": [CANARY]} for name in declared}
    if isinstance(value, list):
        return [with_declared(each, declared) for each in value]
    return value


def declaring_samples() -> list[Any]:
    return [
        each
        for each in all_files()
        if each.values[1].suffix == ".json"
        and installed_provider(each.values[0]).capabilities.sensitive_fields
    ]


@needs_samples
@pytest.mark.parametrize(("provider", "path"), declaring_samples())
def test_declared_fields_are_not_kept(provider: str, path: Path) -> None:
    declared = installed_provider(provider).capabilities.sensitive_fields
    try:
        value = json.loads(path.read_bytes())
    except ValueError:
        pytest.skip("the sample is not JSON")
    body = json.dumps(with_declared(value, declared)).encode()
    for kind in KINDS:
        for text in shown_texts(provider, kind, body):
            assert CANARY not in text
