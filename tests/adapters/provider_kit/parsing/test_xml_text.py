"""Parsing and writing of untrusted XML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.parsing import xml_text
from adapters.outbound.provider_kit.parsing.errors import ForbiddenXml, OversizeXml, UnreadableXml
from adapters.outbound.provider_kit.parsing.xml_text import (
    MAX_ATTRIBUTES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    XmlElement,
    parse_xml,
    write_xml,
)
from ports.errors import UnreadableMessage

BILLION_LAUGHS = (
    "<!DOCTYPE z ["
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><z>&a9;</z>"
)
QUADRATIC = f'<!DOCTYPE z [<!ENTITY a "{"x" * 50_000}">]><z>{"&a;" * 10_000}</z>'


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacks would occupy libxml2 for minutes or exhaust the memory."""
    monkeypatch.setattr(xml_text, "etree", None)


class TestDocumentType:
    @pytest.mark.parametrize(
        "text",
        [
            BILLION_LAUGHS,
            QUADRATIC,
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x">%x;]><a/>',
            "<?xml version='1.0'?><!-- c --><?p i?>\n <!DOCTYPE a><a/>",
            "<!doctype a><a/>",
            "\ufeff<!DOCTYPE a><a/>",
        ],
    )
    def test_is_rejected_before_parsing(self, text: str, no_parser: None) -> None:
        with pytest.raises(ForbiddenXml):
            parse_xml(text.encode())

    def test_is_accepted_inside_text(self) -> None:
        text = b"<a><!-- <!DOCTYPE b> --><![CDATA[<!DOCTYPE c>]]></a>"
        assert parse_xml(text).value == "<!DOCTYPE c>"


class TestLimits:
    @pytest.mark.parametrize(
        "body",
        [
            b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
            b"<r>" + b"<a/>" * MAX_ELEMENTS + b"</r>",
        ],
    )
    def test_oversize_tree_is_rejected(self, body: bytes) -> None:
        with pytest.raises(OversizeXml):
            parse_xml(body)

    @pytest.mark.parametrize(
        "body",
        [
            b" " * MAX_BYTES + b"<a/>",
            b"<a " + b" ".join(b'b%d = "1"' % n for n in range(MAX_ATTRIBUTES + 1)) + b"/>",
            b"<a " + b" ".join(b"b%d='1'" % n for n in range(150_000)) + b"/>",
        ],
    )
    def test_oversize_document_is_rejected_before_parsing(
        self, body: bytes, no_parser: None
    ) -> None:
        with pytest.raises(OversizeXml):
            parse_xml(body)

    def test_document_at_the_limits_is_accepted(self) -> None:
        depth = parse_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH)
        assert depth.children[0].name == "a"
        line = parse_xml(b'<a note="' + b"=" * 1_000 + b'">' + b"=" * 1_000 + b"</a>")
        assert line.value == "=" * 1_000


class TestInvalidXml:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b" ",
            b"{}",
            b"<a>",
            b"<a/><b/>",
            b"<a>&other;</a>",
            b"<a>\xff</a>",
            b"<a>\0</a>",
            b'<a x="1" x="2"/>',
            "<a/>".encode("utf-16"),
            "<a/>".encode("utf-16-be"),
            "<a/>".encode("utf-32"),
            b'<?xml version="1.0" encoding="UTF-7"?><a/>',
            b'<?xml version="1.0" encoding="unheard-of"?><a/>',
            b'<?xml version="1.0" encoding="UTF-8"?><a>\xe4</a>',
            b"<a>" * 100_000,
        ],
    )
    def test_is_rejected_without_quoting_it(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage) as refused:
            parse_xml(body)
        assert isinstance(refused.value, UnreadableXml)
        assert refused.value.code in ("unreadable_xml", "oversize_xml")
        assert "other" not in str(refused.value)


class TestElement:
    def test_has_local_names_attributes_and_texts(self) -> None:
        root = parse_xml(
            b'<?xml version="1.0" encoding="UTF-8"?><s:a xmlns:s="urn:s" x="1" s:y="2">'
            b" t <!-- c --><b>1</b> u <s:c/><b>2</b></s:a>"
        )
        assert (root.name, root.namespace) == ("a", "urn:s")
        assert root.attributes == {"x": "1", "{urn:s}y": "2"}
        assert [child.value for child in root.all("b")] == ["1", "2"]
        assert root.child("c") == XmlElement(name="c", namespace="urn:s")
        assert root.child("d") is None
        assert root.value == "t  u"

    @pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "iso-8859-15", "us-ascii"])
    def test_is_decoded_in_the_declared_encoding(self, encoding: str) -> None:
        content = "S" if encoding == "us-ascii" else "Süß"
        text = f'<?xml version="1.0" encoding="{encoding}"?><a>{content}</a>'
        assert parse_xml(text.encode(encoding)).value == content

    def test_resolves_character_references(self) -> None:
        assert parse_xml(b'<a b="&#52;&lt;">&#x34;&amp;</a>').attributes == {"b": "4<"}

    TEXTS = st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
        | st.sampled_from("\t\n&<>\"'")
    )

    @given(text=TEXTS, attribute=TEXTS, tail=TEXTS)
    def test_round_trip(self, text: str, attribute: str, tail: str) -> None:
        inner = XmlElement(name="b", attributes={"{urn:y}z": attribute}, text=text, tail=tail)
        root = XmlElement(
            name="a", namespace="urn:x", attributes={"c": attribute}, text=text, children=(inner,)
        )
        whole = {"\ufffe": "\ufffd", "\uffff": "\ufffd"}
        expected = write_xml(root).decode()
        for bad, good in whole.items():
            expected = expected.replace(bad, good)
        again = parse_xml(expected.encode())
        assert write_xml(again).decode() == expected

    def test_replaces_control_characters(self) -> None:
        assert parse_xml(write_xml(XmlElement(name="a", text="\0\x0b\ud800x"))).value.endswith("x")
