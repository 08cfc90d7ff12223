"""The notebook: `pikir.open()` gives the series, charts and posts of the page as frames and Altair charts."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

import polars as pl
import sqlalchemy as sa

from configs.loading import load
from configs.settings import Settings
from dashboard.api.schema import CHANGE_COLUMNS
from dashboard.passages import masked
from dashboard.reading import moved_since
from dashboard.selection import Group, Selection, series
from pikir.frames import Frame, as_pandas, show_pictures
from pikir.notebook_charts import poll_figure, trend_figure
from storage.alerts import alerts
from storage.current import latest_model
from storage.database import Database, open_database
from storage.evidence import Wanted, find_posts
from storage.polls import comparison_frame, poll_change_frame
from storage.records import AlertState, Among, Period, Stance, Voices
from storage.source_summary import SOURCE_COLUMNS, source_rows

POST_SCHEMA: Any = {
    "source": pl.String, "native_id": pl.String, "posted_at": pl.Datetime("us", "UTC"), "author": pl.String,
    "voice": pl.String, "language": pl.String, "text": pl.String, "target": pl.String, "stance": pl.String,
    "p_against": pl.Float64, "p_neutral": pl.Float64, "p_favor": pl.Float64,
}  # fmt: skip
_ALERT_COLUMNS = ("id", "kind", "rule", "target", "group", "value", "window", "measure", "observed", "expected",
                  "upper", "score", "state", "raised_at", "acknowledged_by", "ended")  # fmt: skip


class Monitor:
    """An open monitor. Close it, or use it in a `with` block. Its tables are Polars frames, or pandas if asked so."""

    def __init__(self, settings: Settings, database: Database, *, pandas: bool = False) -> None:
        self.settings, self._database, self._pandas = settings, database, pandas

    def trends(
        self, target: str, by: Period = "week", group: Group = "all", value: str = "", voices: Voices = "people",
        among: Among | None = None,
    ) -> Frame:  # fmt: skip
        """The shares that the page shows; null where suppressed. KeyError where there is no such target."""
        return self._told(self._series(self._chosen(target, by, group, value, voices, among)))

    def changes(
        self, target: str, since: str = "week", by: Period = "week", group: Group = "all", value: str = "",
        voices: Voices = "people", among: Among | None = None,
    ) -> Frame:  # fmt: skip
        """How each share moved since a date, "week", "month" or words of an event, with the probability that it rose.

        ValueError where `since` is none of them.
        """
        chosen = self._chosen(target, by, group, value, voices, among)
        rows = [asdict(one) for one in moved_since(self._series(chosen), by, since, self.settings)]
        return self._told(pl.DataFrame(rows, infer_schema_length=None).select(CHANGE_COLUMNS if rows else []))

    def chart(
        self, target: str, by: Period = "week", group: Group = "all", value: str = "", voices: Voices = "people",
        among: Among | None = None, smooth: bool = False,
    ) -> Any:  # fmt: skip
        """The page's Altair chart of the same series: small multiples where it is split into a group.

        `smooth`: the line and its ribbon are the level behind noisy periods, the shares stay as points.
        """
        chosen = self._chosen(target, by, group, value, voices, among)
        with self._database.read() as c:
            return trend_figure(c, self.settings, chosen, latest_model(c) or "", smooth=smooth)

    def polls(self, target: str | None = None) -> Frame:
        """The monitor beside each published poll, as on the page: level, difference with interval, verdict."""
        return self._told(self._of_model(comparison_frame, target))

    def poll_changes(self, target: str | None = None) -> Frame:
        """From one poll to the next of the same question: what the poll moved and what the monitor moved."""
        return self._told(self._of_model(poll_change_frame, target))

    def poll_chart(self, target: str) -> Any:
        """The page's Altair chart of the differences between the monitor and the polls about a target."""
        self.settings.target(target)
        with self._database.read() as c:
            return poll_figure(c, self.settings, target, latest_model(c) or "")

    def alerts(self, state: AlertState | None = None) -> Frame:
        """Alerts in the order in which they were raised: all, or those that are open, acknowledged or closed."""
        with self._database.read() as c:
            rows = [asdict(one) for one in alerts(c, state)]
        kept = [{name: row[name] for name in _ALERT_COLUMNS} for row in rows]
        return self._told(pl.DataFrame(kept, infer_schema_length=None))

    def sources(self) -> Frame:
        """One row a source: what was collected, what is missing, how the last reading ended."""
        with self._database.read() as c:
            rows = source_rows(c, dt.datetime.now(dt.UTC))
        kept = [{name: row.get(name) for name in SOURCE_COLUMNS} for row in rows]
        return self._told(pl.DataFrame(kept, infer_schema_length=None))

    def posts(
        self, target: str | None = None, stance: Stance | None = None, words: str = "", limit: int = 100
    ) -> Frame:
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
        return self._told(pl.DataFrame(rows, schema=POST_SCHEMA, orient="row"))

    def sql(self, query: str) -> Frame:
        """What a SELECT gives; instants are microseconds since 1970. What it would write is not kept."""
        with self._database.read() as c:
            answer = c.execute(sa.text(query))
            columns = list(answer.keys())
            rows = [tuple(row) for row in answer]
        return self._told(pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None))

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
        for name, given, kind in (
            ("by", by, Period), ("group", group, Group), ("voices", voices, Voices), ("among", among, Among | None)
        ):  # fmt: skip
            _checked(name, given, kind)
        return Selection(target, by, group, value, voices, among or ("all" if group == "narrative" else "opinionated"))

    def _series(self, chosen: Selection) -> pl.DataFrame:
        with self._database.read() as c:
            return series(c, chosen, latest_model(c) or "")

    def _of_model(self, read: Any, target: str | None) -> pl.DataFrame:
        if target is not None:
            self.settings.target(target)
        with self._database.read() as c:
            frame: pl.DataFrame = read(c, target)
            return frame.filter(pl.col("model") == (latest_model(c) or ""))

    def _told(self, frame: pl.DataFrame) -> Frame:
        return as_pandas(frame) if self._pandas else frame


def _checked(name: str, given: object, kind: Any) -> None:
    """ValueError where an argument is none of the words of its type."""
    words = [word for part in (get_args(kind) or (kind,)) for word in (get_args(part) or (part,))]
    allowed = [None if word is type(None) else word for word in words]
    if given not in allowed:
        raise ValueError(f"{name}={given!r}: give one of {', '.join(repr(word) for word in allowed if word)}")


def open_monitor(
    config: str | None = None, database: str | None = None, frames: Literal["polars", "pandas"] = "polars"
) -> Monitor:
    """`config`: a folder of YAML files (PIKIR_CONFIG); `database`: a URL (PIKIR_DATABASE, then monitor.yaml).

    `frames`: what tables are given as. ValueError for anything but polars and pandas.
    """
    if frames not in ("polars", "pandas"):
        raise ValueError(f"frames={frames!r}: give 'polars' or 'pandas'")
    folder = config or os.environ.get("PIKIR_CONFIG")
    settings = load(Path(folder) if folder else None)
    show_pictures()
    address = database or os.environ.get("PIKIR_DATABASE") or settings.monitor.database
    return Monitor(settings, open_database(address), pandas=frames == "pandas")
