from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_local_date_time
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.values import ABSENT, Money
from tests.call_counts import count_calls

STATES = {"Confirmed": 1, "Started": 2}


def reader(text: str, path: str = "reservations[3]") -> Reader:
    return Reader(loads(text), path)


def fault(caught: pytest.ExceptionInfo[UnreadableField]) -> tuple[str, str]:
    return caught.value.path, caught.value.code


class TestPresence:
    def test_distinguishes_missing_null_and_value(self) -> None:
        r = reader('{"a": null, "b": "x"}')
        assert (r.field_text("no"), r.field_text("a"), r.field_text("b")) == (ABSENT, None, "x")
        assert (r.optional_text("no"), r.optional_text("a"), r.optional_text("b")) == (
            None,
            None,
            "x",
        )

    def test_names_the_full_path_of_a_missing_field(self) -> None:
        with pytest.raises(UnreadableField) as caught:
            reader('{"Guest": {"Address": {}}}').object("Guest").object("Address").text("City")
        assert fault(caught) == ("reservations[3].Guest.Address.City", "missing_field")

    def test_rejects_null_for_a_required_value(self) -> None:
        with pytest.raises(UnreadableField) as caught:
            reader('{"Number": null}').text("Number")
        assert fault(caught) == ("reservations[3].Number", "wrong_type")

    def test_blank_is_null_only_if_configured(self) -> None:
        assert reader('{"a": ""}').field_text("a") == ""
        blank = Reader({"o": {"a": "", "d": ""}}, blank_is_null=True).object("o")
        assert blank.field_text("a") is None
        assert blank.optional_local_date("d") is None

    @pytest.mark.parametrize("value", [None, [], "x", 3])
    def test_rejects_values_other_than_objects(self, value: Json) -> None:
        with pytest.raises(UnreadableField, match=r"\(payload\): expected an object"):
            Reader(value)


class TestTypes:
    @pytest.mark.parametrize(
        ("method", "json", "value"),
        [
            ("text", '"Zoë"', "Zoë"),
            ("integer", "12", 12),
            ("decimal", "12.50", Decimal("12.50")),
            ("decimal", "12", Decimal(12)),
            ("boolean", "false", False),
            ("instant", '"2026-06-30T22:30:00Z"', datetime(2026, 6, 30, 22, 30, tzinfo=UTC)),
            ("instant", '"2026-06-30T22:30+02:00"', datetime(2026, 6, 30, 20, 30, tzinfo=UTC)),
            ("instant", '"2026-06-30 22:30:00-0330"', datetime(2026, 7, 1, 2, 0, tzinfo=UTC)),
            ("local_date", '"2024-02-29"', date(2024, 2, 29)),
            ("texts", '["a", "b"]', ["a", "b"]),
        ],
    )
    def test_parses_valid_values(self, method: str, json: str, value: object) -> None:
        assert getattr(reader(f'{{"k": {json}}}'), method)("k") == value

    @pytest.mark.parametrize(
        ("method", "json", "code"),
        [
            ("text", "3", "wrong_type"),
            ("text", '"a\\u0000"', "bad_text"),
            ("text", '"\\ud800"', "bad_text"),
            ("integer", "true", "wrong_type"),
            ("integer", "1.0", "wrong_type"),
            ("integer", '"1"', "wrong_type"),
            ("decimal", '"1.0"', "wrong_type"),
            ("decimal", "false", "wrong_type"),
            ("boolean", "1", "wrong_type"),
            ("instant", '"2026-06-30T22:30:00"', "bad_instant"),
            ("instant", '"2026-06-31T22:30:00Z"', "bad_instant"),
            ("instant", '"0001-01-01T00:00:00+02:00"', "bad_instant"),
            ("instant", '"2026-06-30T24:30:00Z"', "bad_instant"),
            ("instant", "1782858600", "wrong_type"),
            ("local_date", '"2026-02-29"', "bad_date"),
            ("local_date", '"20260228"', "bad_date"),
            ("local_date", '"2026-02-28T00:00:00Z"', "bad_date"),
            ("texts", '"a"', "wrong_type"),
            ("object", "[]", "wrong_type"),
            ("objects", "{}", "wrong_type"),
        ],
    )
    def test_rejects_invalid_values(self, method: str, json: str, code: str) -> None:
        with pytest.raises(UnreadableField) as caught:
            getattr(reader(f'{{"k": {json}}}'), method)("k")
        assert fault(caught) == ("reservations[3].k", code)

    def test_parses_local_date_times_without_offset(self) -> None:
        local = reader('{"k": "2024-02-29T15:00:00"}').required("k", as_local_date_time)
        assert local == datetime(2024, 2, 29, 15)  # noqa: DTZ001
        with pytest.raises(UnreadableField) as caught:
            reader('{"k": "2026-02-28T00:00:00Z"}').required("k", as_local_date_time)
        assert fault(caught) == ("reservations[3].k", "bad_date")

    def test_error_names_the_element_of_a_list(self) -> None:
        with pytest.raises(UnreadableField, match=r"reservations\[3\]\.k\[1\]: expected text"):
            reader('{"k": ["a", 3]}').texts("k")
        with pytest.raises(UnreadableField, match=r"reservations\[3\]\.k\[1\]: expected an object"):
            reader('{"k": [{}, 3]}').objects("k")

    def test_lenient_accepts_strings(self) -> None:
        r = reader('{"i": "-12", "d": "129.10", "b": "TRUE", "z": 0, "e": 3.0}')
        assert r.integer("i", lenient=True) == -12
        assert r.integer("e", lenient=True) == 3
        assert r.decimal("d", lenient=True) == Decimal("129.10")
        assert r.boolean("b", lenient=True) is True
        assert r.boolean("z", lenient=True) is False

    @pytest.mark.parametrize("text", ["1,50", "1 000", "NaN", "1e5", "", "٣"])
    def test_lenient_rejects_other_strings(self, text: str) -> None:
        for method in ("integer", "decimal"):
            with pytest.raises(UnreadableField):
                getattr(reader(dumps({"k": text})), method)("k", lenient=True)

    def test_precise_instant_keeps_nanoseconds(self) -> None:
        instant, rest = reader('{"k": "2021-06-07T10:13:14.9289333+02:00"}').precise_instant("k")
        assert instant == datetime(2021, 6, 7, 8, 13, 14, 928933, tzinfo=UTC)
        assert rest == 300


class TestChoice:
    def test_maps_documented_value(self) -> None:
        assert reader('{"State": "Started"}').choice("State", STATES) == 2

    def test_error_quotes_printable_value(self) -> None:
        with pytest.raises(UnreadableField, match="found 'Checked-In_2'") as caught:
            reader('{"State": "Checked-In_2"}').choice("State", STATES)
        assert fault(caught) == ("reservations[3].State", "unknown_value")

    @pytest.mark.parametrize(
        "value", ["ada@hotel.example", "x" * 31, "Zoë", "+43 1 23", "Ada Lovelace"]
    )
    def test_error_does_not_quote_personal_data(self, value: str) -> None:
        with pytest.raises(UnreadableField) as caught:
            reader(dumps({"State": value})).choice("State", STATES)
        assert value not in str(caught.value)
        assert value not in str(caught.value.details)


class TestMoney:
    def test_is_exact_in_the_digits_of_the_currency(self) -> None:
        r = reader('{"price": {"amount": 129.10, "currency": "EUR"}, "yen": 12900, "kwd": "1.005"}')
        assert r.object("price").money("amount", "currency") == Money(12910, "EUR")
        assert r.money_in("JPY", "yen") == Money(12900, "JPY")
        assert r.money_in("KWD", "kwd", lenient=True) == Money(1005, "KWD")

    def test_currency_is_required_only_with_an_amount(self) -> None:
        assert reader('{"amount": null}').optional_money("amount", "currency") is None
        with pytest.raises(UnreadableField) as caught:
            reader('{"amount": 3}').optional_money("amount", "currency")
        assert fault(caught) == ("reservations[3].currency", "missing_field")

    @pytest.mark.parametrize(
        ("currency", "amount", "code"),
        [
            ("XXQ", "1", "unknown_currency"),
            ("EUR", "1.005", "bad_amount"),
            ("EUR", "1e300", "bad_amount"),
        ],
    )
    def test_rejects_invalid_amounts(self, currency: str, amount: str, code: str) -> None:
        with pytest.raises(UnreadableField) as caught:
            reader(f'{{"k": {amount}}}').money_in(currency, "k")
        assert fault(caught) == ("reservations[3].k", code)


class TestFieldTrace:
    def test_unread_has_every_unread_field(self) -> None:
        r = reader(
            '{"Number": "7", "Rate": 1.50, "Options": {"A": [1, null]}, "L": [{"x": 1}]}', ""
        )
        r.text("Number", target="confirmation_number")
        assert r.unread() == {"Rate": "1.50", "Options": '{"A":[1,null]}', "L": '[{"x":1}]'}
        assert r.field_trace() == {"Number": "confirmation_number"}

    def test_unread_descends_into_partly_read_objects(self) -> None:
        r = reader('{"g": {"n": "A", "x": 1}, "l": [{"a": 1, "b": 2}, {"a": 3}]}', "r[0]")
        r.object("g").text("n", "last_name")
        r.objects("l")[0].integer("a", "rooms")
        assert r.unread() == {"r[0].g.x": "1", "r[0].l[0].b": "2", "r[0].l[1]": '{"a":3}'}
        assert r.field_trace() == {"r[0].g.n": "last_name", "r[0].l[0].a": "rooms"}

    def test_peek_does_not_mark_as_read(self) -> None:
        r = reader('{"type":"A","id":"1"}', "")
        assert (r.peek("type"), r.peek("none")) == ("A", ABSENT)
        assert r.unread() == {"type": '"A"', "id": '"1"'}
        assert r.field_trace() == {}

    def test_opened_but_unread_object_is_one_entry(self) -> None:
        r = reader('{"g": {"n": "A", "x": 1}, "e": [], "o": {}}', "")
        r.object("g").optional_text("missing")
        r.objects("e")
        assert r.unread() == {"g": '{"n":"A","x":1}', "o": "{}"}

    def test_unread_has_empty_values(self) -> None:
        r = reader('{"n": null, "t": "", "e": [], "o": {}, "l": [{"a": 1}, {}]}', "")
        r.objects("l")[0].integer("a")
        assert r.unread() == {"n": "null", "t": '""', "e": "[]", "o": "{}", "l[1]": "{}"}

    def test_reads_through_two_openings_are_kept(self) -> None:
        r = reader('{"g": {"n": "A", "x": 1}}', "")
        r.object("g").text("n")
        r.object("g").integer("x")
        assert r.unread() == {}

    def test_trace_has_dropped_fields(self) -> None:
        r = reader('{"AccessToken": "t"}', "")
        r.drop("AccessToken", "credential")
        r.drop("NotThere", "credential")
        assert r.unread() == {}
        assert r.field_trace() == {"AccessToken": "(dropped: credential)"}

    def test_quotes_special_keys(self) -> None:
        r = reader('{"ok": 1, "a.b": 1}', "r")
        r.integer("ok")
        assert r.unread() == {'r["a.b"]': "1"}

    def test_cost_per_field_is_constant(self) -> None:
        few, many = ({f"Field{n}": "value" for n in range(count)} for count in (40, 4_000))
        assert _calls_to_read(many) <= 100 * _calls_to_read(few)
        assert _calls_to_read(few) <= 40 * 15


def _calls_to_read(item: dict[str, Json]) -> int:
    """Function calls to open, read and trace all fields of an item."""

    def read() -> None:
        r = Reader(item)
        for key in item:
            r.optional_text(key, "target")
        r.unread()
        r.field_trace()

    return count_calls(read)
