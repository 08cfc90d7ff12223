"""`pikir polls`: the monitor beside published polls: levels, the house effect, changes, who moves first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, frame_rows, print_rows

if TYPE_CHECKING:
    from configs.settings import Settings
    from storage.database import Database as Store

POLL_COLUMNS = [
    "poll", "target", "narrative", "stance", "starts", "ends", "monitor_share", "poll_share", "difference", "low",
    "high", "p_above", "p_equivalent", "equivalence", "n_authors", "n_eff", "verdict", "house", "house_low",
    "house_high", "house_polls", "adjusted_share", "adjusted_difference", "adjusted_low", "adjusted_high", "reason",
]  # fmt: skip
SHORT_COLUMNS = [
    "poll", "stance", "monitor_share", "poll_share", "difference", "low", "high", "p_above", "verdict",
    "equivalence", "house", "house_polls", "adjusted_share", "adjusted_difference",
]  # fmt: skip
CHANGE_COLUMNS = [
    "target", "stance", "earlier", "poll", "poll_change", "monitor_change", "difference", "low", "high", "p_above",
    "verdict", "reason",
]  # fmt: skip
LEAD_COLUMNS = [
    "target", "question", "stance", "polls", "weeks", "weeks_low", "weeks_high", "correlation", "low", "high",
    "p_placebo", "reason",
]  # fmt: skip


def polls(
    target: Annotated[str | None, typer.Argument(help="The id of a target; all if left out.")] = None,
    changes: Annotated[bool, typer.Option("--changes", help="Changes between successive polls of a question.")] = False,
    lead_lag: Annotated[
        bool, typer.Option("--lead-lag", help="Whether the monitor moves before polls or after them.")
    ] = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """The monitor beside each published poll: difference, interval, verdict, and free of the house effect.

    `house` is by how much the monitor differed from the polls before. A table leaves some columns out, the reasons too;
    JSON and CSV have all.

    Example: [bold]pikir polls migrants --format json[/bold]
    """
    from flows.workspace import open_workspace
    from storage.polls import comparison_frame, poll_change_frame

    with open_workspace(config, database) as workspace:
        known = [one.id for one in workspace.settings.targets]
        if target is not None and target not in known:
            raise InputError(f"no target {target!r}; configured are {', '.join(known)}")
        if lead_lag:
            rows = leads(workspace.database, workspace.settings, target)
            print_rows(rows, form, LEAD_COLUMNS, "Weeks by which the monitor is ahead of polls (behind: negative)")
            return
        with workspace.database.read() as c:
            frame = poll_change_frame(c, target) if changes else comparison_frame(c, target)
    if changes:
        title = "Changes between polls, and of the monitor over the same time"
        print_rows(frame_rows(frame.select(CHANGE_COLUMNS)), form, CHANGE_COLUMNS, title)
        return
    columns = SHORT_COLUMNS if form is Format.table else POLL_COLUMNS
    rows = compared_rows(frame, workspace.settings.monitor.estimate.confidence)
    print_rows(rows, form, columns, "The monitor minus each published poll")


def compared_rows(frame: pl.DataFrame, confidence: float) -> list[dict[str, Any]]:
    """The stored comparisons, with what two one-sided tests say of each: equivalent, different, undecided."""
    from scipy.stats import norm

    from analysis.polls import equivalence

    quantile = float(norm.isf((1 - confidence) / 2))
    rows = frame_rows(frame)
    for row in rows:
        known = row["difference"] is not None
        row["equivalence"] = (
            equivalence(row["difference"], (row["high"] - row["low"]) / (2 * quantile)) if known else "insufficient"
        )
    return rows


def leads(database: Store, settings: Settings, target: str | None) -> list[dict[str, Any]]:
    """One row for each target and stance that polls tell of, with the columns of `LEAD_COLUMNS`."""
    from analysis.polls import by_question, lead_lag
    from analysis.polls.compare import among_of
    from analysis.trends import smooth_shares
    from pikir.cli.listings import current_model
    from storage.polls import polls as stored
    from storage.records import STANCES
    from storage.shares import share_frame

    with database.read() as c:
        asked = by_question(one for one in stored(c, target) if not one.narrative)
        frame = share_frame(c, by="week", group="all", among=None, model=current_model(settings))
    weekly, _ = smooth_shares(frame.filter(pl.col("complete")), "week", settings.monitor.estimate.confidence)
    weeks = weekly["starts"].unique().sort().to_list()
    rows = []
    for members in asked.values() if weeks else ():
        base = weekly.filter(among=among_of(members[0]))
        for stance in (one for one in STANCES if one in members[0].shares):
            told = [(one.starts + (one.ends - one.starts) / 2, one.shares[stance]) for one in members]
            levels = {one.id: _level(base, one.id, stance, weeks) for one in settings.targets}
            own = levels.pop(members[0].target)
            asking = members[0].question
            rows.append(asdict(lead_lag(members[0].target, stance, told, weeks, own, levels, question=asking)))
    return rows


def _level(weekly: pl.DataFrame, target: str, stance: str, weeks: list[Any]) -> Any:
    """The smoothed share by week, NaN where there is none."""
    series = weekly.filter(pl.col("target") == target, pl.col("stance") == stance).select("starts", "smoothed")
    joined = pl.DataFrame({"starts": weeks}).join(series, on="starts", how="left").sort("starts")
    return joined["smoothed"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(polls)
