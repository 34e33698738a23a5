"""The card numbers are published test numbers."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.card_scrubber import scrub, scrub_bytes

CARDS = {
    "visa": "4111111111111111",
    "mastercard": "5555555555554444",
    "mastercard 2": "2223003122003222",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "jcb": "3530111333300000",
    "diners": "30569309025904",
    "unionpay": "6200000000000005",
}
_PIECES = st.lists(
    st.sampled_from(
        [*CARDS.values(), "4111 1111 1111 1111", " ", "-", "1111", "cvv", '":"', "0", "x"]
    )
).map("".join)


class TestCardNumbers:
    @pytest.mark.parametrize("number", CARDS.values(), ids=CARDS.keys())
    def test_keep_only_their_last_four_digits(self, number: str) -> None:
        assert scrub(f"paid by {number}.") == f"paid by {'*' * (len(number) - 4)}{number[-4:]}."

    @pytest.mark.parametrize("gap", [" ", "-", ".", "\u00a0", "\u2011"])
    def test_are_found_in_the_groups_printed_on_cards(self, gap: str) -> None:
        visa = gap.join(["4111", "1111", "1111", "1111"])
        amex = gap.join(["3782", "822463", "10005"])
        assert scrub(f"({visa})") == f"({gap.join(['****', '****', '****', '1111'])})"
        assert scrub(f"({amex})") == f"({gap.join(['****', '******', '*0005'])})"

    def test_are_found_after_other_numbers_and_text(self) -> None:
        assert scrub("Room 4000 4111 1111 1111 1111") == "Room 4000 **** **** **** 1111"
        assert scrub("Visa4111111111111111exp1227") == "Visa************1111exp****"

    def test_mask_the_code_after_the_number(self) -> None:
        assert scrub("No. 4111 1111 1111 1111 123") == "No. **** **** **** 1111 ***"

    def test_unquoted_json_number_stays_a_number(self) -> None:
        for text in ('{"n": 4111111111111111}', "[4111111111111111, 2]", "4111111111111111"):
            assert "9999999999991111" in scrub(text)
            json.loads(scrub(text))

    def test_other_bytes_are_unchanged(self) -> None:
        assert scrub_bytes(b"\xff\xe9 4111111111111111") == b"\xff\xe9 ************1111"


class TestOtherNumbers:
    @pytest.mark.parametrize(
        "text",
        [
            "4111111111111112",
            "1234567890123452",
            "44111111111111111111111",
            "0004111111111111111",
            "+4111111111111111",
            "48.36123456789012 and 0.4111111111111111",
            "41111111-1111-4111-8111-a11111111111",
            "4111111111111111aaaaaaaaaaaaaaaa",
            '{"ts": 1782858600123, "us": 1782858600123456, "ticks": 638862858600000000}',
            "+43 1 5321 4321, 0043 664 1234567, 00374111111111111111",
            "2026-06-30T22:30:00.1234567Z 20260630223000",
        ],
    )
    def test_are_unchanged(self, text: str) -> None:
        assert scrub(text) == text


class TestCardFields:
    @pytest.mark.parametrize(
        ("text", "scrubbed"),
        [
            ('{"cvv": "123", "CVC":1234}', '{"cvv": "***", "CVC":9999}'),
            (
                '<PaymentCard CardCode="VI" SeriesCode="123"/>',
                '<PaymentCard CardCode="VI" SeriesCode="***"/>',
            ),
            ("<SeriesCode><PlainText>987</PlainText>", "<SeriesCode><PlainText>***</PlainText>"),
            (
                '<c:SeriesCode>\n          <ns1:PlainText lang="x">\n  987 </ns1:PlainText>',
                '<c:SeriesCode>\n          <ns1:PlainText lang="x">\n  *** </ns1:PlainText>',
            ),
            ('{"card_code": "1234", "cardCode": "VI"}', '{"card_code": "****", "cardCode": "VI"}'),
            ('{"CardNumber": "411111111111"}', '{"CardNumber": "********1111"}'),
            ('{"pan": 6759649826438452}', '{"pan": 9999999999998452}'),
            ('{\\"cvv\\": \\"123\\"}', '{\\"cvv\\": \\"***\\"}'),
            ("card_number=6759649826438452&x", "card_number=************8452&x"),
        ],
    )
    def test_are_masked_by_field_name(self, text: str, scrubbed: str) -> None:
        assert scrub(text) == scrubbed

    @pytest.mark.parametrize(
        "text",
        ['{"company": 123, "Japan": "123456789012"}', '{"cardNumber": "12345"}', "expiry 12/27"],
    )
    def test_other_fields_are_unchanged(self, text: str) -> None:
        assert scrub(text) == text


def json_structure(text: str | bytes) -> object:
    """The types of all keys and values, in place of their contents."""

    def types(value: object) -> object:
        return [types(each) for each in value] if isinstance(value, list | tuple) else type(value)

    return types(json.loads(text, object_pairs_hook=list))


class TestScrubbing:
    @given(st.text() | _PIECES)
    def test_is_idempotent_and_keeps_the_length(self, text: str) -> None:
        once = scrub(text)
        assert scrub(once) == once
        assert len(once) == len(text)
        assert re.sub(r"[0-9*]", "", once) == re.sub(r"[0-9*]", "", text)

    @given(st.recursive(st.text() | st.integers(), lambda i: st.dictionaries(_PIECES, i)))
    def test_keeps_json_valid(self, value: object) -> None:
        text = json.dumps(value)
        assert json_structure(scrub(text)) == json_structure(text)

    def test_is_linear_on_long_digit_runs(self) -> None:
        text = "4111 " * 50_000 + "4" * 200_000
        assert len(scrub(text)) == len(text)
