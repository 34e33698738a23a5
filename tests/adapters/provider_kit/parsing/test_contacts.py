from importlib import resources

import pytest

from adapters.outbound.provider_kit.parsing.contact_values import contact_value, is_masked
from adapters.outbound.provider_kit.parsing.countries import COUNTRY_CODES, country_code
from adapters.outbound.provider_kit.parsing.json_text import dumps
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from domain.values import ABSENT


class TestContactValue:
    @pytest.mark.parametrize("text", ["*****", "**", " *** ", "***@***", "••••", "(***) ***-****"])
    def test_drops_masks(self, text: str) -> None:
        assert is_masked(text)
        assert contact_value(text) is None

    @pytest.mark.parametrize("text", ["A*", "*", "Ann ** Lee", "+43 1 555", "-", "a@b.example"])
    def test_keeps_other_texts(self, text: str) -> None:
        assert contact_value(text) == text

    @pytest.mark.parametrize(
        ("text", "value"), [(" Eve@X.example \t", "Eve@X.example"), ("  ", None), (None, None)]
    )
    def test_trims(self, text: str | None, value: str | None) -> None:
        assert contact_value(text) == value


class TestCountryCode:
    def test_codes_are_those_of_the_time_zone_database(self) -> None:
        table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text()
        lines = [line for line in table.splitlines() if line and not line.startswith("#")]
        assert {line.split("\t")[0] for line in lines} == COUNTRY_CODES

    @pytest.mark.parametrize(
        ("text", "code"),
        [("at", "AT"), (" DE ", "DE"), ("UK", "GB"), ("XX", None), ("AUT", None), ("Italy", None)],
    )
    def test_is_checked(self, text: str, code: str | None) -> None:
        assert country_code(text) == code


class TestReader:
    def reader(self) -> Reader:
        return reader_for(
            {
                "mail": " a@b.example ",
                "masked": "*****",
                "blank": "  ",
                "none": None,
                "of": "at",
                "from": "Utopia",
            }
        )

    def test_contact_is_trimmed_and_never_a_mask(self) -> None:
        r = self.reader()
        keys = ("mail", "masked", "blank", "none", "missing")
        assert [r.contact(key) for key in keys] == ["a@b.example", None, None, None, None]
        fields = [r.field_contact(key) for key in keys]
        assert fields == ["a@b.example", ABSENT, None, None, ABSENT]

    def test_masked_value_is_reported_as_dropped(self) -> None:
        r = self.reader()
        r.contact("masked", "email")
        assert r.field_trace()["masked"] == "(dropped: masked)"

    def test_unknown_country_stays_unread(self) -> None:
        r = self.reader()
        assert (r.country("of", "country"), r.country("from", "country")) == ("AT", None)
        assert (r.field_country("missing"), r.field_country("masked")) == (ABSENT, ABSENT)
        assert r.unread()["from"] == dumps("Utopia")
