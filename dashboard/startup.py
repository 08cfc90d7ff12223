"""How the server of the page stays small, and how its first reader does not wait: both are done before it listens."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading

from dashboard.charts import trend_spec
from dashboard.rendering import environment
from dashboard.scripts import script
from dashboard.selection import Selection
from dashboard.state import State
from dashboard.words import words_of

THREADS = 8
"""Requests that are worked on at once; more would take turns on one interpreter, and each hold its own memory."""
# Options of glibc's mallopt, by their numbers there: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX.
_SPARING = {-1: 64 * 1024, -3: 64 * 1024, -8: 1}


_TURN_SECONDS = 0.001


def take_short_turns() -> None:
    """Let threads change places every millisecond: a page that is kept does not wait for one that is being made."""
    sys.setswitchinterval(_TURN_SECONDS)


def spare_memory() -> None:
    """Give back what is freed: glibc keeps a heap for each thread otherwise, and what was large in it (Linux alone).

    Threads share one heap, and what takes 64 KiB or more stands outside it.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        for option, value in _SPARING.items():
            libc.mallopt(option, value)


def prepare(state: State) -> None:
    """Compile the templates and draw the first charts; the script of the charts is bundled meanwhile."""
    threading.Thread(target=script, daemon=True).start()
    for name in environment.list_templates():
        environment.get_template(name)
    words = words_of(state.settings.monitor.dashboard.language)
    for target in state.settings.targets:
        trend_spec(state, words, Selection(target.id), smoothed=False)
