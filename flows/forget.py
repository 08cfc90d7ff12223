"""Forget: posts and authors leave the database by request, and the numbers that they were in are estimated anew."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from collectors.privacy import PSEUDONYM_LENGTH, Pseudonymiser, load_key
from collectors.telegram.peers import NAMESPACE
from configs.settings import Settings
from flows.annotate import cursor_name, skip_forgotten
from flows.collect import cover_new
from flows.compare import compare_all
from flows.estimate import estimate_new
from flows.share_periods import estimate_days
from flows.workspace import Workspace
from models.annotator import open_annotator
from storage.cursors import read_cursor
from storage.database import Database
from storage.exports import Export, exports
from storage.forgetting import Forgotten, forget, posts_of
from storage.keys import Key
from storage.models import models_with_shares
from storage.posts import changed_posts, posts_by_key
from storage.sources import sources

_PSEUDONYM = re.compile(rf"[0-9a-f]{{{PSEUDONYM_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was forgotten, how many periods were estimated anew, and where copies lie that pikir wrote before."""

    forgotten: Forgotten
    periods: int
    copies: tuple[Export, ...]


def pseudonyms(workspace: Workspace, author: str, source: str = "") -> list[str]:
    """The pseudonyms that may be meant: `author` itself if it is one, else those of a raw id or name.

    A raw id is known in one source, or all over Telegram; without `source` it is tried in every source.
    """
    if not source and _PSEUDONYM.fullmatch(author):
        return [author]
    key = Pseudonymiser(load_key(workspace.settings.monitor.privacy.pseudonym_key_file))
    with workspace.database.read() as c:
        names = [source] if source else [one.source for one in sources(c)]
    tried = [(name, author) for name in names] + [(NAMESPACE, author), (f"{NAMESPACE}-name", author)]
    if author.isdecimal():
        tried.append((NAMESPACE, f"user{author}"))
    return [key.pseudonym(*one) for one in tried]


def find(database: Database, authors: Iterable[str], keys: Iterable[Key]) -> int:
    """How many stored posts `forget_all` would remove."""
    with database.read() as c:
        return len(set(posts_of(c, authors)) | set(posts_by_key(c, keys)))


def forget_all(workspace: Workspace, authors: Iterable[str], keys: Iterable[Key]) -> Outcome:
    """Removes the posts, keeps them away, estimates their periods anew for every model, and lists the copies."""
    database, settings = workspace.database, workspace.settings
    with database.write() as c:
        done = forget(c, authors, keys)
    periods = 0
    if done.days:
        periods = _renew(database, settings, done)
        database.scrub()
    with database.read() as c:
        copies = tuple(exports(c))
    return Outcome(done, periods, copies + _logs(settings))


def _renew(database: Database, settings: Settings, done: Forgotten) -> int:
    cover_new(database, settings)
    active = open_annotator(settings).version
    days = {moment.astimezone(settings.monitor.zone).date() for moment in done.days}
    with database.read() as c:
        known = models_with_shares(c)
        waiting = bool(changed_posts(c, int(read_cursor(c, cursor_name(active)) or 0), 1))
    periods = sum(estimate_days(database, settings, model, days).periods for model in known if model != active)
    if active not in known:
        return periods
    if waiting:
        periods += estimate_days(database, settings, active, days).periods
    else:
        skip_forgotten(database, active)
        periods += estimate_new(database, settings, active).periods
    compare_all(database, settings, active)
    return periods


def _logs(settings: Settings) -> tuple[Export, ...]:
    """Logs of alerts quote posts as they were when the alert was sent."""
    paths = [Path(one.log_file) for one in settings.alerts.recipients if one.log_file]
    there = [path for path in paths if path.exists()]
    return tuple(
        Export(str(path), "alert log", True, dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)) for path in there
    )
