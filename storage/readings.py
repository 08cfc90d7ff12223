"""Readings: what a model read in each distinct text, so that a text copied a thousand times is read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.bulk import bulk_upsert
from storage.keys import chunks
from storage.records import Reading, TargetReading
from storage.tables import driver_typed
from storage.tables import readings as table
from storage.types import to_json

_bulk_table = driver_typed(table)


def read_readings(c: Connection, digests: Iterable[str], model: str) -> dict[str, Reading]:
    """What `model` has read already, by text digest; a text that it has not read is absent.

    A text without any target is there with empty `results`.
    """
    found: dict[str, Reading] = {}
    for chunk in chunks(dict.fromkeys(digests)):
        query = sa.select(table).where(table.c.model == model, table.c.text_digest.in_(chunk))
        found.update((row.text_digest, _reading(row)) for row in c.execute(query))
    return found


def write_readings(c: Connection, readings: Iterable[Reading]) -> None:
    """Write readings by (text digest, model), replacing earlier ones."""
    rows = {(reading.text_digest, reading.model): _row(reading) for reading in readings}
    bulk_upsert(c, _bulk_table, list(rows.values()))


def _row(reading: Reading) -> dict[str, str]:
    results = to_json([asdict(result) for result in reading.results]) if reading.results else "[]"
    return {
        "text_digest": reading.text_digest,
        "model": reading.model,
        "language": reading.language,
        "results": results,
    }


def _reading(row: Any) -> Reading:
    results = tuple(TargetReading(**{**result, "narratives": tuple(result["narratives"])}) for result in row.results)
    return Reading(row.text_digest, row.model, row.language, results)
