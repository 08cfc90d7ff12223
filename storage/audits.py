"""Audits: the labels that people gave to posts drawn for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.frames import read_frame
from storage.records import Audit
from storage.tables import audits as table


def upsert_audits(c: Connection, audits: Iterable[Audit]) -> None:
    """Write audits by post, target and coder. A post that is not stored raises the database's IntegrityError."""
    upsert(c, table, [asdict(audit) for audit in audits])


def audit_frame(c: Connection, target: str | None = None) -> pl.DataFrame:
    """Audits as a frame with the columns of `Audit`, ordered by target, source, native_id, coder.

    label is null where the coder has not answered or could not tell; inclusion_probability is null in a purposive draw.
    """
    query = sa.select(table)
    if target is not None:
        query = query.where(table.c.target == target)
    return read_frame(c, query).sort("target", "source", "native_id", "coder")
