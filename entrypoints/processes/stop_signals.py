import signal
from threading import Event


def stop_on_signals() -> Event:
    """SIGTERM and SIGINT set the returned event from now on."""
    stop_requested = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_requested.set())
    return stop_requested
