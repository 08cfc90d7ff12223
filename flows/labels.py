"""The labels that estimation may use: settled between coders, drawn with a known probability, with what was read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import polars as pl
from sqlalchemy.engine import Connection

from analysis.evidence import KEY, settled
from storage.audits import audit_frame
from storage.opinions import opinions_on


def read_labels(c: Connection, target: str, model: str) -> pl.DataFrame:
    """One row for each labelled post that `model` has read and that was not deleted.

    Columns: source, native_id, label, inclusion_probability, posted_at (UTC). Purposive labels never come.
    """
    labels = settled(audit_frame(c, target))
    if labels.is_empty():
        return labels.with_columns(posted_at=pl.lit(None, pl.Datetime("us", "UTC")))
    posts = opinions_on(c, target, model, labels.select(KEY).rows())
    return labels.join(posts.select(*KEY, "posted_at"), on=KEY, how="inner").sort(KEY)


def labels_digest(labels: Mapping[str, pl.DataFrame]) -> str:
    """Changes with whatever label changes a share; empty where there are none."""
    rows = {target: frame.drop("posted_at").rows() for target, frame in sorted(labels.items()) if not frame.is_empty()}
    return hashlib.blake2b(json.dumps(rows).encode(), digest_size=6).hexdigest() if rows else ""
