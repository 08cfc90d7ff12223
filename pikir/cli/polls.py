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
    "high", "p_above", "p_equivalent", "n_authors", "n_eff", "verdict", "house", "house_low", "house_high",
    "house_polls", "adjusted_share", "adjusted_difference", "adjusted_low", "adjusted_high", "reason",
]  # fmt: skip
SHORT_COLUMNS = [
    "poll", "stance", "monitor_share", "poll_share", "difference", "low", "high", "p_above", "verdict", "house",
    "adjusted_difference",
]  # fmt: skip
CHANGE_COLUMNS = [
    "target", "stance", "earlier", "poll", "poll_change", "monitor_change", "difference", "low", "high", "p_above",
    "verdict", "reason",
]  # fmt: skip
LEAD_COLUMNS = ["target", "stance", "polls", "weeks", "correlation", "low", "high", "p_placebo", "reason"]


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
    print_rows(frame_rows(frame.select(columns)), form, columns, "The monitor minus each published poll")


def leads(database: Store, settings: Settings, target: str | None) -> list[dict[str, Any]]:
    """One row for each target and stance that polls tell of, with the columns of `LEAD_COLUMNS`."""
    from analysis.polls import lead_lag
    from analysis.trends import smooth_shares
    from pikir.cli.listings import current_model
    from storage.polls import polls as stored
    from storage.records import STANCES
    from storage.shares import share_frame

    with database.read() as c:
        known = [one for one in stored(c) if not one.narrative]
        frame = share_frame(c, by="week", group="all", among="all", model=current_model(settings))
    weekly, _ = smooth_shares(frame.filter(pl.col("complete")), "week", settings.monitor.estimate.confidence)
    weeks = weekly["starts"].unique().sort().to_list()
    rows = []
    for one in settings.targets:
        for stance in STANCES:
            told = [
                (poll.starts + (poll.ends - poll.starts) / 2, poll.shares[stance])
                for poll in known
                if poll.target == one.id and stance in poll.shares
            ]
            if told and weeks and target in (None, one.id):
                levels = {other.id: _level(weekly, other.id, stance, weeks) for other in settings.targets}
                own = levels.pop(one.id)
                rows.append(asdict(lead_lag(one.id, stance, told, weeks, own, levels)))
    return rows


def _level(weekly: pl.DataFrame, target: str, stance: str, weeks: list[Any]) -> Any:
    """The smoothed share by week, NaN where there is none."""
    series = weekly.filter(pl.col("target") == target, pl.col("stance") == stance).select("starts", "smoothed")
    joined = pl.DataFrame({"starts": weeks}).join(series, on="starts", how="left").sort("starts")
    return joined["smoothed"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(polls)
