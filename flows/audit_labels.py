"""Labels on their way in and on their way to the estimates: imported, settled, and weighed by their draws."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy.engine import Connection

from analysis.audits import final_labels, label_table
from collectors.label_files import CANNOT_TELL, Answer, read_answers
from flows.audits import AuditError
from storage.audits import adjudication_frame, audit_frame, checked_coder, save_adjudications, upsert_audits
from storage.database import Database
from storage.draws import drawn_frame, drawn_posts_of, draws
from storage.errors import BadCoder
from storage.records import STANCES, Adjudication, Audit, Rejected
from storage.rejected import keep_rejected

IMPORT_SOURCE = "audit import"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: labels new, changed and known before, rows without a label, rows set aside."""

    new: int
    changed: int
    known: int
    open: int
    aside: tuple[Rejected, ...]


def import_answers(database: Database, path: Path, *, target: str = "", coder: str = "") -> Imported:
    """Store the labels of a file in one transaction; the same file again changes nothing.

    Rows of posts that were not drawn for their target, and rows that cannot be read, are kept in `rejected`.
    """
    answers = read_answers(path, source=IMPORT_SOURCE, target=target, coder=coder)
    aside = list(answers.aside)
    new: list[Audit] = []
    changed: list[Audit] = []
    with database.write() as c:
        chances = {about: _chances(c, about) for about in {answer.target for answer in answers.usable}}
        before = _answered(c)
        for answer in answers.usable:
            audit = _audit(answer, chances[answer.target], aside)
            if audit is None:
                continue
            key = (audit.target, audit.source, audit.native_id, audit.coder)
            if key not in before:
                new.append(audit)
            elif before[key] != audit.label:
                changed.append(audit)
        upsert_audits(c, new + changed)
        keep_rejected(c, aside)
    known = len(answers.usable) - len(new) - len(changed) - (len(aside) - len(answers.aside))
    return Imported(len(new), len(changed), known, answers.open, tuple(aside))


def settle(database: Database, target: str, post_id: str, label: str, who: str, reason: str = "") -> Adjudication:
    """Store which label counts for a drawn post. AuditError for a post that was not drawn, or another label."""
    wanted = None if label.strip().lower() in CANNOT_TELL else label.strip().lower()
    stance = next((one for one in STANCES if one == wanted), None)
    if wanted is not None and stance is None:
        raise AuditError(f"no label {label!r}: give {', '.join(STANCES)}, or {CANNOT_TELL[0]!r}")
    with database.write() as c:
        known = _chances(c, target)
        if post_id not in known:
            raise AuditError(
                f"{post_id} belongs to no draw for {target}; see: pikir audit disagreements --target {target}"
            )
        source, native_id, _ = known[post_id]
        told = Adjudication(source, native_id, target, stance, who, dt.datetime.now(dt.UTC), reason)
        save_adjudications(c, [told])
    return told


def target_labels(c: Connection, target: str) -> pl.DataFrame:
    """The final labels of one target, and posts without one: see `analysis.audits.final_labels`."""
    return final_labels(audit_frame(c, target), adjudication_frame(c, target))


def read_label_table(c: Connection, target: str) -> pl.DataFrame:
    """The final labels of one target's draws with what each stands for: see `analysis.audits.label_table`."""
    return label_table(draws(c, target), drawn_frame(c, target), target_labels(c, target))


def _chances(c: Connection, target: str) -> dict[str, tuple[str, str, float]]:
    """The drawn posts of a target by post_id, with the author's inclusion probability in the first draw."""
    return {
        f"{post.source}/{post.native_id}": (post.source, post.native_id, post.inclusion_probability)
        for draw in reversed(draws(c, target))
        for post in drawn_posts_of(c, draw.id or 0)
    }


def _answered(c: Connection) -> dict[tuple[str, str, str, str], str | None]:
    given = audit_frame(c).filter(pl.col("labelled_at").is_not_null(), pl.col("inclusion_probability").is_not_null())
    return {
        tuple(key): label for *key, label in given.select("target", "source", "native_id", "coder", "label").iter_rows()
    }


def _audit(answer: Answer, chances: dict[str, tuple[str, str, float]], aside: list[Rejected]) -> Audit | None:
    """The record of an answer; None, and the reason set aside, where its post or coder cannot be."""
    reason = ""
    try:
        checked_coder(answer.coder)
    except BadCoder as error:
        reason = str(error)
    if answer.post_id not in chances:
        reason = f"the post {answer.post_id} belongs to no draw for {answer.target}; only drawn posts are imported"
    if reason:
        aside.append(Rejected(IMPORT_SOURCE, answer.place, reason, answer.post_id))
        return None
    source, native_id, chance = chances[answer.post_id]
    now = answer.at or dt.datetime.now(dt.UTC)
    return Audit(source, native_id, answer.target, answer.coder, answer.label, chance, now, now)
