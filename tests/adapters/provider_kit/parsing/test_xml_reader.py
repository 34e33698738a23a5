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
        assert r.field_trace()["Perk"].startswith("(dropped")


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
