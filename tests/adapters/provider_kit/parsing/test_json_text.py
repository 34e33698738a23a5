import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import (
    MAX_DEPTH,
    Json,
    dumps,
    first_duplicate,
    loads,
    loads_response,
    split_items,
)
from ports.errors import TooManyItems

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False).filter(lambda d: abs(d.adjusted()) < 400)
)
_HOSTILE_TEXT = st.text('[]{}"\\n\xe9', max_size=3)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


class TestLoads:
    def test_keeps_every_digit_of_a_fraction(self) -> None:
        assert loads('{"a": 129.10}') == {"a": Decimal("129.10")}
        assert str(loads("0.1000000000000000055511151231257827")) == (
            "0.1000000000000000055511151231257827"
        )

    def test_big_integers_are_exact(self) -> None:
        assert loads(str(10**80 + 1)) == 10**80 + 1

    @pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}'])
    def test_rejects_nan_and_infinity(self, text: str) -> None:
        with pytest.raises(UnreadableJson, match="is not a number"):
            loads(text)

    def test_rejects_duplicate_key_by_name(self) -> None:
        with pytest.raises(UnreadableJson, match="a key of 6 characters occurs twice"):
            loads('[{"x": {"Status": 1, "Status": 2}}]')

    @pytest.mark.parametrize(
        "text",
        [
            '{"a":1,"a" :2}',
            '{"a" : 1, "a": 2, "b": ":"}',
            '{"a":1,"a"\n:2,"b":"\\":"}',
            '{"a":"\\":","a":[]}',
            '{"a":1,"\\u0061":2}',
            '[{"b":":"},{"a":1,"a"\t:{}}]',
        ],
    )
    def test_detects_duplicate_key_in_any_notation(self, text: str) -> None:
        with pytest.raises(UnreadableJson, match="a key of 1 characters occurs twice"):
            loads(text)

    @pytest.mark.parametrize(
        "text", ['{":":":","\\":":"\\":"}', '{"a" : " x ", "b":": \\": "}', '["a", ":", {}]']
    )
    def test_accepts_quotes_and_colons_in_texts(self, text: str) -> None:
        assert loads(text) == json.loads(text)

    def test_error_does_not_quote_unprintable_key(self) -> None:
        with pytest.raises(UnreadableJson) as caught:
            loads('{"a@b.example": 1, "a@b.example": 2}')
        assert "a@b.example" not in str(caught.value)

    def test_error_has_the_position(self) -> None:
        with pytest.raises(UnreadableJson) as caught:
            loads('{"a": 1,, "b": 2}')
        assert caught.value.position == 8

    @pytest.mark.parametrize("text", ["", "   ", '{"a": 1} x', "{'a': 1}", "[1,]", '"\x01"'])
    def test_rejects_invalid_json(self, text: str) -> None:
        with pytest.raises(UnreadableJson):
            loads(text)

    @pytest.mark.parametrize("text", [b"\xef\xbb\xbf[1]", "\ufeff[1]"])
    def test_accepts_a_byte_order_mark(self, text: str | bytes) -> None:
        assert loads(text) == [1]

    def test_rejects_other_encodings(self) -> None:
        with pytest.raises(UnreadableJson, match="not UTF-8, see byte 2"):
            loads(b'["\xe9"]')
        with pytest.raises(UnreadableJson):
            loads('{"a": 1}'.encode("utf-16"))

    @pytest.mark.parametrize("depth", [66, 500, 100_000])
    def test_rejects_depth_bomb(self, depth: int) -> None:
        with pytest.raises(UnreadableJson, match="nested too deeply"):
            loads("[" * depth + "]" * depth)
        with pytest.raises(UnreadableJson):
            loads('{"a":' * depth)

    @pytest.mark.parametrize("depth", [66, 500])
    def test_of_a_response_becomes_text_beyond_the_limit(self, depth: int) -> None:
        deep = "[" * depth + "]" * depth
        inner = loads_response(f'[{{"id": 1, "deep": {deep}}}, {{"id": 2}}]')
        assert isinstance(inner, list)
        assert inner[1] == {"id": 2}
        assert json.dumps(inner).replace(" ", "").count("[") == depth + 1
        loads(dumps(inner))

    @given(
        keys=st.lists(_HOSTILE_TEXT, min_size=55, max_size=70),
        texts=st.lists(_HOSTILE_TEXT, max_size=4),
        ascii_only=st.booleans(),
    )
    def test_counts_only_brackets_outside_of_texts(
        self, keys: list[str], texts: list[str], *, ascii_only: bool
    ) -> None:
        value: object = texts
        for key in keys[1:]:
            value = {key: value, "other": texts} if len(key) % 2 else [key, value, texts]
        text = json.dumps(value, ensure_ascii=ascii_only)
        if len(keys) > MAX_DEPTH:
            with pytest.raises(UnreadableJson, match="nested too deeply"):
                loads(text)
        else:
            assert loads(text) == value

    def test_accepts_realistic_depth(self) -> None:
        assert loads("[" * 60 + "]" * 60) is not None

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            *((each, "exponent") for each in ("1e999999999", "-1E-9999", f"1e{'9' * 23}")),
            pytest.param("9" * 10_000, "too long", id="integer"),
        ],
    )
    def test_rejects_huge_numbers(self, text: str, message: str) -> None:
        with pytest.raises(UnreadableJson, match=message):
            loads(text)


class _CountedKey(str):
    __slots__ = ()
    comparisons = 0

    def __eq__(self, other: object) -> bool:
        type(self).comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class TestFirstDuplicate:
    def test_compares_each_key_once_at_most(self) -> None:
        _CountedKey.comparisons = 0
        keys = [_CountedKey(n % 1_999) for n in range(2_000)]
        assert first_duplicate(keys) == "0"
        assert _CountedKey.comparisons <= 2 * len(keys)

    def test_is_the_one_that_occurs_first(self) -> None:
        assert first_duplicate(["a", "b", "c", "c", "b"]) == "b"


class TestSplitItems:
    def test_object_is_one_item_with_its_text(self) -> None:
        (item,) = split_items(' \n{"a":  1.50}\n', limit=5)
        assert item.text == '{"a":  1.50}'
        assert item.value == {"a": Decimal("1.50")}

    def test_keeps_the_exact_text_of_each_element(self) -> None:
        items = list(split_items('[ {"b":1, "a" : 2.0} ,\n{"x":"\\u00e9"},3 ]', limit=5))
        assert [item.text for item in items] == ['{"b":1, "a" : 2.0}', '{"x":"\\u00e9"}', "3"]
        assert items[1].value == {"x": "é"}

    def test_empty_array_has_no_items(self) -> None:
        assert list(split_items(" [ ] ", limit=5)) == []

    def test_accepts_as_many_items_as_the_limit(self) -> None:
        assert len(list(split_items(dumps([{}] * 1000), limit=1000))) == 1000

    def test_rejects_one_more_without_parsing_it(self) -> None:
        text = "[" + "{}," * 1000 + "this is not even JSON"
        with pytest.raises(TooManyItems) as caught:
            list(split_items(text, limit=1000))
        assert caught.value.details == {"limit": 1000}

    @pytest.mark.parametrize(
        "bad", ['{"k":1,"k":2}', '{"n": NaN}', "[" * 70 + "]" * 70, '{"n": 1e9999}', "9" * 5000]
    )
    def test_invalid_element_does_not_affect_the_others(self, bad: str) -> None:
        items = list(split_items(f'[{{"a":1}}, {bad} , {{"b":2}}]', limit=5))
        assert [item.problem is None for item in items] == [True, False, True]
        assert items[1].text == bad

    @pytest.mark.parametrize(
        "text", ["[{} {}]", "[{},]", "[{}", "[", "[{}] x", "3", '"x"', "", "{"]
    )
    def test_rejects_broken_message(self, text: str) -> None:
        with pytest.raises(UnreadableJson):
            list(split_items(text, limit=5))


class TestDumps:
    def test_decimals_are_exact(self) -> None:
        assert dumps({"b": Decimal("129.10"), "a": [True, None]}) == '{"b":129.10,"a":[true,null]}'

    def test_sorts_keys_on_request(self) -> None:
        assert dumps({"b": 1, "a": 2}, sort_keys=True) == '{"a":2,"b":1}'

    def test_escapes_lone_surrogate(self) -> None:
        text = dumps(loads('["é\\ud800"]'))
        assert text.encode() == '["é\\ud800"]'.encode()

    def test_writes_integers_of_any_size(self) -> None:
        assert dumps({"n": [2**70, Decimal("0.10")]}) == '{"n":[1180591620717411303424,0.10]}'

    @given(_JSON)
    def test_round_trip(self, value: Json) -> None:
        again = loads(dumps(value).encode())
        assert again == value
        assert dumps(again) == dumps(value)


class TestLoadsResponse:
    def test_valid_text_is_loaded_unchanged(self) -> None:
        assert loads_response('{"a": [1.10, null]}') == loads('{"a": [1.10, null]}')

    @pytest.mark.parametrize(
        ("text", "taken"),
        [
            ('[{"n": NaN}, {"n": 1}]', [{"n": "NaN"}, {"n": 1}]),
            ('[{"n": -Infinity}]', [{"n": "-Infinity"}]),
            ('[{"n": 1e9999}]', [{"n": "1e9999"}]),
            ('[{"k": 1, "k": 1}]', [{"k": 1}]),
            ('[{"k": 1, "k": 2, "k": 3}]', [{"k": {"(occurs twice)": [1, 2, 3]}}]),
            ('[{"k": {}, "k": {"a": 1}}]', [{"k": {"(occurs twice)": [{}, {"a": 1}]}}]),
        ],
    )
    def test_replaces_lossy_values_in_place(self, text: str, taken: Json) -> None:
        assert loads_response(text) == taken
        assert loads(dumps(taken)) == taken

    @pytest.mark.parametrize(
        "text", ["NaN", '{"a": [', "<html>", "", "9" * 5000, "[" * 10_000 + "]" * 10_000]
    )
    def test_rejects_other_texts(self, text: str) -> None:
        with pytest.raises(UnreadableJson):
            loads_response(text)
