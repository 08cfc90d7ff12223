"""What `pikir run` prints at its end: the latest shares, the last poll, the alerts, and what to type next."""

from __future__ import annotations

from typing import Any

import polars as pl
from rich.markup import escape

from flows.monitor import Outcome
from flows.workspace import Workspace, open_workspace
from pikir.cli.output import Format, console, frame_rows, print_rows
from pikir.sample import truth
from storage.alerts import alerts
from storage.polls import comparison_frame
from storage.shares import share_frame

_LATEST_ALERTS = 5


def print_summary(outcome: Outcome, config: str | None, database: str | None) -> None:
    """The run in a page; the tables go to standard output, the rest to standard error."""
    with open_workspace(config, database) as workspace:
        _print_counts(outcome)
        _print_shares(workspace, outcome.estimated.model)
        _print_polls(workspace, outcome.estimated.model)
        _print_alerts(workspace, outcome)
        _print_next(workspace)


def _print_counts(outcome: Outcome) -> None:
    for source in outcome.collected:
        if source.error:
            console.print(f"[yellow]source {source.source}[/yellow] {escape(source.error)}")
    new = sum(source.new + source.changed for source in outcome.collected)
    aside = sum(source.rejected for source in outcome.collected)
    console.print(
        f"{new:,} new or changed posts, {aside:,} set aside; {outcome.annotated.texts:,} distinct texts read, "
        f"{outcome.annotated.near_copies:,} near copies, "
        f"{outcome.annotated.opinions:,} opinions; {outcome.estimated.periods:,} periods estimated"
    )


def _print_shares(workspace: Workspace, model: str) -> None:
    rows: list[dict[str, Any]] = []
    with workspace.database.read() as c:
        for target in workspace.settings.targets:
            frame = share_frame(c, target=target.id, by="week", group="all", model=model)
            told = frame.filter(pl.col("complete") & pl.col("share").is_not_null() & (pl.col("stance") != "neutral"))
            if told.height:
                rows += frame_rows(told.filter(pl.col("starts") == told["starts"].max()))
    columns = ["target", "period", "stance", "share", "low", "high", "n_authors", "n_posts", "method"]
    if _simulated(workspace):
        rows = [{**row, "truth": _truth(row)} for row in rows]
        columns.append("truth")
    title = "Latest complete week: share of people, among those who take a stance, with 95% interval"
    if rows:
        print_rows(rows, Format.table, columns, title)
    else:
        console.print(
            f"no week has the {workspace.settings.monitor.privacy.min_authors} authors that a share needs; "
            "see: pikir trends TARGET --voices outlets --among all"
        )


def _simulated(workspace: Workspace) -> bool:
    """Whether the bundled sample, whose truth is known, is all that is read."""
    titles = [source.title.lower() for source in workspace.settings.sources if source.enabled and source.path]
    return bool(titles) and all("simulat" in title for title in titles)


def _truth(row: dict[str, Any]) -> float | None:
    """The simulation's true share of a row; None where it has none."""
    found = truth().filter(
        pl.col("target") == row["target"],
        pl.col("week") == row["period"],
        pl.col("among") == row["among"],
        pl.col("stance") == row["stance"],
    )
    return float(found["share"][0]) if found.height else None


def _print_polls(workspace: Workspace, model: str) -> None:
    with workspace.database.read() as c:
        frame = comparison_frame(c).filter(pl.col("model") == model)
    shown = frame.filter(pl.col("verdict") != "insufficient")
    by_date = (shown if shown.height else frame).sort("ends", pl.col("stance") == "against")
    last = by_date.group_by("target", maintain_order=True).tail(1)
    columns = ["target", "poll", "stance", "poll_share", "monitor_share", "difference", "low", "high", "verdict"]
    if last.height:
        print_rows(frame_rows(last), Format.table, columns, "Beside the last poll (monitor minus poll)")


def _print_alerts(workspace: Workspace, outcome: Outcome) -> None:
    with workspace.database.read() as c:
        stored = alerts(c)
    columns = ["id", "kind", "window", "target", "measure", "observed", "expected", "upper", "state"]
    rows = [{name: getattr(alert, name) for name in columns} for alert in stored[-_LATEST_ALERTS:]]
    if rows:
        print_rows(rows, Format.table, columns, f"Alerts: {len(stored)}, {outcome.alerted.raised} of them new")
    else:
        console.print("no alerts")
    for reason in outcome.alerted.broken:
        console.print(f"[yellow]not judged[/yellow] {escape(reason)}")
    if outcome.alerted.held_back:
        console.print(f"{outcome.alerted.held_back} spikes are held back: they do not stand without the sources out")
    for error in outcome.alerted.errors:
        console.print(f"[yellow]not delivered, will be tried again[/yellow] {escape(error)}")


def _print_next(workspace: Workspace) -> None:
    if _simulated(workspace):
        console.print(
            "[bold yellow]The bundled sample is simulated: its numbers say nothing about anybody.[/bold yellow]"
        )
    console.print(f"database: {workspace.database.url_safe}")
    console.print("next: [bold]pikir trends migrants[/bold], [bold]pikir polls[/bold], [bold]pikir alerts[/bold]")
