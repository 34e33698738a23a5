"""Calls a simulator's control API."""

import json
import urllib.request
from typing import Protocol


class HasBaseUrl(Protocol):
    @property
    def base_url(self) -> str: ...


def control(simulator: HasBaseUrl, name: str, **body: object) -> None:
    request = urllib.request.Request(
        f"{simulator.base_url}/simulator/{name}", json.dumps(body).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def inject_faults(simulator: HasBaseUrl, *faults: str) -> None:
    """Texts of `pms simulate --fault`: `429,probability=0.1`."""
    wanted = []
    for fault in faults:
        kind, *settings = fault.split(",")
        wanted.append({"kind": kind, **dict(setting.split("=", 1) for setting in settings)})
    control(simulator, "faults", faults=wanted)


def clear_faults(simulator: HasBaseUrl) -> None:
    control(simulator, "faults", clear=True)
