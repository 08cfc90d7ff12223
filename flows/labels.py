"""The labels that estimation may use: settled between coders, drawn with a known probability, with what was read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import polars as pl
from sqlalchemy.engine import Connection

from analysis.evidence import KEY, Evidence, gather_evidence, settled
from analysis.periods import period_bounds, period_of
from configs.settings import Settings, TargetSettings
from flows.audit_labels import read_label_table
from storage.audits import audit_frame
from storage.database import Database
from storage.draws import drawn_frame
from storage.opinions import opinion_frame, opinions_on


def read_labels(c: Connection, target: str, model: str) -> pl.DataFrame:
    """One row for each labelled post that `model` has read and that was not deleted.

    Columns: source, native_id, label, inclusion_probability, author_posts, drawn_from and drawn_until (these three null
    where the label belongs to no draw), posted_at (UTC), p_against, p_neutral, p_favor. Labels of draws are the final
    ones, weighed by what was labelled; purposive labels never come.
    """
    drawn = read_label_table(c, target)
    given = settled(audit_frame(c, target)).join(drawn_frame(c, target), on=KEY, how="anti")
    labels = pl.concat([drawn, given], how="diagonal_relaxed")
    if labels.is_empty():
        return labels
    posts = opinions_on(c, target, model, labels.select(KEY).rows())
    return labels.join(posts, on=KEY, how="inner").sort(KEY)


def read_evidence(
    database: Database, settings: Settings, target: TargetSettings, model: str, labels: pl.DataFrame
) -> Evidence:
    """What the labels of one target say, from the opinions of the months that hold them."""
    if labels.is_empty():
        return Evidence()
    zone = settings.monitor.zone
    days = labels["posted_at"].dt.convert_time_zone(zone.key).dt.date()
    months = sorted({period_of(day, "month") for day in days.to_list()})
    frames = []
    for month in months:
        starts, ends = period_bounds(month, zone)
        with database.read() as c:
            frames.append(opinion_frame(c, target=target.id, model=model, starts=starts, ends=ends))
    return gather_evidence(pl.concat(frames), labels, zone)


def labels_digest(labels: Mapping[str, pl.DataFrame]) -> str:
    """Changes with whatever label changes a share; empty where there are none."""
    rows = {target: frame.drop("posted_at").rows() for target, frame in sorted(labels.items()) if not frame.is_empty()}
    return hashlib.blake2b(json.dumps(rows, default=str).encode(), digest_size=6).hexdigest() if rows else ""
