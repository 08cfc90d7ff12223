"""The notebook: `pikir.open()` gives the series, charts and posts of the page as Polars frames and Altair charts."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl
import sqlalchemy as sa

from analysis.charts import panels, trend_chart
from configs.loading import load
from configs.settings import Settings
from dashboard.passages import masked
from dashboard.selection import Group, Selection, comparable_polls, series
from storage.currency import latest_model
from storage.database import Database, open_database
from storage.evidence import Wanted, find_posts
from storage.records import Among, Period, Stance, Voices

POST_SCHEMA: Any = {
    "source": pl.String, "native_id": pl.String, "posted_at": pl.Datetime("us", "UTC"), "author": pl.String,
    "voice": pl.String, "language": pl.String, "text": pl.String, "target": pl.String, "stance": pl.String,
    "p_against": pl.Float64, "p_neutral": pl.Float64, "p_favor": pl.Float64,
}  # fmt: skip


class Monitor:
    """An open monitor. Close it, or use it in a `with` block."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self._database = settings, database

    def trends(
        self, target: str, by: Period = "week", group: Group = "all", value: str = "", voices: Voices = "people",
        among: Among | None = None,
    ) -> pl.DataFrame:  # fmt: skip
        """The shares that the page shows; null where suppressed. KeyError where there is no such target."""
        chosen = self._chosen(target, by, group, value, voices, among)
        with self._database.read() as c:
            return series(c, chosen, latest_model(c) or "")

    def chart(
        self, target: str, by: Period = "week", group: Group = "all", value: str = "", voices: Voices = "people",
        among: Among | None = None,
    ) -> Any:  # fmt: skip
        """The page's Altair chart of the same series: small multiples where it is split into a group."""
        chosen = self._chosen(target, by, group, value, voices, among)
        frame = self.trends(target, by, group, value, voices, among)
        if group != "all" and not value:
            return panels(frame, title=target)
        with self._database.read() as c:
            beside = comparable_polls(c, chosen)
        events = [(one.date, one.name) for one in self.settings.events if not one.targets or target in one.targets]
        return trend_chart(frame, polls=beside, events=events, title=target)

    def posts(
        self, target: str | None = None, stance: Stance | None = None, words: str = "", limit: int = 100
    ) -> pl.DataFrame:
        """Posts, newest first, one row for each target that was read in them; authors masked."""
        with self._database.read() as c:
            wanted = Wanted(latest_model(c) or "", target=target, stance=stance, words=words)
            found = find_posts(c, wanted, limit=limit)
        rows = [
            (one.source, one.native_id, one.posted_at, masked(one.author), one.voice, one.language, one.text,
             o and o.target, o and o.stance, o and o.p_against, o and o.p_neutral, o and o.p_favor)
            for one in found
            for o in (one.opinions or (None,))
        ]  # fmt: skip
        return pl.DataFrame(rows, schema=POST_SCHEMA, orient="row")

    def sql(self, query: str) -> pl.DataFrame:
        """What a SELECT gives; instants are microseconds since 1970. What it would write is not kept."""
        with self._database.read() as c:
            answer = c.execute(sa.text(query))
            columns = list(answer.keys())
            return pl.DataFrame([tuple(row) for row in answer], schema=columns, orient="row", infer_schema_length=None)

    def close(self) -> None:
        """Let the database go."""
        self._database.close()

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _chosen(
        self, target: str, by: Period, group: Group, value: str, voices: Voices, among: Among | None
    ) -> Selection:
        self.settings.target(target)
        return Selection(target, by, group, value, voices, among or ("all" if group == "narrative" else "opinionated"))


def open_monitor(config: str | None = None, database: str | None = None) -> Monitor:
    """`config`: a folder of YAML files (PIKIR_CONFIG); `database`: a URL (PIKIR_DATABASE, then monitor.yaml)."""
    folder = config or os.environ.get("PIKIR_CONFIG")
    settings = load(Path(folder) if folder else None)
    return Monitor(settings, open_database(database or os.environ.get("PIKIR_DATABASE") or settings.monitor.database))
