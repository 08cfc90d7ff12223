"""Annotate: the language and the opinions of every post that is new or changed since the last time."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from configs.settings import Settings
from flows.artifacts import publish_table
from flows.hooks import flow
from flows.progress import track
from flows.runs import running
from flows.workspace import open_workspace
from models.annotator import Annotator, annotate, open_annotator
from storage.cursors import ANNOTATE, read_cursor, write_cursor
from storage.database import Database
from storage.opinions import replace_opinions
from storage.posts import StoredPost, changed_posts, latest_revision, set_languages
from storage.readings import read_readings, write_readings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Annotated:
    """What one run read: posts looked at, distinct texts read anew, near copies among the posts, opinions written."""

    model: str
    posts: int = 0
    texts: int = 0
    near_copies: int = 0
    opinions: int = 0

    def plus(self, other: Annotated) -> Annotated:
        """Both together; the model is this one's."""
        return Annotated(
            self.model,
            self.posts + other.posts,
            self.texts + other.texts,
            self.near_copies + other.near_copies,
            self.opinions + other.opinions,
        )


def cursor_name(model: str) -> str:
    """The cursor of annotation by one model; its position is the last revision read."""
    return f"{ANNOTATE}{model}"


def annotate_new(database: Database, settings: Settings, annotator: Annotator, most: int | None = None) -> Annotated:
    """Batches of posts in the order of their revisions; a batch's results and the cursor share a transaction.

    It stops behind `most` posts, if given, or at the last post.
    """
    cursor = cursor_name(annotator.version)
    with database.read() as c:
        after, last = int(read_cursor(c, cursor) or 0), latest_revision(c)
    total = Annotated(annotator.version)
    with track("annotate", float(last - after)) as advance:
        while most is None or total.posts < most:
            size = settings.monitor.batch_size if most is None else min(settings.monitor.batch_size, most - total.posts)
            with database.read() as c:
                stored, last = changed_posts(c, after, size), latest_revision(c)
            if not stored:
                if last > after:
                    skip_forgotten(database, annotator.version)
                break
            total = total.plus(annotate_batch(database, annotator, stored, cursor))
            advance(float(stored[-1].revision - after))
            after = stored[-1].revision
    return total


def annotate_batch(database: Database, annotator: Annotator, stored: list[StoredPost], cursor: str = "") -> Annotated:
    """Reads these posts and replaces what the model said of them, in one transaction; with it moves `cursor`, if any.

    Doing it again changes nothing.
    """
    with database.read() as c:
        known = read_readings(c, {item.post.text_digest for item in stored}, annotator.version)
    found = annotate([item.post for item in stored], annotator, known)
    with database.write() as c:
        keys = [(item.post.source, item.post.native_id) for item in stored]
        replace_opinions(c, keys, annotator.version, found.opinions)
        set_languages(c, found.languages)
        write_readings(c, found.new_readings)
        if cursor:
            write_cursor(c, cursor, str(stored[-1].revision))
    return Annotated(annotator.version, len(stored), len(found.new_readings), found.near_copies, len(found.opinions))


def skip_forgotten(database: Database, model: str) -> None:
    """Revisions without a post are of posts that were forgotten: once read past, estimation hears of their days."""
    with database.write() as c:
        after, last = int(read_cursor(c, cursor_name(model)) or 0), latest_revision(c)
        if last > after and not changed_posts(c, after, 1):
            write_cursor(c, cursor_name(model), str(last))


@flow("annotate")
def annotate_posts(config: str | None = None, database: str | None = None) -> Annotated:
    """Reads what is new with the configured model; on the workers of a Dask cluster where one is configured."""
    with open_workspace(config, database) as workspace, running(workspace, "annotate"):
        settings, annotator = workspace.settings, open_annotator(workspace.settings)
        if settings.monitor.cluster.address:
            from flows.annotate_on_cluster import annotate_on_cluster

            result = annotate_on_cluster(settings.monitor.cluster, annotator.version, config, database)
        else:
            result = annotate_new(workspace.database, settings, annotator)
    _log.info("%d posts, %d distinct texts read, %d opinions", result.posts, result.texts, result.opinions)
    publish_table("annotated", [result], "What the model read in this run.")
    return result
