"""Twenty callers with one token, in a process of their own.

`python -m tests.soak.parallel_load PORT KEY TOKEN QUERY` sends the query until its input ends. It
prints a line once each caller had an answer, and at the end the number of answers by status.
"""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.faults.process_installation import BookingPusher
from tests.http.graphql_client import PATH

CALLERS = 20


def run(pusher: BookingPusher, query: str) -> Counter[int]:
    """A caller that is refused waits a second, as the response says."""
    ended, statuses = Event(), Counter[int]()

    def send() -> None:
        while not ended.is_set():
            status, _ = pusher.post(PATH, {"query": query})
            statuses[status] += 1
            if status == 429:
                ended.wait(1)

    with ThreadPoolExecutor(CALLERS) as pool:
        for _ in range(CALLERS):
            pool.submit(send)
        while sum(statuses.values()) < CALLERS:
            ended.wait(0.05)
        sys.stdout.write("\n")
        sys.stdout.flush()
        sys.stdin.read()
        ended.set()
    return statuses


if __name__ == "__main__":
    port, key, token, query = sys.argv[1:]
    sys.stdout.write(json.dumps(run(BookingPusher(int(port), key, token), query)))
