"""What the live collectors of Telegram share: the settings, the connection, and finding the place they read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from telethon import errors
from telethon.tl import functions, types

from collectors.batches import RecordError, Skip, SourceUnavailable, Tally
from collectors.intake import Intake
from collectors.telegram.bookmark import Bookmark
from collectors.telegram.connection import Connection
from collectors.telegram.live_messages import LiveMessages
from collectors.telegram.pacing import Notice, Patience
from collectors.telegram.places import Found, Place, described, find
from collectors.values import excerpt
from storage.records import Post, Rejected

PAGE = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read and how: from a day or a message id on (neither: everything), and how much of it again each run."""

    address: str
    since: dt.date | None = None
    since_id: int | None = None
    overlap: int = 500
    comments_days: int = 30
    recheck_hours: int = 48
    max_wait: float = 600.0

    @property
    def start(self) -> str:
        """`since` or `since_id` as the bookmark keeps it."""
        return str(self.since or self.since_id or "")


class Channel:
    """A place and the requests about it, on the connection's thread."""

    def __init__(self, connection: Connection, reading: Reading, notify: Notice) -> None:
        self.reading = reading
        self.connection = connection
        self._patience = Patience(reading.max_wait, notify)

    async def ask(self, request: Any) -> Any:
        """The answer; CollectorErrors of `Connection.send`."""
        return await self.connection.send(request, self.reading.address, self._patience)

    async def open(self, known: Bookmark | None, zone: dt.tzinfo) -> tuple[Bookmark, int, Found | None]:
        """The bookmark to go on from, the id of the newest message (0: none), and what the place is called now.

        SourceUnavailable where the address now leads to another channel than the one that was read.
        """
        try:
            mark = await self._bookmark(known, zone)
            return mark, *await self._newest(mark.place)
        except SourceUnavailable as error:
            if known is None or not isinstance(error.__cause__, errors.ChannelInvalidError):
                raise
        # Another account signed in: what the old one was given to ask with says nothing to Telegram now.
        place = (await self._find(anew=True)).place
        if place.id != known.place.id:
            raise self._another(known)
        mark = await self._bookmark(replace(known, place=place), zone)
        return mark, *await self._newest(mark.place)

    async def _bookmark(self, known: Bookmark | None, zone: dt.tzinfo) -> Bookmark:
        """The place found or remembered, and the id to begin behind."""
        reading = self.reading
        if known is None or known.address != reading.address:
            place = (await self._find()).place
            if known is not None and known.place.id != place.id:
                raise self._another(known)
            known = Bookmark(reading.address, place) if known is None else replace(known, address=reading.address)
            if known.read == 0:
                return replace(known, since=reading.start, low=(low := await self._low(place, zone)), read=low)
        if known.since == reading.start:
            return known
        low = await self._low(known.place, zone)
        return replace(known, since=reading.start, low=low, read=low if low < known.low else known.read)

    async def _find(self, *, anew: bool = False) -> Found:
        """What the address leads to, looked up once by this connection unless `anew`."""
        known, name = self.connection.found, self.reading.address.lower().removeprefix("@")
        if anew or name not in known:
            known[name] = await find(self.ask, self.reading.address)
        return known[name]

    async def page(self, place: Place, above: int) -> Page:
        """The messages with the next higher ids, ascending; none where there are no more."""
        answer = await self.ask(functions.messages.GetHistoryRequest(place.peer, **next_above(above)))
        return Page.of(answer, above)

    async def _newest(self, place: Place) -> tuple[int, Found | None]:
        answer = await self.ask(
            functions.messages.GetHistoryRequest(
                place.peer, offset_id=0, offset_date=None, add_offset=0, limit=1, max_id=0, min_id=0, hash=0
            )
        )
        mine = [chat for chat in answer.chats if chat.id == place.id and isinstance(chat, types.Channel | types.Chat)]
        found = described(mine[0]) if mine else None
        return max((message.id for message in answer.messages), default=0), found

    def _another(self, known: Bookmark) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.reading.address} is another channel than the one that this source was read from "
            f"({known.address}, number {known.place.id}): give it a source of its own"
        )

    async def _low(self, place: Place, zone: dt.tzinfo) -> int:
        """The id behind which reading begins."""
        reading = self.reading
        if reading.since is None:
            return (reading.since_id or 1) - 1
        midnight = dt.datetime.combine(reading.since, dt.time.min, zone)
        answer = await self.ask(
            functions.messages.GetHistoryRequest(
                place.peer, offset_id=0, offset_date=midnight, add_offset=0, limit=1, max_id=0, min_id=0, hash=0
            )
        )
        return max((message.id for message in answer.messages), default=0)


def next_above(above: int) -> dict[str, Any]:
    """What asks for the page of messages with the next higher ids, whether of a history or of a thread."""
    return {
        "offset_id": above + 1,
        "offset_date": None,
        "add_offset": -PAGE,
        "limit": PAGE,
        "max_id": 0,
        "min_id": above,
        "hash": 0,
    }


@dataclass(frozen=True, slots=True)
class Page:
    """Messages in ascending order of their ids, and the chats that came with them."""

    messages: tuple[Any, ...]
    chats: tuple[Any, ...]

    @classmethod
    def of(cls, answer: Any, above: int) -> Page:
        """The page in an answer; messages up to `above` are left out."""
        found = sorted((one for one in answer.messages if one.id > above), key=lambda one: one.id)
        return cls(tuple(found), tuple(answer.chats))

    @property
    def last(self) -> int:
        """The highest id; there must be a message."""
        return int(self.messages[-1].id)


class Gathered:
    """Posts, what was set aside, and the ids of a page."""

    def __init__(self, intake: Intake, convert: LiveMessages) -> None:
        self._intake = intake
        self._convert = convert
        self.posts: list[Post] = []
        self.rejected: list[Rejected] = []
        self.ids: dict[int, dt.datetime] = {}
        self.deleted: set[int] = set()
        self._skipped = {Skip.SERVICE: 0, Skip.EMPTY: 0}

    def add(self, message: Any, titles: Mapping[str, str], thread: str = "", top: int = 0) -> None:
        """Takes up one message."""
        if getattr(message, "date", None) is None:
            self.deleted.add(message.id)
            return
        self.ids[message.id] = message.date
        try:
            post = self._convert(message, titles, thread, top)
        except RecordError as error:
            name = self._intake.source.source
            text = excerpt(getattr(message, "message", ""))
            self.rejected.append(Rejected(name, f"{name}: message {message.id}", str(error), text))
            return
        if isinstance(post, Skip):
            self._skipped[post] += 1
        else:
            self.posts.append(post)

    @property
    def tally(self) -> Tally:
        """Counts of what was taken up."""
        service, empty = self._skipped[Skip.SERVICE], self._skipped[Skip.EMPTY]
        posts, rejected = len(self.posts), len(self.rejected)
        return Tally(posts + rejected + service + empty, posts, service, empty, rejected=rejected)
