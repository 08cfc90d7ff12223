"""Collect: every source of the configuration, into the store."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from collectors.collector import Batch, Collector, CollectorError, Notify, SourcePostponed, open_collector
from collectors.forums.forum import open_web
from collectors.privacy import Pseudonymiser, load_key
from configs.crawling import WebSettings
from configs.settings import Settings, SourceSettings
from flows.artifacts import publish_table
from flows.completeness import settle
from flows.hooks import crashed
from flows.progress import note, track
from flows.runs import running
from flows.slots import hosts, turn
from flows.telegram import Telegram
from flows.workspace import Workspace, open_workspace
from models.text import digest
from storage.coverage import refresh_coverage
from storage.cursors import read_cursor, write_cursor
from storage.database import Database
from storage.days import posts_days_between
from storage.posts import Written, latest_revision, upsert_posts
from storage.records import Post, ReadingState, Rejected, Source
from storage.rejected import keep_rejected
from storage.source_states import add_wait, write_state
from storage.sources import upsert_source

FILES = "collect"
_log = logging.getLogger(__name__)
Origin = Literal["path", "web", "telegram"]


@dataclass(frozen=True)
class Collected:
    """What came of one source in one run. `error` says why the source could not be read, "" where it could.

    `skipped`: service messages, posts without text, and what was forgotten by request. `notes`: what was left out on
    purpose, in words.
    """

    source: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    skipped: int = 0
    deleted: int = 0
    notes: tuple[str, ...] = ()
    error: str = ""


def source_record(form: SourceSettings) -> Source:
    """The record of a configured source."""
    return Source(form.name, form.kind, form.address, form.title, form.language, form.region, form.audience)


def collect_path(workspace: Workspace, path: Path, source: Source, mapping: dict[str, str]) -> list[Collected]:
    """Reads one file into the store: what is new since the last time. A whole-account export gives a row a chat."""
    settings = workspace.settings
    pseudonymiser = Pseudonymiser(load_key(settings.monitor.privacy.pseudonym_key_file))
    try:
        collectors = open_collector(
            path,
            source,
            mapping=mapping,
            pseudonymiser=pseudonymiser,
            timezone=settings.monitor.zone,
            mask=settings.monitor.privacy.mask_contacts,
        )
    except (CollectorError, OSError) as error:
        if source.source in (form.name for form in settings.sources):
            return [_marked(workspace.database, source, error)]
        return [Collected(source.source, error=str(error))]
    try:
        with turn(workspace, source.source):
            results = [store_posts(workspace.database, collector) for collector in collectors]
    except SourcePostponed as error:
        results = [_marked(workspace.database, source, error)]
    cover_new(workspace.database, settings)
    return results


def collect_web(workspace: Workspace, form: SourceSettings) -> Collected:
    """Reads a forum, a feed or pages with comments into the store: what is new or edited since the last time."""
    settings = workspace.settings
    limit = settings.monitor.schedule.collect_per_host
    try:
        with turn(workspace, form.name, hosts(form), limit):
            result = store_posts(workspace.database, _web_collector(settings, form), "web")
    except SourcePostponed as error:
        result = _marked(workspace.database, source_record(form), error)
    cover_new(workspace.database, settings)
    return result


def _web_collector(settings: Settings, form: SourceSettings) -> Collector:
    return open_web(
        source_record(form),
        form.web or WebSettings(),
        settings.monitor.crawl,
        settings.engines,
        pseudonymiser=Pseudonymiser(load_key(settings.monitor.privacy.pseudonym_key_file)),
        timezone=settings.monitor.zone,
        mask=settings.monitor.privacy.mask_contacts,
        since=form.since,
    )


def cover_new(database: Database, settings: Settings) -> None:
    """Counts again the days of every post that came since coverage was last counted, also by a run that was killed."""
    zone = settings.monitor.zone
    with database.write() as c:
        after, last = int(read_cursor(c, "coverage") or 0), latest_revision(c)
        days = posts_days_between(c, after, last, zone)
        if days:
            refresh_coverage(c, zone, days)
            write_cursor(c, "coverage", str(last))


def store_posts(database: Database, collector: Collector, cursor: str = FILES) -> Collected:
    """One source, batch by batch; posts, what was set aside or is gone, and the cursor share a transaction."""
    name = collector.source.source
    stage = f"collect {name}"
    cursor = f"{cursor}:{name}"
    with database.write() as c:
        upsert_source(c, collector.source)
        position = read_cursor(c, cursor)
    total, done = Collected(name), 0.0
    state: ReadingState = "ok"
    reason = ""
    with track(stage, 1.0) as advance:
        try:
            for batch in collector.collect(position):
                total = added(total, batch, *store_batch(database, name, batch, cursor))
                advance((batch.progress or done) - done)
                done = batch.progress or done
        except (CollectorError, OSError) as error:
            state, reason = _state_after(error), str(error)
        advance(1.0 - done)
    with database.write() as c:
        if reason and cursor.startswith(FILES):
            # A damaged file stays damaged; what ails a live source is its state, and passes.
            keep_rejected(c, [Rejected(name, name, reason)])
        told = reason or "; ".join(collector.notes)
        write_state(c, name, state, told, dt.datetime.now(dt.UTC), whole=collector.whole)
    return replace(total, notes=tuple(collector.notes), error=reason)


def store_batch(database: Database, name: str, batch: Batch, cursor: str = "") -> tuple[Written, int]:
    """One batch of the source `name` in one transaction; returns what was written and how many posts are newly gone."""
    now = dt.datetime.now(dt.UTC)
    with database.write() as c:
        written = upsert_posts(c, _stamped(batch.posts, now))
        gone = settle(c, name, batch, now)
        keep_rejected(c, batch.rejected)
        if cursor:
            write_cursor(c, cursor, batch.position)
    return written, gone


def added(total: Collected, batch: Batch, written: Written, gone: int) -> Collected:
    """The total with one more batch in it."""
    return replace(
        total,
        new=total.new + written.new,
        changed=total.changed + written.changed,
        unchanged=total.unchanged + written.unchanged,
        skipped=total.skipped + batch.tally.service + batch.tally.empty + written.forgotten,
        rejected=total.rejected + len(batch.rejected) + written.rejected,
        deleted=total.deleted + gone,
    )


def _stamped(posts: Iterable[Post], now: dt.datetime) -> list[Post]:
    return [replace(post, text_digest=digest(post.text), collected_at=now) for post in posts]


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE, task_run_name="collect {form.name}")
def collect_source(workspace: Workspace, form: SourceSettings) -> list[Collected]:
    """One configured source. Retried where its file is on a share that answers late; a bad file is a result."""
    return collect_path(workspace, Path(form.path), source_record(form), dict(form.map))


@task(cache_policy=NO_CACHE, task_run_name="collect {form.name}")
def collect_site(workspace: Workspace, form: SourceSettings) -> list[Collected]:
    """One forum, feed or site with comments; its crawl retries by itself."""
    return [collect_web(workspace, form)]


@task(cache_policy=NO_CACHE, task_run_name="collect {form.name}")
def collect_live(workspace: Workspace, telegram: Telegram, form: SourceSettings) -> list[Collected]:
    """One channel, group or channel's comments of Telegram, on the run's one connection."""
    return [collect_chat(workspace, telegram, form, _noted(f"collect {form.name}"))]


def collect_chat(workspace: Workspace, telegram: Telegram, form: SourceSettings, notify: Notify) -> Collected:
    """Reads one Telegram source into the store: what is new, and the last posts again."""
    source, before = source_record(form), telegram.waited
    try:
        with turn(workspace, form.name, [telegram.account]):
            result = store_posts(workspace.database, telegram.collector(form, source, notify), "telegram")
    except CollectorError as error:
        result = _marked(workspace.database, source, error)
    with workspace.database.write() as c:
        add_wait(c, form.name, telegram.waited - before)
    cover_new(workspace.database, workspace.settings)
    return result


def _noted(stage: str) -> Notify:
    """Waits and lost connections are shown beside the bar and in the log of the run."""
    logger = get_run_logger()

    def notify(text: str) -> None:
        note(stage, text)
        if text:
            logger.warning("%s: %s", stage, text)

    return notify


def _state_after(error: CollectorError | OSError) -> ReadingState:
    return error.state if isinstance(error, CollectorError) else "failed"


def _marked(database: Database, source: Source, error: CollectorError | OSError) -> Collected:
    """A configured source that could not even be opened."""
    with database.write() as c:
        upsert_source(c, source)
        write_state(c, source.source, _state_after(error), str(error), dt.datetime.now(dt.UTC))
    return Collected(source.source, error=str(error))


@flow(name="collect", validate_parameters=False, on_crashed=[crashed])
def collect(config: str | None = None, database: str | None = None, origin: Origin | None = None) -> list[Collected]:
    """Every enabled source (of one `origin`, where it is named), one after the other; one that fails stops no other."""
    results: list[Collected] = []
    with (
        open_workspace(config, database) as workspace,
        running(workspace, f"collect {origin}" if origin else "collect"),
        Telegram(workspace.settings) as telegram,
    ):
        for form in workspace.settings.sources:
            if not form.enabled or (origin and not getattr(form, origin)):
                continue
            if form.path:
                results += collect_source(workspace, form)
            elif form.web:
                results += collect_site(workspace, form)
            elif form.telegram:
                results += collect_live(workspace, telegram, form)
    for result in results:
        _log.info(
            "%s: %d new, %d changed, %d gone, %d set aside",
            *(result.source, result.new, result.changed, result.deleted, result.rejected),
        )
        if result.error:
            get_run_logger().warning("source %s: %s", result.source, result.error)
    publish_table("collected", results, "What came of each source in this run.")
    return results
