"""That the benchmarks run and tell what they measured; how fast is no matter here."""

import json

from bench import ingest, sync
from bench.load import Load
from bench.report import Result


def parse_result_line(result: Result) -> dict[str, object]:
    line = json.loads(result.line())
    assert line["ratio"] > 0
    assert str(line["benchmark"]) in result.table()
    return dict(line)


class TestSyncBenchmark:
    def test_writes_every_booking_of_the_simulated_hotel(self) -> None:
        assert parse_result_line(sync.measure(bookings=200, durable=False))["bookings"] == 200


class TestIngestBenchmark:
    def test_stores_a_booking_for_each_answer(self) -> None:
        line = parse_result_line(ingest.measure(rounds=1, seconds=0.5, durable=False))
        assert line["bookings_stored"]


class TestLoad:
    def test_gives_each_request_a_number_of_its_own(self) -> None:
        load = Load(
            port=1,
            path="/x",
            headers={"A": "b"},
            body='{"id":"{n}"}',
            first=7,
            seconds=1,
            connections=1,
            max_requests=3,
        )
        requests = load.requests()
        assert len(set(requests)) == 3
        head, _, body = requests[0].partition(b"\r\n\r\n")
        assert body == b'{"id":"000000007"}'
        assert f"Content-Length: {len(body)}".encode() in head
