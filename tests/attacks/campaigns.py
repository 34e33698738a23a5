"""Attacks with figures: CPU and times, as JSON lines. False if a goal is missed."""

import gc
import gzip
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from entrypoints.local.polling import is_answering
from tests.attacks.linear_work import readings, work
from tests.attacks.strangers import documents
from tests.http.ota_sender import PATH, alpinebits_harness
from tests.processes import processes_with_cwd, wait_until
from tests.servers import free_port
from tests.simulation.campaigns import print_figure

SMALL: Final = 20_000
MAX_GROWTH: Final = 3.0
"""Twice the size; a square would be 4. Memory and caches add to 2."""
MIN_SECONDS: Final = 0.1
STRANGER_MS: Final = 5.0
SENDERS: Final = 200


def linear_work() -> bool:
    """CPU of each reading at two sizes."""
    passed = True
    for name, (reading, sized) in readings().items():
        texts = [sized(n) for n in (SMALL, 2 * SMALL)]
        seconds = [_cpu_seconds(partial(work, reading, text)) for text in texts]
        growth = seconds[1] / max(seconds[0], 1e-6)
        is_linear = growth <= MAX_GROWTH or seconds[1] < MIN_SECONDS
        passed = passed and is_linear
        print_figure(
            "linear-work",
            reading=name,
            bytes=len(texts[1]),
            cpu_seconds=round(seconds[1], 4),
            growth=round(growth, 2),
            passed=is_linear,
        )
    return passed


def strangers() -> bool:
    """CPU of one request without credentials, for each hostile document, plain and in gzip."""
    installation = alpinebits_harness()
    passed = True
    for name, document in documents().items():
        for encoding, body in (("identity", document), ("gzip", gzip.compress(document))):
            headers = {"Content-Encoding": encoding, "Content-Type": "text/xml"}
            send = partial(installation.client.post, PATH, data=body, headers=headers)
            milliseconds = _cpu_seconds(send) * 1_000
            is_cheap = milliseconds <= STRANGER_MS
            passed = passed and is_cheap
            print_figure(
                "stranger",
                document=name,
                encoding=encoding,
                bytes=len(body),
                cpu_ms=round(milliseconds, 2),
                passed=is_cheap,
            )
    return passed


def slow_senders() -> bool:
    """The time of /healthz beside connections that send a byte a second."""
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="pms-attack-")))
        processes = cleanup.enter_context(
            processes_with_cwd(folder / "logs", PMS_HOME=str(folder), PMS_WEB_WORKERS="1")
        )
        port = free_port()
        processes.run("db", "upgrade")
        processes.start("web", PMS_PORT=str(port))
        url = f"http://127.0.0.1:{port}/healthz"
        wait_until(lambda: is_answering(url), seconds=60, description="an answer")
        senders = [socket.create_connection(("127.0.0.1", port)) for _ in range(SENDERS)]
        for sender in senders:
            cleanup.callback(sender.close)
            sender.sendall(b"POST /api/pms/sync HTTP/1.1\r\nHost: x\r\n")
        slowest = 0.0
        for _ in range(8):
            for sender in senders:
                sender.send(b"a")
            started = time.perf_counter()
            answered = is_answering(url)
            slowest = max(slowest, time.perf_counter() - started if answered else 60.0)
            time.sleep(1)
    print_figure("slow-senders", senders=SENDERS, slowest_ms=round(slowest * 1_000, 1))
    return slowest <= 1.0


def _cpu_seconds(action: Callable[[], object], *, repeat: int = 3) -> float:
    """The least of some runs, without the garbage collector, whose runs are not the action's."""
    best = 1e9
    gc.disable()
    try:
        for _ in range(repeat):
            started = time.process_time()
            action()
            best = min(best, time.process_time() - started)
    finally:
        gc.enable()
    return best


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {
    "linear-work": linear_work,
    "strangers": strangers,
    "slow-senders": slow_senders,
}
