"""What another process uses, as the kernel tells it: memory and processor time of it and of what it started."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Usage:
    """Of a process and what it started: `processor` seconds so far, `resident` memory in MiB now, `own` of it alone."""

    resident: float
    own: float
    processor: float


def usage(pid: int) -> Usage:
    """What the process `pid` and its descendants use. A process that has ended counts nothing. Linux alone."""
    resident = own = processor = 0.0
    for one in _family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        # Behind the name: state is field 0, utime 11, stime 12, rss (pages) 21.
        processor += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        memory = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / _MEBIBYTE
        resident += memory
        own += memory if one == pid else 0.0
    return Usage(resident, own, processor)


def machine_busy() -> tuple[float, float]:
    """Seconds that all processors together were busy since the machine started, and that they could have been."""
    with Path("/proc/stat").open(encoding="utf-8") as stream:
        ticks = [int(field) for field in stream.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]
    second = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - idle) / second, sum(ticks) / second


def _family(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in task.read_text(encoding="utf-8").split()]
            except OSError:
                continue
    return found
