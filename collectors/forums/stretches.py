"""Which stretch of a thread a page shows whole: a post stored from there that is not on the page any more is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from collectors.batches import Shown


class Stretches:
    """The pages read so far. Pages that follow each other leave no room between them.

    Nothing is said of a page that was cut off, on which a post could not be read, or, where a thread has several pages,
    whose posts do not stand in the order of their times.
    """

    def __init__(self) -> None:
        self._ends: dict[str, tuple[str, dt.datetime]] = {}

    def of(self, message: Mapping[str, Any], moments: Sequence[dt.datetime | None]) -> Shown | None:
        """What the page in `message` shows; `moments` are the times of its posts, None for one that has none."""
        thread, end = message.get("thread", ""), self._ends.pop(message.get("thread", ""), None)
        times = [moment for moment in moments if moment is not None]
        if not thread or not times or len(times) < len(moments) or not message["whole"] or message["rejected"]:
            return None
        first, last = bool(message["first"]), not message["next"]
        if not (first and last) and any(later < earlier for earlier, later in pairwise(times)):
            return None
        if not last:
            self._ends[thread] = (message["next"], times[-1])
        follows = end is not None and end[0] == message["url"] and end[1] <= times[0]
        # Some boards repeat a thread's first post on every page: it does not tell where the page begins.
        begin = end[1] if follows and end else times[min(1, len(times) - 1)]
        # What stands in the place of a post whose words were taken away has none.
        ids = frozenset(values[0] for values in message["posts"] if values[3])
        return Shown(thread, ids, None if first else begin, None if last else times[-1], message["url"])
