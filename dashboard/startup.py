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
_ARENA_MAX = -8
_ARENAS = 2


_TURN_SECONDS = 0.001


def take_short_turns() -> None:
    """Let threads change places every millisecond: a page that is kept does not wait for one that is being made."""
    sys.setswitchinterval(_TURN_SECONDS)


def few_arenas() -> None:
    """Let threads share two heaps: glibc gives each its own otherwise, and keeps what they free. Elsewhere nothing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


def prepare(state: State) -> None:
    """Compile the templates and draw the first charts; the script of the charts is bundled meanwhile."""
    threading.Thread(target=script, daemon=True).start()
    for name in environment.list_templates():
        environment.get_template(name)
    words = words_of(state.settings.monitor.dashboard.language)
    for target in state.settings.targets:
        trend_spec(state, words, Selection(target.id), smoothed=False)
