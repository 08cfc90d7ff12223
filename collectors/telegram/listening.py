"""Live updates: what is written, edited or deleted now, as batches under the same keys as everywhere else."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from telethon import events
from telethon.tl import types

from collectors.batches import Batch
from collectors.intake import Intake
from collectors.telegram.bookmark import Bookmark
from collectors.telegram.connection import Connection
from collectors.telegram.live import Gathered
from collectors.telegram.live_messages import LiveMessages, titles_of
from collectors.telegram.places import Place

_WRITTEN = (
    types.UpdateNewChannelMessage,
    types.UpdateEditChannelMessage,
    types.UpdateNewMessage,
    types.UpdateEditMessage,
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A source that was read to its end, and where it stands: its bookmark says which place that is."""

    intake: Intake
    bookmark: Bookmark

    @property
    def place(self) -> Place:
        """Where its messages appear: for comments the discussion group."""
        if self.intake.source.kind == "comments":
            return Place("channel", self.bookmark.group)
        return self.bookmark.place


class Listener:
    """Batches of what Telegram pushes. It pushes only what happens in chats that the account has joined.

    The batches have no position: the regular run reads the same ids again and finds them stored, so that nothing that
    was missed while nobody listened stays missing.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._updates: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._by_place: dict[tuple[str, int], list[Watched]] = {}
        self._posts: dict[tuple[str, int], int] = {}

    def start(self) -> None:
        """From now on updates are taken up."""

        async def listen() -> None:
            self._connection.client.add_event_handler(self._take, events.Raw())
            await self._connection.client.catch_up()

        self._connection.call(listen())

    def watch(self, watched: Iterable[Watched]) -> None:
        """These sources, as their bookmarks stand now, in place of those before."""
        self._by_place, self._posts = {}, {}
        for one in watched:
            # A group may be read for itself and for the comments of its channel.
            self._by_place.setdefault((one.place.kind, one.place.id), []).append(one)
            for post, thread in one.bookmark.threads.items():
                self._posts[(one.intake.source.source, thread.copy)] = post

    def batches(self, seconds: float) -> Iterator[tuple[str, Batch]]:
        """(Source, batch) of what was pushed; waits at most so many seconds for the first."""
        try:
            pending = [self._updates.get(timeout=seconds)]
        except queue.Empty:
            return
        while not self._updates.empty():
            pending.append(self._updates.get())
        for update in pending:
            yield from self._batches(update)

    async def _take(self, update: Any) -> None:
        self._updates.put(update)

    def _batches(self, update: Any) -> Iterator[tuple[str, Batch]]:
        if isinstance(update, types.UpdateDeleteChannelMessages):
            deleted = tuple(map(str, update.messages))
            for one in self._by_place.get(("channel", update.channel_id), ()):
                yield one.intake.source.source, Batch([], [], "", deleted=deleted)
        elif isinstance(update, _WRITTEN):
            peer = update.message.peer_id
            basic = isinstance(peer, types.PeerChat)
            key = ("chat", peer.chat_id) if basic else ("channel", getattr(peer, "channel_id", 0))
            written = (self._written(one, update.message, update) for one in self._by_place.get(key, ()))
            yield from filter(None, written)

    def _written(self, one: Watched, message: Any, update: Any) -> tuple[str, Batch] | None:
        source = one.intake.source
        thread, top = "", 0
        if source.kind == "comments":
            header = getattr(message, "reply_to", None)
            top = getattr(header, "reply_to_top_id", None) or getattr(header, "reply_to_msg_id", None) or 0
            post = self._posts.get((source.source, top))
            if post is None:
                # Under a post that nobody commented on before: the next regular run finds out which.
                return None
            thread = str(post)
        gathered = Gathered(one.intake, LiveMessages(one.intake, one.place))
        chats = getattr(update, "_entities", None) or {}
        gathered.add(message, titles_of(chats.values()), thread, top)
        return source.source, Batch(gathered.posts, gathered.rejected, "", tally=gathered.tally)
