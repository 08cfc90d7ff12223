"""How far a source has been read, as it is kept in the store."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from collectors.batches import CollectorError
from collectors.telegram.places import Place


@dataclass(frozen=True, slots=True)
class Thread:
    """How far the comments of one post were read: the last id, how many there were, the post's copy in the group."""

    last: int
    comments: int
    copy: int


NEW = Thread(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """The place behind an address, the ids read, and for comments how far each thread was read.

    `low`: ids up to this are not read; `read`: everything in (low, read] was read; `since`: what `low` came from.
    `group`: the discussion group of a channel; `threads`: its posts whose comments are looked at.
    """

    address: str
    place: Place
    since: str = ""
    low: int = 0
    read: int = 0
    group: int = 0
    threads: dict[int, Thread] = field(default_factory=dict)

    def __str__(self) -> str:
        threads = {post: [state.last, state.comments, state.copy] for post, state in self.threads.items()}
        return json.dumps(asdict(replace(self, threads={})) | {"threads": threads}, separators=(",", ":"))


def parse(position: str | None) -> Bookmark | None:
    """The bookmark in a cursor; None where nothing was read yet. CollectorError where the cursor is damaged."""
    if not position:
        return None
    try:
        value: dict[str, Any] = json.loads(position)
        value["place"] = Place(**value["place"])
        value["threads"] = {int(post): Thread(*state) for post, state in value["threads"].items()}
        return Bookmark(**value)
    except (ValueError, TypeError, KeyError) as error:
        raise CollectorError(f"the cursor of this source is damaged ({error}); delete its row in cursors") from None
