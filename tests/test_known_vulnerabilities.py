"""The look-up of known vulnerabilities, by pip-audit against a service on this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.known_vulnerabilities import REVIEWED, Skipped, Waits, check, reviewed_until

TODAY = date(2026, 12, 1)
PATIENT = Waits(answer_seconds=60, total_seconds=600)
VULNERABLE = "flask"


class Service(BaseHTTPRequestHandler):
    """OSV's query API: one package has a vulnerability."""

    is_broken = False

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(500 if self.is_broken else 200)
        self.end_headers()
        if not self.is_broken:
            self.wfile.write(json.dumps(_answer(query["package"]["name"])).encode())

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


class BrokenService(Service):
    is_broken = True


def _answer(package: str) -> dict[str, object]:
    if package != VULNERABLE:
        return {}
    ecosystem = {"name": package, "ecosystem": "PyPI"}
    affected = [{"package": ecosystem, "ranges": [], "versions": ["3.1.3"]}]
    return {
        "vulns": [
            {
                "id": "PYSEC-2026-9",
                "aliases": ["CVE-2026-9"],
                "summary": "A hole",
                "details": "A hole.",
                "modified": "2026-01-01T00:00:00Z",
                "published": "2026-01-01T00:00:00Z",
                "affected": affected,
            }
        ]
    }


@contextmanager
def serving(handler: type[Service]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "constraints.txt"
    path.write_text("# pinned\nflask==3.1.3\npeewee==4.5.3\n")
    return path


class TestCheck:
    def test_finds_a_vulnerable_package_unless_it_is_reviewed(self, requirements: Path) -> None:
        with serving(Service) as url:
            found = check(requirements, url, {}, TODAY, PATIENT)
            assert found == ["flask 3.1.3: PYSEC-2026-9"]
            assert check(requirements, url, {"CVE-2026-9": TODAY}, TODAY, PATIENT) == []
            past = {"CVE-2026-9": date(2026, 11, 30)}
            assert check(requirements, url, past, TODAY, PATIENT) == found

    def test_is_skipped_with_a_reason_where_the_service_is_away(self, requirements: Path) -> None:
        with serving(Service) as url:
            pass
        with pytest.raises(Skipped, match="can't be reached"):
            check(requirements, url, {}, TODAY, PATIENT)

    def test_is_skipped_with_a_reason_where_the_service_fails(self, requirements: Path) -> None:
        with serving(BrokenService) as url, pytest.raises(Skipped, match="the service failed: "):
            check(requirements, url, {}, TODAY, PATIENT)


class TestReviews:
    def test_have_an_id_a_day_and_a_reason(self) -> None:
        reviewed_until(REVIEWED.read_text())
        assert reviewed_until("# c\n\nCVE-2026-9 2026-12-31 not called") == {
            "CVE-2026-9": date(2026, 12, 31)
        }
        for line in ("CVE-2026-9", "CVE-2026-9 2026-12-31", "CVE-2026-9 soon no reason"):
            with pytest.raises(ValueError, match="write ID"):
                reviewed_until(line)
