"""What people's labels say of the classifier: the calibration of unaudited periods, and where it has drifted.

A label speaks for its own period through PPI++ (analysis.shares.ppi). All labels together tell how the classifier
reads each stance, which EMQ uses for the periods without labels of their own. Month by month the labels are held
against EMQ as it is without them: where the two disagree, EMQ is withheld until an audit agrees again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import polars as pl

from analysis.shares.audit import audited
from analysis.shares.authors import gather, read_labels, read_posts
from analysis.shares.calibration_sample import fit, read_calibration
from analysis.shares.checks import Model
from analysis.shares.drift import LEAST_AUTHORS, Drift

KEY = ("source", "native_id")
WINDOW = ("drawn_from", "drawn_until")
COVERED = 0.995
"""The part of a cell's posts that had a chance to be drawn, from which on its labels stand for its people."""
_COLUMNS = ("source", "native_id", "label", "inclusion_probability", "author_posts", *WINDOW)

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Evidence:
    """Labels of one target, and what follows from them for periods without any.

    `labels`: post_id (source/native_id), label, inclusion_probability, author_posts. `model`: calibrated on all of
    them, or on nothing where they are too few. `drifts`: by audited month, in order. `windows`: the spans [from, until)
    whose posts had a chance to be drawn.
    """

    labels: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"post_id": pl.String}))
    model: Model = field(default_factory=Model)
    drifts: tuple[tuple[dt.date, Drift], ...] = ()
    windows: tuple[Span, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nobody labelled anything that can stand for others."""
        return self.labels.is_empty()

    @property
    def verdicts(self) -> str:
        """The audited months whose labels disagreed with the model: what of the drift changes a share."""
        return " ".join(f"{month:%Y-%m}{'!' if drift.alarm else ''}" for month, drift in self.drifts)

    def withheld(self, starts: dt.date) -> bool:
        """Whether the last audited month at or before `starts` (the first one, before it) raised the drift alarm."""
        found = [drift for month, drift in self.drifts if month <= starts] or [drift for _, drift in self.drifts[:1]]
        return bool(found) and found[-1].alarm


def inside(windows: Sequence[Span]) -> pl.Expr:
    """Whether a post (posted_at) lies in one of these spans."""
    return pl.any_horizontal(pl.lit(False), *(pl.col("posted_at").is_between(*span, closed="left") for span in windows))


def settled(audits: pl.DataFrame) -> pl.DataFrame:
    """One row for each post with the label of most of its coders: source, native_id, label, inclusion_probability.

    `audits`: the columns of `Audit`, of one target. Labels without an inclusion probability were given to posts that
    somebody chose, and answers that are missing say nothing: both are left out, and posts on which coders are tied.
    """
    given = audits.filter(pl.col("label").is_not_null(), pl.col("inclusion_probability").is_not_null())
    votes = given.group_by(*KEY, "label").agg(pl.len().alias("votes"), pl.col("inclusion_probability").first())
    most = votes.filter(pl.col("votes") == pl.col("votes").max().over(KEY))
    return most.filter(pl.len().over(KEY) == 1).select(*KEY, "label", "inclusion_probability").sort(KEY)


def gather_evidence(opinions: pl.DataFrame, labels: pl.DataFrame, zone: ZoneInfo) -> Evidence:
    """The evidence of `labels` (as `settled` gives them, with author_posts and WINDOW if they are known) on one target.

    `opinions`: the columns of estimate_series, of every month that holds a labelled post; only people's count. A label
    whose window is not known was drawn from the posts of its month.
    """
    people = opinions.filter(pl.col("voice") == "person").with_columns(
        post_id=pl.concat_str("source", pl.lit("/"), "native_id"),
        month=pl.col("posted_at").dt.convert_time_zone(str(zone)).dt.date().dt.truncate("1mo"),
    )
    chosen = labels.select(name for name in _COLUMNS if name in labels.columns)
    rows = people.join(chosen, on=KEY, how="inner").sort("post_id")
    if rows.is_empty():
        return Evidence()
    names = [name for name in _COLUMNS if name in rows.columns and name not in (*KEY, *WINDOW)]
    months = sorted(rows["month"].unique().to_list())
    windows = _windows(rows, zone)
    asked = people.filter(inside(windows))
    drifts = [(month, _drift(asked, rows, month)) for month in months]
    return Evidence(
        rows.select("post_id", *names),
        _calibrated(rows),
        tuple((month, drift) for month, drift in drifts if drift is not None),
        windows,
    )


def _windows(rows: pl.DataFrame, zone: ZoneInfo) -> tuple[Span, ...]:
    first = pl.col("month").cast(pl.Datetime("us")).dt.replace_time_zone(str(zone))
    month = [first.dt.convert_time_zone("UTC"), first.dt.offset_by("1mo").dt.convert_time_zone("UTC")]
    known = [
        pl.coalesce(*([name] if name in rows.columns else []), own).alias(name)
        for name, own in zip(WINDOW, month, strict=True)
    ]
    return tuple(rows.select(known).unique().sort(WINDOW).iter_rows())


def _calibrated(rows: pl.DataFrame) -> Model:
    sample = read_calibration(rows)
    return Model() if sample.lacks else Model(fit(sample), sample)


def _drift(people: pl.DataFrame, rows: pl.DataFrame, month: dt.date) -> Drift | None:
    """The labels of one month against EMQ calibrated on the labels of the others."""
    model = _calibrated(rows.filter(pl.col("month") != month))
    here = people.filter(pl.col("month") == month)
    if model.likelihood is None:
        return None
    authors = gather(read_posts(here)[0])
    labels, _ = read_labels(rows.filter(pl.col("month") == month).drop("author"), authors.ids)
    if labels.height < LEAST_AUTHORS:
        return None
    return model.drift(audited(authors, labels), "opinionated")
