"""`pikir polls`: the monitor beside published polls: levels, the house effect, changes, who moves first."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, frame_rows, print_rows

POLL_COLUMNS = [
    "poll", "target", "narrative", "stance", "starts", "ends", "monitor_share", "poll_share", "difference", "low",
    "high", "p_above", "p_equivalent", "equivalence", "n_authors", "n_eff", "method", "verdict", "house", "house_low",
    "house_high", "house_polls", "adjusted_share", "adjusted_difference", "adjusted_low", "adjusted_high", "reason",
]  # fmt: skip
SHORT_COLUMNS = [
    "poll", "stance", "monitor_share", "poll_share", "difference", "low", "high", "p_above", "method", "verdict",
    "house", "adjusted_share", "adjusted_difference",
]  # fmt: skip
CHANGE_COLUMNS = [
    "target", "stance", "earlier", "poll", "poll_change", "monitor_change", "difference", "low", "high", "p_above",
    "verdict", "reason",
]  # fmt: skip

_NOT_SHOWN = ("question", "poll_ends", "poll_share", "reason")


def polls(
    target: Annotated[str | None, typer.Argument(help="The id of a target; all if left out.")] = None,
    changes: Annotated[bool, typer.Option("--changes", help="Changes between successive polls of a question.")] = False,
    lead_lag: Annotated[
        bool, typer.Option("--lead-lag", help="Whether the monitor moves before polls or after them.")
    ] = False,
    now: Annotated[bool, typer.Option("--now", help="The last whole week's level, raw and adjusted.")] = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """The monitor beside each published poll: difference, interval, verdict, and free of the house effect.

    `house` is by how much the monitor differed from the polls of the same question before. A table leaves some columns
    out, the reasons too; JSON and CSV have all.

    Example: [bold]pikir polls migrants --format json[/bold]
    """
    from flows.workspace import open_workspace
    from pikir.cli.poll_levels import LEAD_COLUMNS, NOW_COLUMNS, lead_rows, now_rows
    from storage.polls import comparison_frame, poll_change_frame

    with open_workspace(config, database) as workspace:
        known = [one.id for one in workspace.settings.targets]
        if target is not None and target not in known:
            raise InputError(f"no target {target!r}; configured are {', '.join(known)}")
        if sum((changes, lead_lag, now)) > 1:
            raise InputError("--changes, --lead-lag and --now each make a table of their own: give one of them")
        if lead_lag:
            rows = lead_rows(workspace.database, workspace.settings, target)
            print_rows(rows, form, LEAD_COLUMNS, "Weeks by which the monitor is ahead of polls (behind: negative)")
            return
        if now:
            rows = now_rows(workspace.database, workspace.settings, target)
            columns = [name for name in NOW_COLUMNS if form is not Format.table or name not in _NOT_SHOWN]
            print_rows(rows, form, columns, "The last whole week, raw and free of the house effect of all polls so far")
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


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(polls)
