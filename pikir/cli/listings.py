"""`pikir trends`, `pikir polls`, `pikir sources`: what the store knows."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, cast

import polars as pl
import typer

from pikir.cli.options import Base, Config, Database, Form
from pikir.cli.output import Format, InputError, frame_rows, print_rows

TREND_COLUMNS = [
    "target", "period", "group", "voices", "among", "stance", "share", "low", "high",
    "n_posts", "n_authors", "n_eff", "deff", "method", "complete",
]  # fmt: skip
SMOOTH_COLUMNS = ["level", "level_low", "level_high", "p_rise_last", "p_rise_month", "p_rise_since"]
POLL_COLUMNS = [
    "poll", "target", "stance", "starts", "ends", "monitor_share", "poll_share", "difference", "low", "high",
    "p_above", "p_equivalent", "house", "house_low", "house_high", "n_earlier", "adjusted", "adjusted_low",
    "adjusted_high", "changed_since", "change", "change_low", "change_high", "n_authors", "n_eff", "verdict", "reason",
    "note",
]  # fmt: skip


class By(StrEnum):
    """Widths of a period."""

    day = "day"
    week = "week"
    month = "month"


class Group(StrEnum):
    """What a series can be split by."""

    all = "all"
    source = "source"
    language = "language"
    region = "region"
    narrative = "narrative"


class Whose(StrEnum):
    """Whose voices are counted."""

    people = "people"
    outlets = "outlets"
    all = "all"


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (trends, polls, sources):
        app.command()(command)


def trends(
    target: Annotated[str, typer.Argument(help="The id of a target, for example migrants.")],
    by: Annotated[By, typer.Option(help="The width of a period.")] = By.week,
    group: Annotated[
        Group, typer.Option(help="One series, or one for each source, language, region or narrative.")
    ] = Group.all,
    voices: Annotated[Whose, typer.Option(help="People (an author counts once), outlets, or all.")] = Whose.people,
    among: Annotated[
        Base | None,
        typer.Option(
            help="Those who take a stance, or all who mention the target.",
            show_default="opinionated; for narratives all",
        ),
    ] = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only the last so many periods.")] = None,
    smooth: Annotated[
        bool, typer.Option("--smooth", help="Beside each period its smoothed level, and the probability of a rise.")
    ] = False,
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Also the probability of a rise since this date; implies --smooth."),
    ] = None,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """The share of each stance, period by period, with its interval; or of those who voice each narrative.

    Example: [bold]pikir trends migrants --by week --group language --format csv[/bold]
    Example: [bold]pikir trends migrants --since 2022-09-21[/bold]
    """
    from flows.workspace import open_workspace
    from storage.shares import share_frame

    base = among or (Base.all if group is Group.narrative else Base.opinionated)
    with open_workspace(config, database) as workspace:
        known = [item.id for item in workspace.settings.targets]
        if target not in known:
            raise InputError(f"no target {target!r}; configured are {', '.join(known)}")
        with workspace.database.read() as c:
            model = current_model(workspace.settings)
            frame = share_frame(
                c,
                target=target,
                by=by.value,
                group=group.value,
                voices=voices.value,
                among=base.value,
                model=model,
            )
        confidence = workspace.settings.monitor.estimate.confidence
    columns = TREND_COLUMNS
    if smooth or since is not None:
        from analysis.trends import smooth_shares

        frame = smooth_shares(frame, by.value, confidence=confidence, since=since.date() if since else None)
        columns = TREND_COLUMNS + SMOOTH_COLUMNS
    if last is not None:
        kept = frame["period"].unique().sort().tail(last).implode()
        frame = frame.filter(pl.col("period").is_in(kept))
    if group is not Group.all:
        frame = frame.with_columns(group=pl.col("group") + "=" + pl.col("value"))
    title = f"{target}: {voices.value}, among {base.value}, by {by.value}"
    print_rows(frame_rows(frame.select(columns)), form, columns, title)


def polls(
    target: Annotated[str | None, typer.Argument(help="The id of a target; all if left out.")] = None,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """The monitor beside each published poll: difference, house effect, change, each with its interval; verdict.

    Example: [bold]pikir polls migrants --format json[/bold]
    """
    from flows.workspace import open_workspace
    from storage.polls import comparison_frame

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        frame = comparison_frame(c, target)
    print_rows(frame_rows(frame.select(POLL_COLUMNS)), form, POLL_COLUMNS, "The monitor minus each published poll")


def sources(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """What was collected from each source, what is missing, how far it lags (hours), and why it could not be read.

    Example: [bold]pikir sources[/bold]
    """
    from flows.workspace import open_workspace
    from pikir.cli.sources_table import SOURCE_COLUMNS, source_rows

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        rows = source_rows(c, dt.datetime.now(dt.UTC))
    print_rows(rows, form, SOURCE_COLUMNS, "Sources")


def current_model(settings: object) -> str | None:
    """The version of the configured model and targets, under which its shares are stored."""
    from configs.settings import Settings
    from models.annotator import open_annotator

    return open_annotator(cast(Settings, settings)).version
