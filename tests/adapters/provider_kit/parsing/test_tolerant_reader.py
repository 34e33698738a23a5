"""A tolerant reader: invalid optional fields are absent and stay unread, with a remark."""

import pytest

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_instant, as_integer
from adapters.outbound.provider_kit.parsing.json_text import loads
from adapters.outbound.provider_kit.parsing.mapping_report import with_remarks
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.values import ABSENT, Money


def tolerant(text: str) -> Reader:
    return Reader(loads(text)).tolerant()


class TestTolerantReader:
    def test_leaves_an_invalid_field_unread(self) -> None:
        r = tolerant('{"name": 5, "age": "x", "ok": "y"}')
        assert (r.optional_text("name", "a"), r.field_integer("age", "b")) == (None, ABSENT)
        assert r.optional_text("ok", "c") == "y"
        assert r.unread() == {"name": "5", "age": '"x"'}
        assert r.field_trace() == {"ok": "c"}
        assert r.remarks == {"name": "text", "age": "an integer"}

    def test_collects_the_remarks_of_nested_objects(self) -> None:
        r = tolerant('{"a": {"b": {"c": 1}}}')
        assert r.object("a").object("b").optional_text("c", "x") is None
        assert r.remarks == {"a.b.c": "text"}
        assert r.unread() == {"a.b": '{"c":1}'}
        assert with_remarks(r, (("a.b", "extras"), ("d", "extras"))) == (
            ("a.b", "extras (expected text at a.b.c)"),
            ("d", "extras"),
        )

    def test_leaves_out_invalid_elements_of_a_list(self) -> None:
        r = tolerant('{"a": [{"b": 1}, null, 7]}')
        (only,) = r.optional_objects("a") or []
        assert only.integer("b", "x") == 1
        assert r.unread() == {"a[1]": "null", "a[2]": "7"}

    def test_requires_valid_elements_of_a_required_list(self) -> None:
        with pytest.raises(UnreadableField):
            tolerant('{"a": [{}, null]}').objects("a")

    @pytest.mark.parametrize("value", ["5", '"soon"', "{}"])
    def test_rejects_invalid_decisive_and_required_fields(self, value: str) -> None:
        r = tolerant(f'{{"at": {value}}}')
        for read in (r.decisive, r.decisive_field, r.required):
            with pytest.raises(UnreadableField):
                read("at", as_instant)

    def test_decisive_field_may_be_missing_or_null(self) -> None:
        r = tolerant('{"a": null}')
        assert (r.decisive("a", as_integer), r.decisive("b", as_integer)) == (None, None)
        assert (r.decisive_field("a", as_integer), r.decisive_field("b", as_integer)) == (
            None,
            ABSENT,
        )

    def test_reads_an_object_as_a_whole_or_not_at_all(self) -> None:
        r = tolerant('{"a": [{"n": 1, "m": 2}, {"n": 1, "m": "x"}]}')
        read = [
            each.attempt(lambda one: one.integer("n", "t") + one.integer("m", "t"))
            for each in r.optional_objects("a") or []
        ]
        assert read == [3, None]
        assert r.unread() == {"a[1]": '{"n":1,"m":"x"}'}
        assert r.field_trace() == {"a[0].n": "t", "a[0].m": "t"}

    @pytest.mark.parametrize("sent", ["5", "null", "{}"])
    def test_never_requires_a_name(self, sent: str) -> None:
        r = tolerant(f'{{"name": {sent}}}')
        assert r.text("name", "primary_guest.last_name") == ""
        assert r.text("nickname", "primary_guest.first_name") == ""
        assert ("name" in r.unread()) is (sent != "null")

    def test_rounds_money_and_says_so(self) -> None:
        r = tolerant('{"sum": 230.505, "paid": 1.5}')
        assert r.money_in("EUR", "sum", "total") == Money(23_050, "EUR")
        assert r.money_in("EUR", "paid", "paid") == Money(150, "EUR")
        assert r.field_trace() == {"sum": "total (rounded)", "paid": "paid"}

    @pytest.mark.parametrize("amount", ['"much"', "{}", "[]"])
    def test_rejects_an_invalid_amount(self, amount: str) -> None:
        with pytest.raises(UnreadableField):
            tolerant(f'{{"sum": {amount}}}').field_money_in("EUR", "sum", "total")
