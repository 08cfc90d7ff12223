"""The comments under a channel's posts, thread by thread, from its linked discussion group."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from telethon.tl import functions, types

from collectors.batches import Batch, Seen, SourceUnavailable
from collectors.intake import Intake
from collectors.telegram.bookmark import NEW, Bookmark, Thread, parse
from collectors.telegram.connection import Connection
from collectors.telegram.live import Channel, Gathered, Page, Reading, next_above
from collectors.telegram.live_messages import LiveMessages, titles_of
from collectors.telegram.pacing import Notice
from collectors.telegram.places import Place
from storage.records import Source

MOST_CLOSED = 3


class CommentsCollector:
    """Each comment is a post whose `thread` is the number of the channel's post and whose id is that in the group.

    Each run looks at the channel's posts of the last `comments_days` and reads the threads whose number of comments or
    last comment changed: what is new, and the whole thread where the number shows that comments were deleted. Threads
    of posts younger than `recheck_hours` are read whole, for edits. Comments under older posts are read once.
    """

    whole = True

    def __init__(self, connection: Connection, intake: Intake, reading: Reading, notify: Notice) -> None:
        self.source: Source = intake.source
        self._connection = connection
        self._intake = intake
        self._reading = reading
        self._notify = notify
        self._closed = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """How many threads could not be read, in words for the user."""
        if not self._closed:
            return ()
        return (f"{self._closed} posts of {self._reading.address} have comments that this account may not see",)

    def collect(self, position: str | None = None) -> Iterator[Batch]:
        """Pages of comments behind `position`, and one batch for each page of the channel's posts."""
        channel = Channel(self._connection, self._reading, self._notify)
        mark, newest, _ = self._connection.call(channel.open(parse(position), self._intake.clock.zone))
        run = _Run(channel, self._intake, mark, dt.datetime.now(dt.UTC))
        try:
            yield from run.batches(newest)
        finally:
            self._closed = run.closed


class _Run:
    """One run through the posts; `mark` goes with it."""

    def __init__(self, channel: Channel, intake: Intake, mark: Bookmark, now: dt.datetime) -> None:
        self._channel = channel
        self._call = channel.connection.call
        self._intake = intake
        self._mark = mark
        self._oldest = now - dt.timedelta(days=channel.reading.comments_days)
        self._young = now - dt.timedelta(hours=channel.reading.recheck_hours)
        self.closed = 0

    def batches(self, newest: int) -> Iterator[Batch]:
        """Up to the channel's newest post."""
        place = self._mark.place
        above = begin = min([post - 1 for post in self._mark.threads] + [self._mark.read])
        while above < newest:
            page = self._call(self._channel.page(place, above))
            if not page.messages:
                break
            for message in page.messages:
                done = min(1.0, (message.id - begin) / max(newest - begin, 1))
                for batch in self._thread(message):
                    yield replace(batch, progress=done)
            threads = self._open_threads(page, above)
            above = page.last
            self._mark = replace(self._mark, read=max(self._mark.read, above), threads=threads)
            yield Batch([], [], str(self._mark), min(1.0, (above - begin) / max(newest - begin, 1)))

    def _open_threads(self, page: Page, above: int) -> dict[int, Thread]:
        """The threads to look at in the next run: those of recent posts that are still there, commented on or not."""
        recent = dict.fromkeys((post.id for post in page.messages if _told(post) and post.date >= self._oldest), NEW)
        kept = {
            post: thread
            for post, thread in self._mark.threads.items()
            if post in recent or not above < post <= page.last
        }
        return recent | kept

    def _thread(self, post: Any) -> Iterator[Batch]:
        """What is new under one post, or all of it."""
        replies = _told(post)
        known = self._mark.threads.get(post.id, NEW)
        if replies is None or not (replies.replies or known.comments):
            return
        if post.id <= self._mark.read and post.date < self._oldest:
            return
        young = post.date >= self._young
        if not young and (replies.replies, replies.max_id or known.last) == (known.comments, known.last):
            return
        try:
            if not known.copy:
                copy, group = self._call(_copy_in_group(self._channel, self._mark.place, post.id))
                known = replace(known, copy=copy)
                self._mark = replace(self._mark, group=group)
            found = yield from self._pages(post, known, 0 if young else known.last)
            if not young and known.last and found + known.comments != replies.replies:
                yield from self._pages(post, known, 0)
        except SourceUnavailable as error:
            self.closed += 1
            if self.closed >= MOST_CLOSED and not self._mark.group:
                address = self._channel.reading.address
                raise SourceUnavailable(
                    f"this account may not see the comments of {address}: join its group"
                ) from error
            return
        # What the post told, not what was read: the next run compares with what it tells then.
        last = replies.max_id or self._mark.threads.get(post.id, known).last
        self._keep(post.id, Thread(last, replies.replies, known.copy))
        yield Batch([], [], str(self._mark))

    def _pages(self, post: Any, known: Thread, above: int) -> Generator[Batch, None, int]:
        """The comments with ids above this one, page by page; returns how many messages there were."""
        convert = LiveMessages(self._intake, Place("channel", self._mark.group))
        total, page = 0, None
        while page is None or page.messages:
            page = self._call(_replies(self._channel, self._mark.place, post.id, above))
            gathered, titles = Gathered(self._intake, convert), titles_of(page.chats)
            for message in page.messages:
                gathered.add(message, titles, str(post.id), known.copy)
            # Behind the last page, comments that were read before are gone.
            last = page.last if page.messages else max(known.last, above)
            if page.messages:
                self._keep(post.id, replace(known, last=max(known.last, last)))
            deleted = frozenset(gathered.deleted)
            seen = (Seen(above + 1, last, gathered.ids, deleted, str(post.id), post.date),) if last > above else ()
            if seen:
                yield Batch(gathered.posts, gathered.rejected, str(self._mark), None, gathered.tally, seen=seen)
            total, above = total + len(gathered.ids), last
        return total

    def _keep(self, post: int, state: Thread) -> None:
        self._mark = replace(self._mark, threads=self._mark.threads | {post: state})


async def _replies(channel: Channel, place: Place, post: int, above: int) -> Page:
    answer = await channel.ask(functions.messages.GetRepliesRequest(place.peer, post, **next_above(above)))
    return Page.of(answer, above)


async def _copy_in_group(channel: Channel, place: Place, post: int) -> tuple[int, int]:
    """The id of the post's copy in the discussion group, and the group's id: (0, 0) where there is none."""
    answer = await channel.ask(functions.messages.GetDiscussionMessageRequest(place.peer, post))
    copies = [one for one in answer.messages if isinstance(one.peer_id, types.PeerChannel) and one.fwd_from]
    return (copies[-1].id, copies[-1].peer_id.channel_id) if copies else (0, 0)


def _told(post: Any) -> Any:
    """What a post says of its comments; None where it cannot have any."""
    replies = getattr(post, "replies", None)
    return replies if replies is not None and replies.comments else None
