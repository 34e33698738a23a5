"""The benchmarks run and report; counts are checked, speed is not."""

import json
import socket
import threading

from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from adapters.outbound.providers.mews.simulator.server import start_simulator
from bench import ingest, schedulers, sync, tick
from bench.load import Load, run_load
from bench.report import Result

REQUESTS = 40
LONGER_THAN_ANY_RUN = 600.0


def parse_result_line(result: Result) -> dict[str, object]:
    line = json.loads(result.line())
    assert isinstance(line["ratio"], float)
    assert str(line["benchmark"]) in result.table()
    return dict(line)


def load(*, port: int, max_requests: int, connections: int) -> Load:
    return Load(
        port=port,
        path="/x",
        headers={"A": "b"},
        body='{"id":"{n}"}',
        first=7,
        seconds=LONGER_THAN_ANY_RUN,
        connections=connections,
        max_requests=max_requests,
    )


class TestSyncBenchmark:
    def test_writes_every_booking_of_the_simulated_hotel(self) -> None:
        """Mews has one reservation, and so one booking, per room: more than 200."""
        simulator = start_simulator(SimulatorOptions(bookings=200))
        expected = len(simulator.expected_bookings())
        simulator.stop()
        line = parse_result_line(sync.measure(bookings=200, durable=False))
        assert line["bookings"] == expected > 200


class TestIngestBenchmark:
    def test_stores_a_booking_for_each_response(self) -> None:
        line = parse_result_line(
            ingest.measure(
                rounds=1, seconds=LONGER_THAN_ANY_RUN, durable=False, max_requests=REQUESTS
            )
        )
        assert line["floor_answered"] == line["ours_answered"] == [REQUESTS]
        # The warm-up before the round, which ends by time, stores some as well.
        assert isinstance(line["bookings_stored"], int)
        assert REQUESTS <= line["bookings_stored"] <= 2 * REQUESTS


class TestSchedulersBenchmark:
    def test_counts_for_each_scheduler(self) -> None:
        line = parse_result_line(schedulers.measure())
        for name in schedulers.SCHEDULERS:
            assert line[f"{name}_commands_tick"] > line[f"{name}_commands_idle"] > 0  # type: ignore[operator]  # numbers
            assert line[f"{name}_unworked_ticks"] == 4
        assert {name: line[f"{name}_pickles"] for name in schedulers.SCHEDULERS} == {
            "rq_scheduler": "no",
            "rq_own": "no",
            "rq_cron": "yes",
        }
        outcomes = line["rq_scheduler_after_crash"]
        assert isinstance(outcomes, list)
        assert set(outcomes) <= {1, 2}


class TestTickBenchmark:
    def test_enqueues_every_connection_and_counts(self) -> None:
        line = parse_result_line(tick.measure(connections=30, durable=False))
        assert line["due"] == line["enqueued"] == 30
        assert line["redis_commands"] in (1, 2)  # again if the server does not have the script
        assert isinstance(line["statements"], int)
        assert 0 < line["statements"] <= 20


class TestLoad:
    def test_numbers_each_request(self) -> None:
        requests = load(port=1, max_requests=3, connections=1).requests()
        assert len(set(requests)) == 3
        head, _, body = requests[0].partition(b"\r\n\r\n")
        assert body == b'{"id":"000000007"}'
        assert f"Content-Length: {len(body)}".encode() in head

    def test_ends_when_every_request_is_answered(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            threading.Thread(target=answer_everything, args=[server], daemon=True).start()
            result = run_load(load(port=port, max_requests=5, connections=1))
        assert (result.answered, result.failed) == (5, 0)


def answer_everything(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        while connection.recv(65_536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
