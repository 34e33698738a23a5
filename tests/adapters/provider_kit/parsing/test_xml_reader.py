"""The XML reader: values, unread values, and the field trace."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_lenient_decimal, as_local_date
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.provider_kit.parsing.xml_report import trace_xml
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml

DOCUMENT = b"""
<o:Hotel xmlns:o="urn:o" xmlns:x="urn:x" Name=" Alm " Stars="4" Blank="  " x:Note="n">
  <o:Rooms><o:Room Id="1"><o:Text>first</o:Text></o:Room><o:Room Id="2"/></o:Rooms>
  <o:Tag>one</o:Tag><o:Tag>two</o:Tag>
  <o:Open Day="2026-03-10" Price="12.50" Yes="1" Bad="maybe"/>
  <o:Perk Number="4111"><o:Holder>Ada</o:Holder></o:Perk>
</o:Hotel>
"""


def reader(document: bytes = DOCUMENT, *secret: str) -> XmlReader:
    return XmlReader(parse_xml(document), secret=frozenset(secret))


class TestReading:
    def test_uses_local_names_and_strips_attributes(self) -> None:
        r = reader()
        assert r.name == "Hotel"
        assert r.text("Name") == "Alm"
        assert r.optional_integer("Stars") == 4

    def test_blank_attribute_counts_as_missing(self) -> None:
        r = reader()
        assert r.optional_text("Blank") is None
        with pytest.raises(UnreadableField, match="@Blank") as caught:
            r.text("Blank")
        assert caught.value.code == "missing_field"

    def test_parses_typed_values(self) -> None:
        r = reader().child("Open")
        assert r is not None
        assert r.required("Day", as_local_date) == date(2026, 3, 10)
        assert r.optional("Price", as_lenient_decimal) == Decimal("12.50")
        assert (r.flag("Yes"), r.flag("Bad"), r.flag("No")) == (True, False, False)
        assert r.choice("Yes", {"1": "yes"}) == "yes"
        assert r.choice("No", {}) is None

    def test_error_has_the_path(self) -> None:
        (_, second) = reader().listed("Rooms", "Room")
        with pytest.raises(UnreadableField) as caught:
            second.required("Id", as_local_date)
        assert caught.value.path == "Rooms/Room[1]/@Id"
        with pytest.raises(UnreadableField) as caught:
            second.choice("Id", {"9": 9})
        assert (caught.value.code, caught.value.path) == ("unknown_value", "Rooms/Room[1]/@Id")

    def test_returns_the_same_reader_again(self) -> None:
        r = reader()
        assert r.children("Tag")[0] is r.child("Tag")
        assert r.child("Nothing") is None
        assert r.listed("Nothing", "Room") == []
        assert "Rooms" in r
        assert "Room" not in r


class TestUnread:
    def test_has_every_unread_value_by_path(self) -> None:
        found = reader().unread()
        assert {path: json.loads(text) for path, text in found.items()} == {
            "@Name": " Alm ",
            "@Stars": "4",
            "@Note": "n",
            "Rooms/Room[0]/@Id": "1",
            "Rooms/Room[0]/Text": "first",
            "Rooms/Room[1]/@Id": "2",
            "Tag[0]": "one",
            "Tag[1]": "two",
            "Open/@Day": "2026-03-10",
            "Open/@Price": "12.50",
            "Open/@Yes": "1",
            "Open/@Bad": "maybe",
            "Perk/@Number": "4111",
            "Perk/Holder": "Ada",
        }

    def test_read_values_are_in_the_field_trace(self) -> None:
        r = reader()
        r.text("Name", "name")
        (first, _) = r.listed("Rooms", "Room")
        first.text("Id", "rooms[0].id")
        r.children("Tag")[1].content("tag")
        left = r.unread()
        assert not {"@Name", "Rooms/Room[0]/@Id", "Tag[1]"} & left.keys()
        assert {"Rooms/Room[1]/@Id", "Tag[0]", "Rooms/Room[0]/Text"} <= left.keys()
        assert r.field_trace() == {
            "@Name": "name",
            "Rooms/Room[0]/@Id": "rooms[0].id",
            "Tag[1]": "tag",
        }

    def test_peek_does_not_mark_as_read(self) -> None:
        r = reader()
        assert r.peek("Name") == "Alm"
        assert "@Name" in r.unread()
        assert r.field_trace() == {}

    def test_excludes_secrets(self) -> None:
        r = reader(DOCUMENT, "Perk", "Stars")
        assert r.child("Perk") is None
        assert not any("Perk" in path or "Stars" in path for path in r.unread())
        dropped = {path for path, target in r.field_trace().items() if target.startswith("(drop")}
        assert dropped == {"@Stars", "Perk/@Number", "Perk/Holder"}


class TestLabelled:
    @pytest.mark.parametrize(
        "field",
        [
            b'<Field Name="Passport" Value="S3CR3T"/>',
            b'<Field Name="ID card no.">S3CR3T</Field>',
            b'<x:Field xmlns:x="urn:x" x:Label="Card" x:Value="S3CR3T"/>',
        ],
    )
    def test_value_of_a_document_or_card_is_dropped(self, field: bytes) -> None:
        r = reader(b'<a>%b<Field Name="Pillow" Value="soft"/></a>' % field)
        shown = json.dumps(r.unread())
        assert "S3CR3T" not in shown
        assert "soft" in shown
        assert any("dropped" in target for target in r.field_trace().values())


class TestDetails:
    def test_that_are_invalid_stay_unread_with_a_remark(self) -> None:
        r = reader()
        opened = r.first("Open")
        assert opened.detail("Day", as_local_date, "day") == date(2026, 3, 10)
        assert opened.detail("Bad", as_local_date, "day") is None
        assert opened.flag("Bad", "flag") is False
        assert r.first("Nothing").flag("Bad") is False
        assert r.remarks == {"Open/@Bad": "true or false"}
        assert "Open/@Bad" in r.unread()
        assert r.field_trace() == {"Open/@Day": "day"}

    def test_that_are_masked_are_dropped(self) -> None:
        r = XmlReader(parse_xml(b'<a Phone="***"><Email>***@***</Email></a>'))
        assert (r.contact("Phone", "phone"), r.first("Email").contact_content("email")) == (
            None,
            None,
        )
        assert r.field_trace() == dict.fromkeys(("@Phone", "Email"), "(dropped: masked)")


class TestLists:
    def test_have_the_elements_of_every_parent(self) -> None:
        r = XmlReader(parse_xml(b"<a><b><c/></b><b><c/><c/></b></a>"))
        paths = [each.path for each in r.listed("b", "c")]
        assert paths == ["b[0]/c[0]", "b[1]/c[0]", "b[1]/c[1]"]


class TestReport:
    def test_has_each_value_once(self) -> None:
        r = reader(DOCUMENT, "Holder")
        r.text("Name", "name")
        r.optional_integer("Stars")
        r.first("Open").flag("Bad")
        r.first("Perk").optional_text("Number", "perk.number")
        extras = [(path, text) for path, text in r.unread().items() if path != "Tag[0]"]
        found = trace_xml([r], ["../@Version"], extras)
        assert len(dict(found)) == len(found) == count_values(parse_xml(DOCUMENT)) + 1
        assert [(path, target) for path, target in found if target != "extras"] == [
            ("../@Version", "(not kept)"),
            ("@Name", "name"),
            ("@Stars", "(not kept)"),
            ("Open/@Bad", "extras (expected true or false)"),
            ("Perk/@Number", "perk.number"),
            ("Perk/Holder", "(dropped: a means of payment)"),
            ("Tag[0]", "(not kept)"),
        ]

    def test_tells_attributes_of_two_namespaces_apart(self) -> None:
        r = XmlReader(parse_xml(b'<a xmlns:x="urn:x" Kind="1" x:Kind="2" x:Other="3"/>'))
        assert r.unread() == {"@Kind": '"1"', "@{urn:x}Kind": '"2"', "@Other": '"3"'}

    def test_changes_targets_at_every_level(self) -> None:
        r = reader()
        r.text("Name", "name")
        r.first("Open").text("Yes", "yes")
        r.retarget(lambda target: None if target == "yes" else f"guest.{target}")
        assert r.field_trace() == {"@Name": "guest.name"}
        assert "Open/@Yes" in r.unread()


NAMES = st.sampled_from(["A", "B", "C"])


def elements() -> st.SearchStrategy[XmlElement]:
    def wrapped(children: st.SearchStrategy[XmlElement]) -> st.SearchStrategy[XmlElement]:
        return st.builds(
            XmlElement,
            name=NAMES,
            attributes=st.dictionaries(NAMES, st.text("xy ", max_size=3), max_size=3),
            text=st.text("xy ", max_size=3),
            children=st.lists(children, max_size=3).map(tuple),
        )

    return st.recursive(st.builds(XmlElement, name=NAMES), wrapped, max_leaves=8)


def count_values(element: XmlElement) -> int:
    attributes = sum(bool(text.strip()) for text in element.attributes.values())
    return attributes + bool(element.value) + sum(map(count_values, element.children))


class TestAnyDocument:
    @given(elements(), st.lists(NAMES, max_size=4))
    def test_field_trace_and_unread_cover_everything(
        self, root: XmlElement, wanted: list[str]
    ) -> None:
        r = XmlReader(root)
        for name in wanted:
            r.optional_text(name, "home")
            for child in r.children(name):
                child.content("home")
        found = r.unread().keys() | r.field_trace().keys()
        assert len(found) == count_values(root)
        assert not r.unread().keys() & r.field_trace().keys()
