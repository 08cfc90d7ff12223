"""Collect: every source of the configuration, into the store."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import Literal

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from collectors.collector import Collector, CollectorError, Notify, SourcePostponed, open_collector
from collectors.forums.forum import open_web
from collectors.privacy import Pseudonymiser, load_key
from configs.crawling import WebSettings
from configs.settings import Settings, SourceSettings
from flows.artifacts import publish_table
from flows.hooks import flow
from flows.progress import note
from flows.runs import running
from flows.slots import hosts, turn
from flows.storing import Collected, state_after, store_posts
from flows.telegram import Telegram
from flows.workspace import Workspace, open_workspace
from storage.coverage import refresh_coverage
from storage.cursors import read_cursor, write_cursor
from storage.database import Database
from storage.days import posts_days_between
from storage.posts import latest_revision
from storage.records import Source
from storage.source_states import add_wait, write_state
from storage.sources import upsert_source

_log = logging.getLogger(__name__)
Origin = Literal["path", "web", "telegram"]


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


def _marked(database: Database, source: Source, error: CollectorError | OSError) -> Collected:
    """A configured source that could not even be opened."""
    with database.write() as c:
        upsert_source(c, source)
        write_state(c, source.source, state_after(error), str(error), dt.datetime.now(dt.UTC))
    return Collected(source.source, error=str(error))


@flow("collect")
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
