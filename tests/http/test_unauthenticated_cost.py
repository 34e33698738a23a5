"""What anybody may send costs little: nothing is read, inflated or parsed for a stranger, except
the start of a document whose credentials may be in it."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from adapters.outbound.provider_kit.parsing import xml_text
from adapters.outbound.provider_kit.parsing.errors import ForbiddenXml, UnreadableXml
from adapters.outbound.provider_kit.parsing.xml_text import parse_xml_start
from application.ingest.exchange_document import START_BYTES
from tests.attacks.strangers import envelope
from tests.http.http_harness import HttpHarness
from tests.http.ota_sender import PATH, alpinebits_harness

OPEN = {"/healthz", "/readyz"}


class CountedBody(io.RawIOBase):
    """An endless body; counts what is read."""

    def __init__(self) -> None:
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.count += len(buffer)
        buffer[:] = b"<a>".ljust(len(buffer))
        return len(buffer)


@pytest.fixture
def installation() -> HttpHarness:
    return alpinebits_harness()


def requests_of(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", "canonical").replace(f"<path:{name}>", "canonical")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, path


def routes() -> list[tuple[str, str]]:
    found = list(requests_of(HttpHarness().app))
    return sorted(each for each in found if each[1] not in OPEN and "docs" not in each[1])


@pytest.mark.parametrize("content_type", ["application/json", "text/xml"])
@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_reads_the_body_of_a_stranger(
    installation: HttpHarness, method: str, path: str, content_type: str
) -> None:
    body = CountedBody()
    response = installation.client.open(
        path,
        method=method,
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": "4000000"},
        content_type=content_type,
        headers={"Authorization": "Bearer pmst_0_0", "X-PMS-Provider-Key": "pmsk_0_0"},
    )
    assert response.status_code in (401, 404, 415)
    assert body.count <= (START_BYTES if path == PATH else 0)


def test_every_kind_of_route_is_tried() -> None:
    paths = {path for _, path in routes()}
    assert {PATH, "/api/pms/graphql", "/api/pms/canonical/webhook/canonical"} <= paths


HEADER = (
    "<s:Header><Security><T><Username>u</Username><Password>p</Password></T></Security></s:Header>"
)


class TestDocumentOfAStranger:
    @pytest.fixture
    def fed(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The bytes given to the XML parser."""
        counted: list[int] = []
        original = xml_text.etree.XMLPullParser

        class Counting:
            def __init__(self, *arguments: Any, **options: Any) -> None:
                self._parser = original(*arguments, **options)

            def feed(self, data: bytes) -> None:
                counted.append(len(data))
                self._parser.feed(data)

            def read_events(self) -> Any:
                return self._parser.read_events()

        monkeypatch.setattr(xml_text.etree, "XMLPullParser", Counting)
        return counted

    def send(self, installation: HttpHarness, body: bytes, **headers: str) -> int:
        response = installation.client.post(
            PATH, data=body, content_type="text/xml", headers=headers
        )
        return response.status_code

    def test_is_parsed_to_the_end_of_its_header(self, fed: list[int]) -> None:
        root = parse_xml_start(envelope(HEADER, "<s:Body>" + "<a/>" * 100_000), "Header")
        assert root is not None
        assert [each.name for each in root.children] == ["Header"]
        assert sum(fed) <= 2 * 4_096

    @pytest.mark.parametrize("tail", ["<a/>" * 500_000, "<a>" * 500_000, "<a b='c'/>" * 200_000])
    def test_of_many_elements_is_left_early(
        self, installation: HttpHarness, fed: list[int], tail: str
    ) -> None:
        assert self.send(installation, envelope("", tail)) in (400, 401)
        assert sum(fed) <= 2 * 4_096

    def test_of_one_long_text_is_parsed_to_the_limit(
        self, installation: HttpHarness, fed: list[int]
    ) -> None:
        assert self.send(installation, envelope("<s:Header>", "x" * 2_000_000)) == 401
        assert sum(fed) <= 2 * xml_text.MAX_START_BYTES

    def test_is_inflated_to_the_limit(self, installation: HttpHarness) -> None:
        """The checksum at the end is wrong, so inflating all of it would be an error."""
        bomb = gzip.compress(envelope("", "<a/>" * 1_000_000))[:-8] + b"\0" * 8
        assert self.send(installation, bomb, **{"Content-Encoding": "gzip"}) == 401
        with pytest.raises(zlib.error):
            zlib.decompress(bomb, 16 + zlib.MAX_WBITS)

    def test_with_a_document_type_is_refused(self) -> None:
        with pytest.raises(ForbiddenXml):
            parse_xml_start(b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "Header")

    def test_that_is_broken_before_the_end_of_its_header_is_refused(self) -> None:
        with pytest.raises(UnreadableXml):
            parse_xml_start(b"<a><b></c>", "Header")
        assert parse_xml_start(b"", "Header") is None
