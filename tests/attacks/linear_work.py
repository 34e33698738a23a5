"""Hostile inputs of any size for everything that reads what others send: the work may grow with
the size, not with its square."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeAlias

from graphql import GraphQLError

from adapters.inbound.graphql.executable_schema import QueryDocuments, executable_schema
from adapters.inbound.graphql.use_cases import GraphQLOptions
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.parsing import json_text, xml_text
from adapters.outbound.providers.alpinebits.mapping.free_rooms import read_free_rooms
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from domain.errors import PmsError
from domain.messages import ItemKind
from ports.providers import HotelContext

Input: TypeAlias = Callable[[int], str]
Reading: TypeAlias = Callable[[str], object]

JSON: Final[Mapping[str, Input]] = {
    "keys": lambda n: "{" + ",".join(f'"k{i}":{i}' for i in range(n)) + "}",
    "one-duplicate": lambda n: "{" + ",".join(f'"k{i}":1' for i in range(n)) + ',"k0":2}',
    "one-key": lambda n: "{" + ",".join(f'"k":{i}' for i in range(n)) + "}",
    "small-duplicates": lambda n: "[" + ",".join(['{"k":1,"k":2}'] * n) + "]",
    "lists": lambda n: "[" * 60 + ",".join(["[]"] * n) + "]" * 60,
    "escapes": lambda n: '["' + "\\u0041" * n + '"]',
    "decimals": lambda n: "[" + ",".join(f"1.{i}" for i in range(n)) + "]",
    "unclosed": lambda n: '{"a":[' * 50 + "1," * n,
}
XML: Final[Mapping[str, Input]] = {
    "elements": lambda n: f"<a>{'<b/>' * n}</a>",
    "texts": lambda n: f"<a>{'x<b/>' * n}</a>",
    "attributes": lambda n: "<a>" + '<b c="d" e="f"/>' * n + "</a>",
    "many-attributes": lambda n: "<a" + "".join(f' b{i}="c"' for i in range(n)) + "/>",
    "entities": lambda n: f"<a>{'&amp;' * n}</a>",
    "comments": lambda n: f"<a>{'<!-- x -->' * n}</a>",
    "unclosed": lambda n: "<a>" * n,
}
TEXTS: Final[Mapping[str, Input]] = {
    "card-starts": lambda n: "4111-" * n,
    "cards": lambda n: "4111 1111 1111 1111 " * n,
    "labels": lambda n: "cvv " * n,
    "labels-in-json": lambda n: json.dumps({"cvv": ["card number"] * n}),
    "digits": lambda n: "1 2 3 4 5 6 7 8 9 " * n,
    "nested-json": lambda n: json.dumps({"a": json.dumps({"b": "4111 " * n})}),
    "escaped-digits": lambda n: '{"a":"' + "\\u0034" * n + '"}',
    "tags": lambda n: f"<a>{'<b>4111</b>' * n}</a>",
}


_HOTEL: Final = HotelContext(
    time_zone="Europe/Vienna", currency="EUR", observed_at=datetime(2026, 3, 1, tzinfo=UTC)
)


def _free_rooms(containers: Iterable[str]) -> str:
    return f"<OTA_HotelInvCountNotifRQ>{''.join(containers)}</OTA_HotelInvCountNotifRQ>"


def _booking(**fields: object) -> str:
    stay = {"arrival": "2031-05-01", "departure": "2031-05-04"}
    start = {"external_id": "B", "source_version": {"updated_at": "2026-01-01T00:00:00Z"}}
    return json.dumps({**start, "status": "CONFIRMED", "stay": stay, **fields})


PUSHES: Final[Mapping[str, Input]] = {
    "extras": lambda n: _booking(extras={f"k{i}": "v" for i in range(n)}),
    "unknown-fields": lambda n: _booking(**{f"k{i}": 1 for i in range(n)}),
    "rooms": lambda n: _booking(rooms=[{"line_id": f"{i}", "room_type_id": "A"} for i in range(n)]),
    "equal-rooms": lambda n: _booking(rooms=[{"line_id": "1"}] * n),
    "guests": lambda n: _booking(further_guests=[{"guest_id": f"{i}"} for i in range(n)]),
}
FREE_ROOMS: Final[Mapping[str, Input]] = {
    "hotels": lambda n: _free_rooms(f'<Inventories HotelCode="{i}"/>' for i in range(n)),
}
QUERIES: Final[Mapping[str, Input]] = {
    "fields": lambda n: "{" + "bookings{edges{node{externalId}}}" * n + "}",
    "aliases": lambda n: "{" + "".join(f"a{i}: __typename " for i in range(n)) + "}",
    "unknown-fields": lambda n: "{" + "".join(f"f{i} " for i in range(n)) + "}",
    "fragments": lambda n: (
        "{...f0}" + "".join(f" fragment f{i} on Query {{...f{i + 1}}}" for i in range(n))
    ),
    "directives": lambda n: "{__typename " + "@skip(if: false) " * n + "}",
}


def _read_items(text: str) -> object:
    return list(json_text.split_items(text, limit=10**9))


def _read_pushed_booking(text: str) -> object:
    return CanonicalProvider().read_items(ItemKind.BOOKING, [text.encode()], _HOTEL, limit=10**9)


def _read_pushed_free_rooms(text: str) -> object:
    hotel = replace(_HOTEL, property_id="1")
    return read_free_rooms([text.encode()], hotel, limit=10**9, explain=False)


def _prepare_query(documents: QueryDocuments, text: str) -> object:
    return documents.prepared(text)


def readings() -> dict[str, tuple[Reading, Input]]:
    """By name: what reads, and the input of a size."""
    documents = QueryDocuments(executable_schema(), GraphQLOptions())
    groups: tuple[tuple[str, Reading, Mapping[str, Input]], ...] = (
        ("json", json_text.loads, JSON),
        ("json-response", json_text.loads_response, JSON),
        ("json-message", json_text.loads_message, JSON),
        ("json-items", _read_items, JSON),
        ("xml", lambda text: xml_text.parse_xml(text.encode(), max_bytes=10**9), XML),
        ("xml-start", lambda text: xml_text.parse_xml_start(text.encode(), "Header"), XML),
        ("masking", lambda text: scrub_bytes(text.encode()), {**TEXTS, **JSON, **XML}),
        ("push", _read_pushed_booking, PUSHES),
        ("free-rooms", _read_pushed_free_rooms, FREE_ROOMS),
        ("graphql", partial(_prepare_query, documents), QUERIES),
    )
    return {
        f"{group}/{name}": (reading, sized)
        for group, reading, inputs in groups
        for name, sized in inputs.items()
    }


def work(reading: Reading, text: str) -> None:
    """Reads it, whatever is wrong with it."""
    with suppress(PmsError, GraphQLError):
        reading(text)
