import io
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from domain.precedence import Channel
from ports.errors import StoreUnavailable
from ports.queries import BookingFilter, BookingOrder
from tests.http.http_harness import (
    Caller,
    HttpHarness,
    booking,
    cell,
    guest,
    is_problem,
)

BOOKINGS = "/api/pms/canonical/bookings"
MEBIBYTE = 1024 * 1024


def stored(installation: HttpHarness, hotel: str = "alpha") -> list[str]:
    found = installation.store.directory.hotel_by_slug(hotel)
    queries = installation.store.queries
    page = queries.bookings(
        BookingFilter(hotel_id=found.id), order=BookingOrder.ARRIVAL_ASC, limit=200
    )
    return sorted(row.external_id for row in page.rows)


def backlog(installation: HttpHarness) -> int:
    return sum(installation.store.queries.backlog().values())


class TestPush:
    def test_of_one_booking_is_applied(self, installation: HttpHarness, alpha: Caller) -> None:
        response = alpha.post(BOOKINGS, booking())
        assert response.status_code == 200
        [item] = response.get_json()["items"]
        assert (item["index"], item["external_id"], item["outcome"]) == (0, "B1", "applied")
        assert item["reason"] is None
        assert stored(installation) == ["B1"]

    def test_repeated_is_unchanged(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking())
        [item] = alpha.post(BOOKINGS, booking()).get_json()["items"]
        assert item["outcome"] == "unchanged"

    def test_of_an_older_version_is_stale(self, installation: HttpHarness, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking())
        older = booking(status="PENDING", source_version={"updated_at": "2026-02-01T10:00:00Z"})
        [item] = alpha.post(BOOKINGS, older).get_json()["items"]
        assert item["outcome"] == "stale"

    @pytest.mark.parametrize(
        ("path", "body"),
        [("guests", guest()), ("availability", [cell("2026-03-10"), cell("2026-03-11")])],
        ids=["guests", "availability"],
    )
    def test_accepts_guests_and_availability(self, alpha: Caller, path: str, body: object) -> None:
        response = alpha.post(f"/api/pms/canonical/{path}", body)
        assert response.status_code == 200
        assert {item["outcome"] for item in response.get_json()["items"]} == {"applied"}

    def test_accepts_an_empty_array(self, alpha: Caller) -> None:
        response = alpha.post(BOOKINGS, [])
        assert (response.status_code, response.get_json()["items"]) == (200, [])

    def test_accepts_1000_items(self, alpha: Caller) -> None:
        response = alpha.post(BOOKINGS, [booking(f"B{n}") for n in range(1_000)])
        assert (response.status_code, len(response.get_json()["items"])) == (200, 1_000)

    def test_with_one_invalid_item_applies_the_others(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        response = alpha.post(
            BOOKINGS, [booking("B1"), booking("B2", status="GONE"), booking("B3")]
        )
        assert response.status_code == 207
        outcomes = [item["outcome"] for item in response.get_json()["items"]]
        assert outcomes == ["applied", "quarantined", "applied"]
        assert stored(installation) == ["B1", "B3"]

    def test_echoes_a_valid_correlation_id(self, alpha: Caller) -> None:
        response = alpha.post(BOOKINGS, booking(), X_Correlation_ID="order-66_A.b")
        assert response.headers["X-Correlation-ID"] == "order-66_A.b"

    @pytest.mark.parametrize(
        "given",
        [
            *("", "has space", "x" * 65, "ü", "a\tb", "<script>"),
            *("4111111111111111", "order-4111-1111-1111-1111", f"pmst_{'0a' * 16}_secret"),
            *("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "AKIAIOSFODNN7EXAMPLE"),
        ],
    )
    def test_replaces_an_invalid_correlation_id(self, alpha: Caller, given: str) -> None:
        response = alpha.post(BOOKINGS, booking(), X_Correlation_ID=given)
        assert response.headers["X-Correlation-ID"] not in ("", given)


class TestDeferredPush:
    def test_of_an_empty_array_is_not_deferred(self, alpha: Caller) -> None:
        response = alpha.post(BOOKINGS, [], Prefer="respond-async")
        assert response.status_code == 200
        assert response.get_json()["items"] == []
        assert "Location" not in response.headers

    def test_is_stored_and_processed_by_a_job(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        response = alpha.post(BOOKINGS, [booking()], Prefer="respond-async, wait=5")
        assert response.status_code == 202
        assert response.headers["Preference-Applied"] == "respond-async"
        status = alpha.get(response.headers["Location"]).get_json()
        assert (status["state"], status["items"][0]["outcome"]) == ("processing", "accepted")
        assert stored(installation) == []
        installation.run_jobs()
        status = alpha.get(response.headers["Location"]).get_json()
        assert (status["state"], status["items"][0]["outcome"]) == ("done", "applied")
        assert stored(installation) == ["B1"]

    def test_is_accepted_while_the_queue_is_down(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        installation.queue.is_up = False
        assert alpha.post(BOOKINGS, booking(), Prefer="respond-async").status_code == 202

    def test_is_hidden_from_another_hotel(self, alpha: Caller, beta: Caller) -> None:
        location = alpha.post(BOOKINGS, booking(), Prefer="respond-async").headers["Location"]
        is_problem(beta.get(location), 404, "not_found")

    def test_is_hidden_from_another_provider(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        location = alpha.post(BOOKINGS, booking(), Prefer="respond-async").headers["Location"]
        puller = installation.caller("alpha", provider="scripted")
        is_problem(puller.get(location), 404, "not_found")

    @pytest.mark.parametrize("bad", ["x", "01a204fd", "../../healthz", "%00"])
    def test_is_addressed_by_uuid(self, alpha: Caller, bad: str) -> None:
        assert alpha.get(f"/api/pms/ingests/{bad}").status_code in (400, 404)


BAD_ITEMS: list[tuple[str, dict[str, Any], str]] = [
    ("departure_before_arrival", {"stay": {"arrival": "2026-03-12", "departure": "2026-03-10"}},
     "stay.departure"),
    ("unknown_state", {"status": "MAYBE"}, "status"),
    ("lower_case_state", {"status": "confirmed"}, "status"),
    ("unknown_currency", {"total": {"amount": "1.00", "currency": "XXY"}}, "total.currency"),
    ("money_with_too_many_digits", {"total": {"amount": "1.001", "currency": "EUR"}},
     "total.amount"),
    ("money_that_is_no_number", {"total": {"amount": "ten", "currency": "EUR"}}, "total.amount"),
    ("money_that_is_true", {"total": {"amount": True, "currency": "EUR"}}, "total.amount"),
    ("date_that_does_not_exist", {"stay": {"arrival": "2026-02-30", "departure": "2026-03-12"}},
     "stay.arrival"),
    ("stay_of_ten_years", {"stay": {"arrival": "2026-03-10", "departure": "2036-03-12"}},
     "stay.departure"),
    ("wrong_type", {"stay": "tomorrow"}, "stay"),
    ("id_that_is_a_number", {"external_id": 7}, "external_id"),
    ("no_version", {"source_version": None}, "source_version"),
    ("naive_version", {"source_version": {"updated_at": "2026-03-01T10:00:00"}},
     "source_version.updated_at"),
    ("no_rooms", {"rooms": []}, "rooms"),
]  # fmt: skip

GOOD_ITEMS: list[tuple[str, dict[str, Any]]] = [
    ("day_use", {"stay": {"arrival": "2026-03-10", "departure": "2026-03-10"}}),
    ("stay_of_400_days", {"stay": {"arrival": "2026-03-10", "departure": "2027-04-14"}}),
    ("null_guest", {"primary_guest": None}),
    ("no_room", {}),
    ("no_decimals", {"total": {"amount": 12000, "currency": "JPY"}}),
    ("three_decimals", {"total": {"amount": "12.345", "currency": "KWD"}}),
    ("unknown_field", {"mood": {"of": ["the", "day"]}}),
    ("other_scripts", {"notes": "早い到着 · ранний заезд · 🛎"}),
]


class TestPushedItem:
    @pytest.mark.parametrize(("values", "path"), [(v, p) for _, v, p in BAD_ITEMS],
                             ids=[name for name, _, _ in BAD_ITEMS])  # fmt: skip
    def test_is_quarantined_with_the_path_of_the_invalid_field(
        self, installation: HttpHarness, alpha: Caller, values: dict[str, Any], path: str
    ) -> None:
        response = alpha.post(BOOKINGS, booking(**values))
        assert response.status_code == 207
        [item] = response.get_json()["items"]
        assert (item["outcome"], item["reason"]["path"]) == ("quarantined", path)
        assert stored(installation) == []

    @pytest.mark.parametrize("values", [v for _, v in GOOD_ITEMS], ids=[n for n, _ in GOOD_ITEMS])
    def test_with_unusual_values_is_applied(self, alpha: Caller, values: dict[str, Any]) -> None:
        response = alpha.post(BOOKINGS, booking(**values))
        assert (response.status_code, response.get_json()["items"][0]["outcome"]) == (
            200,
            "applied",
        )

    def test_amount_is_exact(self, installation: HttpHarness, alpha: Caller) -> None:
        text = json.dumps(booking()).replace('"240.00"', "9007199254740.99")
        assert alpha.send(BOOKINGS, text.encode()).status_code == 200
        hotel = installation.store.directory.hotel_by_slug("alpha")
        held = installation.store.queries.booking(hotel.id, "canonical", "B1")
        assert held.details.total.minor == 900719925474099
        assert held.provenance.channel is Channel.PUSHED


def streamed(caller: Caller, stream: io.IOBase, **environ: str) -> TestResponse:
    """Posts the stream as a WSGI server passes a chunked body."""
    return caller.client.post(
        BOOKINGS,
        headers={**caller.headers, "Content-Type": "application/json"},
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True, **environ},
    )


class TestBody:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"", 400, "unreadable_json"),
            (b"{", 400, "unreadable_json"),
            (b'{"external_id": "B1",}', 400, "unreadable_json"),
            (b"[{}", 400, "unreadable_json"),
            (b"<xml/>", 400, "unreadable_json"),
            (b"\xff\xfe{\x00}\x00", 400, "unreadable_json"),
            (b"[" * 100_000, 400, "unreadable_json"),
            (b'"text"', 422, "not_a_message"),
            (b"12", 422, "not_a_message"),
            (b"null", 422, "not_a_message"),
        ],
        ids=lambda value: value[:12].hex() if isinstance(value, bytes) else None,
    )
    def test_that_is_not_a_message_is_rejected(
        self, installation: HttpHarness, alpha: Caller, body: bytes, status: int, code: str
    ) -> None:
        is_problem(alpha.send(BOOKINGS, body), status, code)
        assert backlog(installation) == 0

    def test_that_is_truncated_is_rejected_with_the_position(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        text = json.dumps([booking("B1"), booking("B2")]).encode()[:-1]
        assert is_problem(alpha.send(BOOKINGS, text), 400, "unreadable_json")["position"] == len(
            text
        )
        assert stored(installation) == []

    def test_of_1001_items_is_rejected_with_the_limit(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        response = alpha.post(BOOKINGS, [booking(f"B{n}") for n in range(1_001)])
        assert is_problem(response, 413, "too_many_items")["limit"] == 1_000
        assert (stored(installation), backlog(installation)) == ([], 0)

    def test_of_ten_megabytes_is_rejected_before_it_is_read(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        stream = CountedStream(10 * MEBIBYTE)
        response = streamed(alpha, stream, CONTENT_LENGTH=str(10 * MEBIBYTE))
        assert is_problem(response, 413, "body_too_large")["limit"] == 5 * MEBIBYTE
        assert stream.bytes_read == 0

    def test_in_chunks_is_rejected_at_the_limit(self, alpha: Caller) -> None:
        stream = CountedStream(50 * MEBIBYTE)
        response = streamed(alpha, stream, HTTP_TRANSFER_ENCODING="chunked")
        is_problem(response, 413, "body_too_large")
        assert stream.bytes_read <= 6 * MEBIBYTE

    def test_in_chunks_is_accepted(self, alpha: Caller) -> None:
        body = io.BytesIO(json.dumps(booking()).encode())
        response = streamed(alpha, body, HTTP_TRANSFER_ENCODING="chunked")
        assert response.status_code == 200

    @pytest.mark.parametrize(
        "content_type",
        ["", "text/plain", "application/xml", "multipart/form-data", "json",
         "application/x-www-form-urlencoded", "application/json; charset=utf-16"],
    )  # fmt: skip
    def test_of_another_content_type_is_rejected(self, alpha: Caller, content_type: str) -> None:
        response = alpha.send(
            BOOKINGS, json.dumps(booking()).encode(), **{"Content-Type": content_type}
        )
        is_problem(response, 415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "content_type",
        ["application/json; charset=UTF-8", "application/vnd.pms+json", "Application/JSON"],
    )
    def test_of_a_json_content_type_is_accepted(self, alpha: Caller, content_type: str) -> None:
        body = json.dumps(booking()).encode()
        assert alpha.send(BOOKINGS, body, **{"Content-Type": content_type}).status_code == 200

    def test_that_is_compressed_is_rejected(self, alpha: Caller) -> None:
        response = alpha.send(BOOKINGS, b"\x1f\x8b", Content_Encoding="gzip")
        is_problem(response, 415, "unsupported_media_type")


class CountedStream(io.RawIOBase):
    """A body of spaces that counts the bytes read."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._left)
        buffer[:size] = b" " * size
        self._left -= size
        self.bytes_read += size
        return size


class TestFailure:
    def test_of_the_commit_is_reported_and_stores_nothing(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        alpha.get("/api/pms/sync/runs")  # records the token's use in a commit of its own
        installation.store.fail_next_commit(StoreUnavailable())
        response = alpha.post(BOOKINGS, [booking("B1"), booking("B2")])
        is_problem(response, 503, "store_unavailable")
        assert response.headers["Retry-After"]
        assert (stored(installation), backlog(installation)) == ([], 0)

    def test_of_an_unexpected_kind_is_masked(
        self, installation: HttpHarness, alpha: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        installation.store.fail_next_commit(ZeroDivisionError("secret detail"))
        response = alpha.post(BOOKINGS, booking())
        is_problem(response, 500, "internal_error")
        assert "secret" not in response.get_data(as_text=True)
        [record] = [r for r in caplog.records if r.message == "unexpected_error"]
        assert record.__dict__["error_type"] == "ZeroDivisionError"
        assert "secret detail" not in caplog.text


class TestSizes:
    def test_of_an_item_is_limited_by_index(self, alpha: Caller) -> None:
        extras = {"source.text": "x" * 1_100_000}
        response = alpha.post(BOOKINGS, [booking("B1"), booking("B2", extras=extras)])
        problem = is_problem(response, 422, "item_too_large")
        assert problem["errors"][0]["path"] == "[1]"
        assert problem["limit"] == 1024 * 1024
        assert alpha.get("/api/pms/quarantine").get_json()["items"] == []

    @pytest.mark.parametrize(
        ("path", "values"),
        [
            ("[1].notes", {"notes": "x" * 65_537}),
            ("[1].primary_guest.last_name", {"primary_guest": {"last_name": "x" * 65_537}}),
        ],
    )
    def test_of_a_text_is_limited_by_path(
        self, alpha: Caller, path: str, values: dict[str, object]
    ) -> None:
        response = alpha.post(
            BOOKINGS, [booking("B1", notes="x" * 65_536), booking("B2", **values)]
        )
        first, second = response.get_json()["items"]
        assert (response.status_code, first["outcome"]) == (207, "applied")
        assert (second["reason"]["code"], second["reason"]["path"]) == ("text_too_long", path)
