"""Imports every module below the given roots and prints the side effects of each as JSON.

Run in a process of its own with an empty environment: a module that needs a setting fails here.
Effects of libraries are ignored (urllib3 binds a socket to detect IPv6).
"""

import importlib
import json
import os
import pkgutil
import sys

EFFECTS = {
    "os.fork", "os.mkdir", "os.posix_spawn", "os.remove", "os.rename", "os.system", "shutil.rmtree",
    "socket.bind", "socket.connect", "socket.getaddrinfo", "sqlite3.connect", "subprocess.Popen",
    "tempfile.mkdtemp", "tempfile.mkstemp", "_thread.start_new_thread",
}  # fmt: skip

HERE = os.getcwd() + "/"
current = ""
seen: list[list[str]] = []


def watch(event: str, args: tuple[object, ...]) -> None:
    if (event in EFFECTS or (event == "open" and _writes(args))) and _is_ours():
        seen.append([current, event])


def _writes(args: tuple[object, ...]) -> bool:
    mode = args[1] if len(args) > 1 else None
    return isinstance(mode, str) and any(mode_letter in mode for mode_letter in "wax+")


def _is_ours() -> bool:
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return False
        if name.startswith(HERE) and "/site-packages/" not in name:
            return True
    return False


def names_below(root: str) -> list[str]:
    package = importlib.import_module(root)
    return [root, *(found.name for found in pkgutil.walk_packages(package.__path__, f"{root}."))]


def main(roots: list[str]) -> None:
    global current
    sys.dont_write_bytecode = True
    sys.addaudithook(watch)
    count = 0
    for root in roots:
        for current in names_below(root):
            count += 1
            try:
                importlib.import_module(current)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
                seen.append([current, repr(error)])
    sys.stdout.write(json.dumps({"modules": count, "effects": seen}))


if __name__ == "__main__":
    main(sys.argv[1:])
