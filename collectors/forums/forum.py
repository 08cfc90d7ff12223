"""A forum, a feed or pages with comments as a collector: batches of posts, resumable after each."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import orjson

from collectors.batches import Batch, CollectorError, RecordError, Shown, Skip, SourcePostponed, SourceUnavailable
from collectors.forums.dates import ForumClock, zone_of
from collectors.forums.job import Job, make_job
from collectors.forums.pages import RawPost
from collectors.forums.pending import Pending
from collectors.forums.since import midnight
from collectors.forums.state import State
from collectors.forums.stretches import Stretches
from collectors.intake import Intake
from collectors.privacy import Pseudonymiser
from collectors.values import Clock, count, excerpt
from configs.boards import EngineRules
from configs.crawling import CrawlSettings, WebSettings
from storage.records import Post, Source

BATCH_POSTS = 500
BATCH_SECONDS = 20.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a page found. `threads`: address, title, and what will tell whether they changed."""

    engine: str = ""
    boards: tuple[str, ...] = ()
    threads: tuple[tuple[str, str, str], ...] = ()
    title: str = ""
    posts: tuple[Post, ...] = ()
    rejected: tuple[str, ...] = ()


class ForumCollector:
    """The posts of one source on the web. `timezone`: of times shown without a zone, "" for what the page states."""

    def __init__(self, intake: Intake, job: Job, timezone: str = "") -> None:
        self.notes: tuple[str, ...] = ()
        self.whole = True
        self._intake = intake
        self._job = job
        self._timezone = timezone
        self._day_first = {pack.engine: pack.day_first for pack in job.packs}
        self._begins = midnight(job.since, intake.clock.zone) if job.since else None
        self._stretches = Stretches()

    def __repr__(self) -> str:
        return f"ForumCollector({self.source.source!r}, {', '.join(self._job.starts)})"

    @property
    def source(self) -> Source:
        """What the posts belong to."""
        return self._intake.source

    def collect(self, position: str | None = None) -> Iterator[Batch]:
        """Batches of about 500 posts, or of what came in 20 seconds. Pages that failed come as `Rejected`.

        SourceUnavailable where a person must act, SourcePostponed where the server wants to be left alone, another
        CollectorError where nothing can be read now; what came before is kept.
        """
        state = State.parse(position)
        pending = Pending(self.source.source)
        for message in messages(self._job.model_copy(update={"state": position or ""})):
            if "end" in message:
                if pending.is_due(0, 0) or str(state) != (position or ""):
                    yield pending.close(str(state))
                self.notes, self.whole = tuple(message.get("notes", ())), bool(message.get("whole", True))
                _raise(message)
                return
            self._take(message, state, pending)
            state.merge(message.get("state", {}))
            if pending.is_due(BATCH_POSTS, BATCH_SECONDS):
                yield pending.close(str(state))
                pending = Pending(self.source.source)

    def look(self) -> Found:
        """What a run would read first: one list and one page of posts. CollectorError where there is nothing."""
        found = Found()
        for message in messages(self._job.model_copy(update={"probe": True})):
            _raise(message)
            if "boards" in message:
                batch = self.read(message)
                threads = tuple((str(url), str(title), str(sign)) for url, title, sign in message["threads"])
                reasons = tuple(f"{item.place}: {item.reason}" for item in batch.rejected)
                found = Found(
                    message["engine"],
                    tuple(message["boards"]),
                    threads,
                    message["title"],
                    tuple(batch.posts),
                    reasons,
                )
        return found

    def read(self, message: Mapping[str, Any]) -> Batch:
        """The posts of one page that the crawling process tells of (`pages.told`), on their own."""
        pending = Pending(self.source.source)
        self._take(message, State(), pending)
        return pending.close("")

    def _take(self, message: Mapping[str, Any], state: State, pending: Pending) -> None:
        """Everything on one page."""
        seen = dt.datetime.fromisoformat(message["seen"])
        zone = zone_of(self._timezone, message.get("zone", ""), self._intake.clock.zone)
        clock = ForumClock(self._intake.clock, zone, self._day_first.get(message.get("engine", ""), True))
        for place, reason in message.get("rejected", ()):
            pending.reject(place, reason)
        for thread in message.get("gone", ()):
            pending.shown.append(Shown(thread, frozenset(), gone=True))
        moments: list[dt.datetime | None] = []
        for raw in (RawPost(*values) for values in message.get("posts", ())):
            moments.append(None)
            try:
                moments[-1] = at = self._moment(raw, clock, seen, state)
                pending.add(self._post(raw, at, message["thread"], clock, seen, state))
            except RecordError as error:
                pending.reject(f"{message['url']} {raw.id}", str(error), excerpt(raw.text))
                pending.read += 1
        if moments and (shown := self._stretches.of(message, moments)):
            pending.shown.append(shown)

    def _moment(self, raw: RawPost, clock: ForumClock, seen: dt.datetime, state: State) -> dt.datetime:
        moment = clock.read(raw.time, seen)
        if moment.lasting:
            return moment.at
        # A page that its server calls unchanged may have been made days ago: the first reading is the nearest one.
        return dt.datetime.fromisoformat(state.approximate.setdefault(raw.id, moment.at.isoformat()))

    def _post(
        self, raw: RawPost, at: dt.datetime, thread: str, clock: ForumClock, seen: dt.datetime, state: State
    ) -> Post | Skip:
        intake = self._intake
        if self._begins is not None and at < self._begins:
            return Skip.OLD
        text = intake.text(raw.text)
        if not text:
            return Skip.EMPTY
        return Post(
            source=intake.source.source,
            native_id=raw.id,
            posted_at=at,
            text=text,
            author=intake.author(raw.author or (intake.source.source if intake.outlet else "")),
            voice="outlet" if intake.outlet else "person",
            thread=thread,
            reply_to=_answered(raw, state),
            edited_at=_edited(raw.edited, clock, seen),
            views=count(raw.views or None),
            reactions=count(raw.reactions or None),
        )


def _raise(message: Mapping[str, Any]) -> None:
    """The error that an end of reading stands for; none for a good end, or for a message that is no end."""
    errors = {"unavailable": SourceUnavailable, "waiting": SourcePostponed, "failed": CollectorError}
    if message.get("end") in errors:
        raise errors[message["end"]](message["reason"])


def _answered(raw: RawPost, state: State) -> str:
    """What the post answers, also when the page where that was found is not read together with it this time."""
    if raw.far:
        state.answers[raw.id] = raw.reply_to
    return raw.reply_to or state.answers.get(raw.id, "")


def _edited(text: str, clock: ForumClock, seen: dt.datetime) -> dt.datetime | None:
    """When the post was edited, where that is told exactly: "an hour ago" would be another time in every run."""
    try:
        moment = clock.read(text, seen) if text else None
    except RecordError:
        return None
    return moment.at if moment and moment.exact else None


def open_web(
    source: Source,
    web: WebSettings,
    crawl: CrawlSettings,
    packs: Sequence[EngineRules],
    *,
    pseudonymiser: Pseudonymiser,
    timezone: ZoneInfo,
    mask: bool = True,
    since: dt.date | None = None,
) -> ForumCollector:
    """The collector of a source on the web. `timezone`: of times for which neither `web` nor a page states another.

    `since`: the first day, in `timezone`, whose posts are read.
    """
    clock = Clock(timezone, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    job = make_job(
        source.source,
        source.address,
        web,
        crawl,
        packs,
        follow_feeds=source.kind == "comments",
        since=since,
        zone=timezone.key,
    )
    return ForumCollector(Intake(source, pseudonymiser, clock, mask), job, web.timezone)


def messages(job: Job) -> Iterator[dict[str, Any]]:
    """What the crawling process tells, line by line. CollectorError where it ends without having said so.

    The process is stopped when the caller asks for no more.
    """
    with tempfile.TemporaryFile() as complaints:
        process = _start(job, complaints)
        assert process.stdout is not None
        ended = False
        try:
            for line in process.stdout:
                message = orjson.loads(line)
                ended = ended or "end" in message
                yield message
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        if not ended:
            complaints.seek(0)
            last = complaints.read().decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
            raise CollectorError(f"{job.source}: the crawling process broke off: {last or 'it was killed'}")


def _start(job: Job, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))
    process = subprocess.Popen(
        [sys.executable, "-m", "collectors.forums.crawl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin is not None
    process.stdin.write(job.model_dump_json().encode() + b"\n")
    process.stdin.flush()
    return process
