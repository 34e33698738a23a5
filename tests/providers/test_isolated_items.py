"""An unreadable item or event of a message does not affect the others, in any form of message."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import pytest

from domain.messages import ItemKind
from ports.providers import ReadItem, Ref, RefKind
from tests.providers.apaleo import payloads as apaleo
from tests.providers.cloudbeds import payloads as cloudbeds
from tests.providers.mews import payloads as mews
from tests.providers.ohip import payloads as ohip
from tests.providers.vendor_payloads import hotel_context, installed_provider

IDS: Final = ("5001", "5002", "5003")
BOOKING: Final = {"external_id": "", "source_version": {"updated_at": "2026-03-01T12:00:00Z"}}


class Form(NamedTuple):
    """`prefix`: of the list's path in the envelope. `key`: a field of every item."""

    name: str
    item: Callable[[str], dict[str, Any]]
    key: str
    prefix: str = ""

    def path(self, position: int, field: str = "") -> str:
        return f"{self.prefix}[{position}]{field}"

    def wrap(self, items: str) -> bytes:
        *parents, last = self.prefix.split(".") if self.prefix else [""]
        body = f'{{"{last}": {items}}}' if last else items
        for parent in reversed(parents):
            body = f'{{"{parent}": {body}}}'
        return body.encode()


FORMS: Final = [
    Form("canonical", lambda n: BOOKING | {"external_id": n}, "external_id"),
    Form("apaleo", lambda n: apaleo.reservation(id=n), "status"),
    Form("apaleo", lambda n: apaleo.reservation(id=n), "status", "reservations"),
    Form("cloudbeds", lambda n: cloudbeds.reservation(reservationID=n), "status"),
    Form("cloudbeds", lambda n: cloudbeds.reservation(reservationID=n), "status", "data"),
    Form("mews", lambda n: mews.reservation(Id=n), "State"),
    Form("mews", lambda n: mews.reservation(Id=n), "State", "Reservations"),
    Form(
        "ohip",
        lambda n: ohip.listed(reservationIdList=ohip.ids(Reservation=n)),
        "reservationStatus",
        "reservations.reservationInfo",
    ),
    Form(
        "ohip",
        lambda n: ohip.single(reservationIdList=ohip.ids(Reservation=n)),
        "reservationStatus",
    ),
]
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name + form.prefix)


def message(form: Form, second: Callable[[str], str]) -> bytes:
    """Three items, the second one changed as text."""
    first, other, last = (json.dumps(form.item(n)) for n in IDS)
    return form.wrap(f"[{first}, {second(other)}, {last}]")


def read(form: Form, second: Callable[[str], str]) -> Sequence[ReadItem]:
    body = message(form, second)
    provider = installed_provider(form.name)
    return provider.read_items(ItemKind.BOOKING, [body], hotel_context(), limit=10)


def results(form: Form, second: Callable[[str], str]) -> list[tuple[str | None, str | None]]:
    return [
        (item.snapshot and item.external_id, item.reason and item.reason.path)
        for item in read(form, second)
    ]


@every_form
class TestItems:
    @pytest.mark.parametrize("value", ['"Elsewhere"', "17", "null"])
    def test_rejects_the_one_with_a_duplicate_key(self, form: Form, value: str) -> None:
        found = results(form, lambda item: f'{{"{form.key}": {value}, {item[1:]}')
        assert found == [(IDS[0], None), (None, form.path(1)), (IDS[2], None)]

    def test_rejects_the_one_with_an_equal_duplicate_key(self, form: Form) -> None:
        found = results(form, lambda item: f'{{"unknown": 1, "unknown": 1, {item[1:]}')
        assert found == [(IDS[0], None), (None, form.path(1)), (IDS[2], None)]

    def test_rejects_the_one_that_is_not_an_object(self, form: Form) -> None:
        found = results(form, lambda _: "7")
        assert found == [(IDS[0], None), (None, form.path(1)), (IDS[2], None)]

    @pytest.mark.parametrize("deep", ["[" * 90 + "]" * 90, '{"a":' * 90 + "1" + "}" * 90])
    def test_reads_the_others_beside_a_deep_one(self, form: Form, deep: str) -> None:
        found = results(form, lambda item: f'{{"unknown": {deep}, {item[1:]}')
        assert [found[0], found[2]] == [(IDS[0], None), (IDS[2], None)]
        assert found[1] in [(IDS[1], None), (None, form.path(1))]

    def test_keeps_the_duplicate_values(self, form: Form) -> None:
        items = read(form, lambda item: f'{{"{form.key}": "Elsewhere", {item[1:]}')
        assert b"Elsewhere" in items[1].raw


def mews_events(*events: Any) -> bytes:
    return json.dumps({"EnterpriseId": "E9", "Events": events}).encode()


def changed(kind: str, reservation_id: str) -> dict[str, Any]:
    return {"Discriminator": kind, "Value": {"Id": reservation_id}}


def mews_cases() -> Iterator[tuple[Any, str, str]]:
    event = changed("ServiceOrderUpdated", "r9")
    yield event | {"Value": None}, "wrong_type", "Events[1].Value"
    yield event | {"Value": {}}, "missing_field", "Events[1].Value.Id"
    yield event | {"Discriminator": 4}, "wrong_type", "Events[1].Discriminator"
    yield {}, "missing_field", "Events[1].Type"
    yield 5, "wrong_type", "Events[1]"


class TestEvents:
    @pytest.mark.parametrize(("event", "code", "path"), list(mews_cases()))
    def test_rejects_one_and_fetches_the_others(self, event: Any, code: str, path: str) -> None:
        good = [changed("ServiceOrderUpdated", n) for n in ("r1", "r2")]
        body = mews_events(good[0], event, good[1])
        found = installed_provider("mews").read_notification(body, hotel_context())
        assert found.refs == tuple(Ref(RefKind.BOOKING, n) for n in ("r1", "r2"))
        (unreadable,) = found.unreadable
        assert (unreadable.reason.code, unreadable.reason.path) == (code, path)
        assert json.loads(unreadable.raw) == json.loads(mews_events(event))
