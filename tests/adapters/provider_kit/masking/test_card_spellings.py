"""How people write card numbers, security codes and expiry dates. The numbers are published test
numbers."""

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub

VISA = "4111111111111111"
AMEX = "378282246310005"
SEPARATORS = [
    *" -./_,:;|\\~='*<>^&@#$`",
    '" "',
    ") (",
    "] [",
    "}{",
    "%252D",
    "&nbsp;",
    "&#160;",
    "&#8201;",
    "&#x2011;",
    "%20",
    "%2D",
    "\\n",
    "\\u00a0",
    "\t",
    "\n",
    "\r\n",
    "   ",
    " - ",
    ", ",
    " * ",
    " > ",
    "</b> <b>",
    "<br/>",
    "</i>\n<span class='n'>",
    *"\u2026\u2192\u25cf\u00ab\u00b0",
    *"\u00a0\u2009\u202f\u200b\u2060\ufeff",
    *"\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "\u00b7",
    "\uff0f",
    "\uff3f",
]
GROUPS = [
    (4, 4, 4, 4),
    (8, 8),
    (4, 12),
    (6, 10),
    (4, 4, 8),
    (4, 6, 6),
    (5, 5, 6),
    (2,) * 8,
    (1,) * 16,
]


def in_groups(number: str, lengths: tuple[int, ...], separator: str) -> str:
    groups, position = [], 0
    for length in lengths:
        groups.append(number[position : position + length])
        position += length
    return separator.join(groups)


def digits_in(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


class TestCardNumbers:
    @pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
    @pytest.mark.parametrize("lengths", GROUPS, ids=str)
    def test_are_masked_with_any_separator(self, lengths: tuple[int, ...], separator: str) -> None:
        masked = scrub(f"pay with {in_groups(VISA, lengths, separator)} please")
        shown = digits_in(masked.replace(separator, ""))
        assert VISA.endswith(shown)
        assert len(shown) <= 4

    @pytest.mark.parametrize("zero", [0x0660, 0x0966, 0xFF10, 0x1D7CE], ids=hex)
    def test_are_masked_in_digits_of_any_script(self, zero: int) -> None:
        text = in_groups(VISA, (4, 4, 4, 4), " ").translate({0x30 + n: zero + n for n in range(10)})
        assert scrub(text) == f"**** **** **** {text[-4:]}"

    @pytest.mark.parametrize("separator", ["</td><td>", "</p>\n<p>", "</li>\n  <li class='n'>"])
    @pytest.mark.parametrize("lengths", [(4, 4, 4, 4), (2,) * 8, (1,) * 16], ids=str)
    def test_are_masked_in_cells_and_paragraphs(
        self, lengths: tuple[int, ...], separator: str
    ) -> None:
        masked = scrub(f"<td>{in_groups(VISA, lengths, separator)}</td>")
        assert digits_in(masked) in ("1111", "11", "1")
        number, other = in_groups(VISA, lengths, separator), "9" * max(lengths)
        for listed in ([other, number], [number, other]):
            text = f"<td>{separator.join(listed)}</td>"
            assert scrub(text) == text

    def test_are_masked_as_emoji(self) -> None:
        assert digits_in(scrub("".join(f"{digit}\ufe0f\u20e3" for digit in VISA))) == "11"

    def test_are_masked_in_styled_text(self) -> None:
        groups = [f"<span style='width:120px'>{VISA[n : n + 4]}</span>" for n in range(0, 16, 4)]
        assert "411" not in scrub(f"No. {' '.join(groups)}")

    def test_are_masked_next_to_other_numbers(self) -> None:
        assert digits_in(scrub("room 12, 41111111 11111111, 2 keys")) == "1211112"
        assert digits_in(scrub("Room 4000 4111 1111 1111 1111")) == "40001111"

    def test_are_masked_in_lists_of_them(self) -> None:
        text = "\n".join([VISA, in_groups(AMEX, (4, 6, 5), " "), VISA] * 20)
        assert len(digits_in(scrub(text))) == 240

    def test_are_masked_in_endless_runs_of_groups(self) -> None:
        assert digits_in(scrub("4111-" * 10_000)) == ""


class TestSecurityCodes:
    @pytest.mark.parametrize(
        "text",
        [
            "CVV-{}",
            "CVV#{}",
            "CVV # {}",
            "CVV ({})",
            "CVC2: {}",
            "cvv2={}",
            "CVV{}",
            "csc {}",
            "my security code is {}",
            "Security Code: {}",
            "card code {}",
            "card verification number {}",
            "cvv\n{}",
            "CVV number: {}",
            "\uff23\uff36\uff36 {}",
            "C.V.V. {}",
            "c.v.c.: {}",
            "C V V {}",
            "C-V-V: {}",
            "C/V/V {}",
            "CAV2 {}",
            "CVV for this booking will be {}",
            "CVV as follows: {}",
            "CVC Pr\u00fcfnr. {}",
            "Sicherheitsziffern {}",
            "code s\u00e9curit\u00e9 {}",
            "codice sicurezza: {}",
            "c\u00f3d. seguridad: {}",
            "CVV-2: {}",
            "CVVs: {}",
            "CVV *{}",
            "CVV **{}",
            "CVV: ** {}",
            "<b>CVV</b>: {}",
            "CVV: <i>{}</i>",
            "<td>CVV</td><td>{}</td>",
            "the cvv of the card is {}",
            "the CVV for my Visa card is: {}",
            "cvv on the back: {}",
            "sec. code {}",
            "card security number: {}",
            "CVV der Karte ist {}",
            "die CVC lautet {}",
            "Kartenpr\u00fcfnummer (KPN): {}",
            "Pruefziffer {}",
            "Sicherheitscode der Karte: {}",
            "Sicherheitsnummer auf der R\u00fcckseite {}",
            "le cvv de la carte est {}",
            "code CVV : {}",
            "code de s\u00e9curit\u00e9 de la carte : {}",
            "cryptogramme visuel : {}",
            "il cvv della carta \u00e8 {}",
            "codice di sicurezza: {}",
            "el cvv de la tarjeta es {}",
            "c\u00f3digo de seguridad {}",
            "codigo de seguridad de mi tarjeta: {}",
            "n\u00famero CVV {}",
        ],
    )
    @pytest.mark.parametrize("code", ["123", "1234", "1 2 3", "\uff11\uff12\uff13"])
    def test_are_masked_after_their_name(self, text: str, code: str) -> None:
        masked = scrub(text.format(code))
        assert masked == text.format("".join("*" if char.isdigit() else char for char in code))

    @pytest.mark.parametrize(
        "text",
        [
            "3 digits: {}",
            "3-digit code {}",
            "three digit code: {}",
            "last three digits on the back {}",
            "the last 3 digits at the back are {}",
            "3 digits on the back of the card: **{}",
            "3 Ziffern: {}",
            "die letzten drei Ziffern auf der R\u00fcckseite {}",
            "3-stellige Nummer hinten: {}",
            "dreistelliger Code {}",
            "letzte 3 Stellen {}",
            "last three numbers on the back {}",
            "letzten drei Nummern: {}",
            "3 derniers num\u00e9ros au dos {}",
            "ultimi 3 numeri {}",
            "trois derniers chiffres au dos {}",
            "les 3 chiffres : {}",
            "ultime tre cifre sul retro {}",
            "3 cifre: {}",
            "\u00faltimos tres d\u00edgitos {}",
            "los 3 ultimos digitos del reverso: {}",
            "las 3 cifras {}",
        ],
    )
    def test_are_masked_after_the_count_of_their_digits(self, text: str) -> None:
        assert scrub(text.format("123")) == text.format("***")

    def test_of_four_digits_are_on_the_front(self) -> None:
        assert scrub("4 digits on the front 1234") == "4 digits on the front ****"
        assert scrub("last four digits 1234") == "last four digits 1234"

    @pytest.mark.parametrize(
        "text",
        [
            "4111 1111 1111 1111 123",
            "4111 1111 1111 1111, code 123",
            "4111 1111 1111 1111\ncode: 123",
            "code 123 for 4111 1111 1111 1111",
            "4111-1111-1111-1111 / 12/27 / 123",
            "4111111111111111 12/27 123",
            "4111 1111 1111 1111 exp 12/27 cvv 123",
            "4111 1111 1111 1111 valid until 12-2027 (123)",
            "4111 1111 1111 1111 1227 123",
            "4111 1111 1111 1111, on the back: 123",
            "4111 1111 1111 1111 Kontrollnummer 123",
            "4111 1111 1111 1111, CID 1234",
            "4111*1111*1111*1111*123",
        ],
    )
    def test_are_masked_beside_a_card_number_with_its_expiry(self, text: str) -> None:
        assert digits_in(scrub(text)) == "1111"

    @pytest.mark.parametrize(
        "text",
        [
            "door code 1234",
            "promo code 123",
            "room of three digits? 101",
            "two digits 123",
            "three room numbers 101",
            "3 digits and a price of 123.50",
            "CVV ************1234",
            "expiry 12/27",
            "4111 1111 1111 1111 arrives 2027-05-01",
            "4111 1111 1111 1111 2027-05-01 412.50 EUR",
        ],
    )
    def test_are_not_seen_in_other_numbers(self, text: str) -> None:
        assert digits_in(scrub(text))[-4:] == digits_in(text)[-4:]
