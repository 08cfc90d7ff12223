"""A channel or group, page by page in ascending order of its message ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from telethon.tl import types

from collectors.batches import Batch, Seen
from collectors.intake import Intake
from collectors.telegram.bookmark import Bookmark, parse
from collectors.telegram.connection import Connection
from collectors.telegram.live import Channel, Gathered, Page, Reading
from collectors.telegram.live_messages import LiveMessages, titles_of
from collectors.telegram.pacing import Notice
from collectors.telegram.places import Found, Place, migrated
from storage.records import Source


class HistoryCollector:
    """The posts of a channel or group. Each run reads the last `overlap` ids again, then what is new.

    A batch is a page; its position names the page's last id, so that a run that ends anywhere goes on behind what was
    stored. `seen` covers the ids from the end of one page to the end of the next.
    """

    whole = True

    def __init__(self, connection: Connection, intake: Intake, reading: Reading, notify: Notice) -> None:
        self.source: Source = intake.source
        self._connection = connection
        self._intake = intake
        self._reading = reading
        self._notify = notify
        self._notes: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """A changed name or another kind of chat than the source is said to be, in words for the user."""
        return tuple(self._notes)

    def collect(self, position: str | None = None) -> Iterator[Batch]:
        """Pages behind `position`. SourceUnavailable, SourcePostponed or CollectorError where reading ends early."""
        call = self._connection.call
        channel = Channel(self._connection, self._reading, self._notify)
        mark, newest, found = call(channel.open(parse(position), self._intake.clock.zone))
        self._compare(found)
        convert = LiveMessages(self._intake, mark.place)
        known, above = mark.read, max(mark.low, mark.read - self._reading.overlap)
        begin = above
        for page in self._pages(channel, mark.place, above, newest):
            mark = replace(mark, read=max(mark.read, page.last))
            yield self._batch(page, convert, mark, above, (page.last - begin) / max(newest - begin, 1))
            above = page.last
            self._check_moved(page)
        if above < known:
            # What stood at the end is gone.
            yield Batch([], [], str(mark), 1.0, seen=(Seen(above + 1, known, {}),))

    def _pages(self, channel: Channel, place: Place, above: int, newest: int) -> Iterator[Page]:
        """The pages behind `above`; each is asked for while the caller stores the one before."""
        start = self._connection.start
        coming = start(channel.page(place, above)) if above < newest else None
        try:
            while coming is not None and (page := coming.result()).messages:
                coming = start(channel.page(place, page.last)) if page.last < newest else None
                yield page
        finally:
            if coming is not None:
                coming.cancel()

    def _batch(self, page: Page, convert: LiveMessages, mark: Bookmark, above: int, progress: float) -> Batch:
        gathered, titles = Gathered(self._intake, convert), titles_of(page.chats)
        for message in page.messages:
            gathered.add(message, titles)
        seen = Seen(above + 1, page.last, gathered.ids, frozenset(gathered.deleted))
        return Batch(gathered.posts, gathered.rejected, str(mark), min(progress, 1.0), gathered.tally, seen=(seen,))

    def _check_moved(self, page: Page) -> None:
        """The last message of a basic group that became a supergroup says so."""
        for message in page.messages:
            action = getattr(message, "action", None)
            if isinstance(action, types.MessageActionChatMigrateTo):
                raise migrated(self._reading.address, action.channel_id)

    def _compare(self, found: Found | None) -> None:
        """Says what differs from the configuration."""
        if found is None:
            return
        address = self._reading.address.lower().rsplit("/", 1)[-1].removeprefix("@")
        if found.names and address[:1].isalpha() and address not in map(str.lower, found.names):
            self._notes.append(f"{self._reading.address} is called @{found.names[0]} now: write that in sources.yaml")
        if found.broadcast != (self.source.kind == "channel"):
            is_, said = ("channel", "group") if found.broadcast else ("group", "channel")
            self._notes.append(
                f"{self._reading.address} is a {is_} but is read as the {said} that the source is said to be"
            )
