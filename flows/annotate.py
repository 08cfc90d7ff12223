"""Annotate: the language and the opinions of every post that is new or changed since the last time."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from prefect import flow

from configs.settings import Settings
from flows.artifacts import publish_table
from flows.hooks import crashed
from flows.progress import track
from flows.runs import running
from flows.workspace import open_workspace
from models.annotator import Annotator, annotate, open_annotator
from storage.cursors import read_cursor, write_cursor
from storage.database import Database
from storage.opinions import replace_opinions
from storage.posts import changed_posts, latest_revision, set_languages
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


def cursor_name(model: str) -> str:
    """The cursor of annotation by one model; its position is the last revision read."""
    return f"annotate:{model}"


def annotate_new(database: Database, settings: Settings, annotator: Annotator) -> Annotated:
    """Batches of posts in the order of their revisions; a batch's results and the cursor share a transaction."""
    cursor = cursor_name(annotator.version)
    with database.read() as c:
        after, last = int(read_cursor(c, cursor) or 0), latest_revision(c)
    posts = texts = copies = opinions = 0
    with track("annotate", float(last - after)) as advance:
        while True:
            with database.read() as c:
                stored = changed_posts(c, after, settings.monitor.batch_size)
                known = read_readings(c, {item.post.text_digest for item in stored}, annotator.version)
            if not stored:
                break
            found = annotate([item.post for item in stored], annotator, known)
            with database.write() as c:
                keys = [(item.post.source, item.post.native_id) for item in stored]
                replace_opinions(c, keys, annotator.version, found.opinions)
                set_languages(c, found.languages)
                write_readings(c, found.new_readings)
                write_cursor(c, cursor, str(stored[-1].revision))
            advance(float(stored[-1].revision - after))
            after = stored[-1].revision
            posts += len(stored)
            texts += len(found.new_readings)
            copies += found.near_copies
            opinions += len(found.opinions)
    return Annotated(annotator.version, posts, texts, copies, opinions)


@flow(name="annotate", validate_parameters=False, on_crashed=[crashed])
def annotate_posts(config: str | None = None, database: str | None = None) -> Annotated:
    """Reads what is new with the configured model."""
    with open_workspace(config, database) as workspace, running(workspace, "annotate"):
        result = annotate_new(workspace.database, workspace.settings, open_annotator(workspace.settings))
    _log.info("%d posts, %d distinct texts read, %d opinions", result.posts, result.texts, result.opinions)
    publish_table("annotated", [result], "What the model read in this run.")
    return result
