"""A machine with a wrong clock, for one process: a library that shifts the system's time in it.

The offset is read from a file at each call, so that the clock of a running process can be set.
"""

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_SOURCE: Final = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile long long *offset;

static long long offset_seconds(void) {
    static long long none;
    if (!offset) {
        int file = open(getenv("CLOCK_OFFSET_FILE"), O_RDONLY);
        void *map = file < 0 ? MAP_FAILED
                             : mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
        offset = map == MAP_FAILED ? &none : map;
    }
    return *offset;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, time);
    if (!result && id == CLOCK_REALTIME) time->tv_sec += offset_seconds();
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
"""


@dataclass(frozen=True, slots=True)
class WrongClock:
    library: Path
    offset: Path

    def set(self, seconds: int) -> None:
        with self.offset.open("r+b") as file:
            file.write(struct.pack("q", seconds))

    @property
    def environment(self) -> dict[str, str]:
        """Of a process on this machine."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_OFFSET_FILE": str(self.offset)}


def build_wrong_clock(folder: Path) -> WrongClock:
    """Right until it is set. Skips the test where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    source, library, offset = folder / "clock.c", folder / "clock.so", folder / "offset"
    source.write_text(_SOURCE)
    offset.write_bytes(struct.pack("q", 0))
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return WrongClock(library, offset)
