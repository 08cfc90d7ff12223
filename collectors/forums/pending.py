"""The batch that is being filled while a forum is read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from collectors.batches import Batch, Shown, Skip, Tally
from storage.records import Post, Rejected


@dataclass(slots=True)
class Pending:
    """Posts of one source by their id, what was set aside, and what pages show whole. Of a post twice the later counts.

    Posts older than the source's `since` are no part of it and are not counted.
    """

    source: str
    begun: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    posts: dict[str, Post] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    read: int = 0
    empty: int = 0
    duplicates: int = 0

    def add(self, post: Post | Skip) -> None:
        """Takes up a post, or counts one without words."""
        if post is Skip.OLD:
            return
        self.read += 1
        if isinstance(post, Skip):
            self.empty += 1
            return
        self.duplicates += self.posts.pop(post.native_id, None) is not None
        self.posts[post.native_id] = post

    def reject(self, place: str, reason: str, text: str = "") -> None:
        """Sets something aside."""
        self.rejected.append(Rejected(self.source, place, reason, text))

    def is_due(self, posts: int, seconds: float) -> bool:
        """Whether there is enough of it, or it has waited long enough."""
        waited = (dt.datetime.now(dt.UTC) - self.begun).total_seconds()
        return bool(self.posts or self.rejected or self.shown) and (len(self.posts) >= posts or waited >= seconds)

    def close(self, position: str) -> Batch:
        """The batch."""
        tally = Tally(
            read=self.read,
            posts=len(self.posts),
            empty=self.empty,
            duplicates=self.duplicates,
            rejected=len(self.rejected),
        )
        posts, shown = list(self.posts.values()), tuple(self.shown)
        return Batch(posts, self.rejected, position, None, tally, shown=shown, present=True)
