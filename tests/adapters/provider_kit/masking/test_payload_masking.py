"""Payloads are masked by decoded value; fields of ids keep numbers that look like card numbers. The
card numbers are published test numbers."""

import json
import re
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.masking import card_numbers
from adapters.outbound.provider_kit.masking.id_fields import is_id_field
from adapters.outbound.provider_kit.masking.payload_values import decoded, format_of, values_at
from adapters.outbound.provider_kit.parsing.json_text import loads
from adapters.outbound.provider_kit.parsing.xml_text import parse_xml
from tests.adapters.provider_kit.test_card_scrubber import json_structure

ID = "4239000000030077"
VISA = "4111111111111111"


def masked(value: object, *id_fields: str) -> object:
    return json.loads(scrub_bytes(json.dumps(value).encode(), frozenset(id_fields)))


class TestJson:
    @pytest.mark.parametrize(
        "text",
        [
            r'{"n": "\u0034111 1111 1111 1111"}',
            r'{"n": "4111\n1111\t1111\r\n1111"}',
            r'{"n": "4111\u00a01111\u20111111\u20091111"}',
            r'{"n": "\uff14111 1111 1111 1111"}',
            r'{"n": "\u00e44111 1111 1111 1111 \u00e4"}',
            r'{"n": "\u00e4\u0034111 1111 1111 1111\u0131"}',
            r'{"n": "\u04304111 1111 1111 1111\u0430"}',
            r'{"n": "Pr\u00fcfziffer 123, \u00E9\u00e4 4111 1111 1111 1111"}',
            r'{"n": "\ud835\udfd2111 1111 1111 1111"}',
            r'{"n": ["4111\/1111\/1111\/1111"]}',
            r'{"n": "{\"text\": \"4111 1111 1111 1111\"}"}',
            r'{"n": "&#52;111 1111 1111 1111"}',
            r'{"n": "\\u0034111 1111 1111 1111"}',
            r'{"n": "\\x34111 1111 1111 1111"}',
            r'{"n": "<b>4111</b> <b>1111</b>\n<b>1111</b> <b>1111</b>"}',
            r'{"n": "No. <span class=\"n\">4111</span><br/>1111<br>1111 / <i>1111</i>"}',
            r'{"n": "&lt;b&gt;4111&lt;/b&gt; 1111 &lt;b&gt;1111&lt;/b&gt; 1111"}',
            '\ufeff{"n" : "4111 1111 1111 1111"}',
        ],
    )
    def test_is_masked_as_it_is_read(self, text: str) -> None:
        before, after = loads(text), loads(scrub_bytes(text.encode()))
        shown = json.dumps(after, ensure_ascii=False)
        assert sum(char.isdigit() for char in shown) == 4
        assert type(before) is type(after)

    @pytest.mark.parametrize(
        "text",
        [
            r"&#x34;111&nbsp;1111&#8201;1111 1111",
            r"\\u0034111\\u00201111\\n1111 1111",
            r"%34111%201111%20%311%311%2D1111",
            r"&#x0034;&#049;11 1111 1111 1111",
            r"\x34111 \u{31}111 1111 1111",
            r"\U00000034111 1111 1111 1111",
            "&#52&#49&#49&#49 1111 1111 1111",
            "%2534111%25201111%25201111%25201111"[:-4] + " 1111",
        ],
    )
    def test_is_masked_if_encoded_twice(self, text: str) -> None:
        shown = str(masked({"n": text, "m": [{"n": f"paid by {text}."}]}))
        assert len(re.findall("1111", shown)) == 2
        assert json_structure(json.dumps({"n": text})) == json_structure(
            json.dumps(masked({"n": text}))
        )

    def test_keeps_all_other_text(self) -> None:
        text = '{ "a":1.50,\n"a": 1e2, "b": [NaN, "\\u00e9"], "c": "4111 1111 1111 1111" }'
        expected = text.replace("4111 1111 1111 1111", "**** **** **** 1111")
        assert scrub_bytes(text.encode()) == expected.encode()

    def test_masks_numbers_to_numbers(self) -> None:
        assert masked({"a": [int(VISA)], "cvv": 123}) == {"a": [9999999999991111], "cvv": 999}

    def test_keeps_numbers_in_lists_apart(self) -> None:
        assert masked({"a": [4111, 1111, 1111, 1111]}) == {"a": [4111, 1111, 1111, 1111]}

    def test_masks_the_code_of_a_named_field_only(self) -> None:
        assert masked({"cvv": "", "number": "101"}) == {"cvv": "", "number": "101"}
        assert masked({"cvv": "123", "room": "101"}) == {"cvv": "***", "room": "101"}

    def test_masks_a_pair_of_name_and_value(self) -> None:
        assert masked({"name": "CVV", "value": "123"}) == {"name": "CVV", "value": "***"}

    @pytest.mark.parametrize("text", ['{"n": "4111 1111 1111 1111', '["a" 4111 1111 1111 1111]'])
    def test_is_masked_if_malformed(self, text: str) -> None:
        assert (
            scrub_bytes(text.encode()) == text.replace("4111 1111 1111", "**** **** ****").encode()
        )

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_is_masked_in_utf_16(self, encoding: str) -> None:
        body = f'{{"id": "{ID}", "n": "4111 1111 1111 1111"}}'.encode(encoding)
        assert scrub_bytes(body).decode(encoding) == f'{{"id": "{ID}", "n": "**** **** **** 1111"}}'

    @given(st.recursive(st.text() | st.integers() | st.just(VISA), st.lists))
    def test_keeps_its_structure(self, value: object) -> None:
        text = json.dumps(value)
        assert json_structure(scrub_bytes(text.encode())) == json_structure(text)


class TestXml:
    @pytest.mark.parametrize(
        "text",
        [
            "<r><b>4111&#32;1111&#x20;1111&#160;1111</b></r>",
            "<r><b>&#52;111 1111 1111 1111</b></r>",
            "<r><b>4111 1111<!-- note --> 1111 1111</b></r>",
            "<r><b><![CDATA[4111 1111 1111]]> 1111</b></r>",
            "<r><b c='&#52;111 1111 1111 1111'/></r>",
            "<r><b c='4111\n1111\n1111\n1111'>x</b></r>",
            "<r><!-- 4111 1111 1111 1111 --></r>",
            "<r><n>&lt;b&gt;4111&lt;/b&gt; &lt;i&gt;1111&lt;/i&gt; 1111 1111</n></r>",
            "<r><![CDATA[<b>41</b><b>11</b>" + "<b>11</b>" * 4 + "<b>1111</b>]]></r>",
            "<r><n>&amp;#52;111 1111 1111 1111</n></r>",
            "<r><n>" + "&amp;#x3%c;" * 12 % tuple(VISA[:12]) + "1111</n></r>",
            "<r><n>\\u0034111 1111 1111 1111</n></r>",
            "<r><n>4111</n><n>1111</n><n>1111</n><n>1111</n></r>",
            "<r>\n  <n1>4111</n1>\n  <n2>1111</n2>\n  <n3>1111</n3>\n  <n4>1111</n4>\n</r>",
            "<r><p>No. <b>41</b><b>11</b>" + "<b>11</b>" * 4 + "<b>1111</b></p></r>",
            "<r><SeriesCode><PlainText> 9876 </PlainText></SeriesCode>1111</r>",
        ],
    )
    def test_is_masked_as_it_is_read(self, text: str) -> None:
        after = scrub_bytes(text.encode())
        root = parse_xml(after)
        texts = [value for each in root.walk() for value in (each.value, *each.attributes.values())]
        assert sum(char.isdigit() for char in "".join(texts)) in (0, 4)
        assert b"1111 1111" not in after
        assert b"411" not in after
        assert root.name == "r"

    @pytest.mark.parametrize(
        "text",
        [
            f'<x:R><UniqueID Type="14" ID="{ID}"/><ID>{ID}</ID></x:R>',
            f'<x:R><HotelReservationID ResID_Type="14" ResID_Value="{ID}"/></x:R>',
            f'<x:R><P HotelCode="{ID}"/></x:R>',
            # Codes and numbers of other elements than a card's.
            '<r><PaymentCard SeriesCode="" Number="1234"/></r>',
            "<r><c SeriesCode='' Code='123'/></r>",
            "<r><cvv/><number>101</number></r>",
            "<r><cvv></cvv><number>101</number></r>",
            # Ids and lists in adjacent elements.
            "<r><Id>4111</Id><Id>1111</Id><Id>1111</Id><Id>1111</Id></r>",
            "<r><Net>4111</Net><Tax>1111</Tax><Net>1111</Net><Tax>1111</Tax></r>",
            "<r><n>9000</n><n>4111</n><n>1111</n><n>1111</n><n>1111</n></r>",
            "<r><n>4111</n><n>1111</n><n>1111</n><n>1111</n><n>9000</n></r>",
            "<r><n>41111111</n><n>11111111</n></r>",
        ],
    )
    def test_keeps_ids_lists_and_codes_of_other_elements(self, text: str) -> None:
        assert scrub_bytes(text.encode()) == text.encode()


class TestIds:
    @pytest.mark.parametrize(
        "field",
        [
            "id",
            "Id",
            "ID",
            "externalId",
            "external_id",
            "reservationID",
            "bookingid",
            "guestIds",
            "confirmationNumber",
            "confirmation_number",
            "ReservationNo",
            "groupCode",
            "hotelCode",
            "channelReference",
            "bookingRef",
            "ResID_Value",
            "locator",
        ],
    )
    def test_stay_by_the_name_of_their_field(self, field: str) -> None:
        for value in (ID, int(ID), f"{ID}-1", f"RES/{ID}", [ID]):
            assert masked({field: value}) == {field: value}

    @pytest.mark.parametrize("field", ["notes", "cardNumber", "text", "idea", "phone", "cardId"])
    def test_are_not_in_other_fields(self, field: str) -> None:
        assert masked({field: ID}) == {field: "************0077"}

    def test_are_not_inside_a_card(self) -> None:
        assert masked({"paymentCard": {"id": VISA}}) == {"paymentCard": {"id": "************1111"}}

    def test_stay_in_declared_fields(self) -> None:
        value = {"code": ID, "room": {"code": ID}, "guests": {ID: {"name": "Ada"}}}
        assert masked(value, "code", "guests") == value
        assert masked(value, "room.code", "guests") == value | {"code": "************0077"}

    @pytest.mark.parametrize(
        "number",
        ["4111-1111-1111-1111", "4111 1111 1111 1111", "3782 822463 10005", f"Visa {VISA}"],
    )
    def test_are_masked_if_written_like_on_a_card(self, number: str) -> None:
        assert "****" in str(masked({"id": number}))

    def test_are_found_by_whole_words(self) -> None:
        assert not is_id_field(["grid", "side"], ())
        assert not is_id_field([], ())


class TestOperations:
    """The number of steps, not their time."""

    @pytest.mark.parametrize("piece", ["4111-", "4111 1111 1111 1112 x", "cvv ", "\\u0034", "1,"])
    def test_grow_with_the_length_only(self, piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
        checked = 0
        is_card = card_numbers._is_card

        def count(digits: bytes) -> bool:
            nonlocal checked
            checked += 1
            return is_card(digits)

        monkeypatch.setattr(card_numbers, "_is_card", count)
        text = f'{{"n": "{piece * 2_000}"}}'
        scrub_bytes(text.encode())
        assert checked <= len(text) / 4

    def test_read_each_value_once(self) -> None:
        text = json.dumps([{"a": "b", "c": [4239000000030077, {"d": "e"}]}] * 3)
        values = values_at(text, format_of(text), [(0, len(text))])
        assert [decoded(text, value) for value in values] == [
            "a", "b", "c", "4239000000030077", "d", "e",
        ] * 3  # fmt: skip


def as_xml(value: object) -> str:
    """Lists as elements with a comment, other values as an attribute and a text."""
    if isinstance(value, list):
        return f"<l> <!-- n -->{''.join(map(as_xml, value))} </l>"
    text = escape(str(value), {'"': "&quot;", "\r": " "})
    return f'<v a="{text}">{text}<!-- n -->{text}<![CDATA[<]]></v><e/>'


class TestReadingAtPlaces:
    """Reading a value alone gives what reading the whole payload gives for it."""

    @given(
        st.recursive(
            st.text(max_size=4) | st.just(int(ID)) | st.booleans(),
            lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=3), v, max_size=4),
        ),
        st.sampled_from([None, 1]),
    )
    def test_of_json(self, value: object, indent: int | None) -> None:
        self.check(json.dumps([value, {"k": value}, value], indent=indent))

    @given(
        st.recursive(st.text("ab<&\"' \n", max_size=4), lambda v: st.lists(v, max_size=3)),
    )
    def test_of_xml(self, value: object) -> None:
        self.check(f"<r><?pi?>{as_xml(value)}<deep>{as_xml([[[[value]], value]])}</deep></r>")

    def check(self, text: str) -> None:
        form = format_of(text)
        for value in list(values_at(text, form, [(0, len(text))])):
            if value.end > value.start:
                place = (value.end - 1, value.end)
                assert value in list(values_at(text, form, [place]))
                assert value in list(values_at(text, form, [(0, 1), place, place]))

    def test_skips_all_others(self) -> None:
        text = json.dumps([{"a": "b", "c": [ID, {"d": "e"}]}] * 3 + [{"f": {"g": "here"}}])
        start = text.index("here")
        (value,) = values_at(text, format_of(text), [(start, start + 4)])
        assert (decoded(text, value), value.keys[-2:]) == ("here", ("f", "g"))
