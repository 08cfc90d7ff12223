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
    "n_posts", "n_authors", "n_labels", "n_eff", "deff", "top_author_share", "near_duplicate_share", "method",
    "complete",
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
    for command in (trends, sources):
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
        bool, typer.Option("--smooth", help="The level behind the noise of single periods beside.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(help="Whether it rose since a date, week, month, or an event (some words of its name)."),
    ] = None,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """The share of each stance, period by period, with its interval; or of those who voice each narrative.

    Example: [bold]pikir trends migrants --by week --group language --format csv[/bold]
    """
    from analysis.change import changes_since, end_of_whole_periods, moment
    from flows.workspace import open_workspace
    from pikir.cli.smoothing import CHANGE_COLUMNS, SMOOTH_COLUMNS, change_rows, smoothed
    from storage.current import latest_model
    from storage.shares import share_frame

    base = among or (Base.all if group is Group.narrative else Base.opinionated)
    with open_workspace(config, database) as workspace:
        known = [item.id for item in workspace.settings.targets]
        if target not in known:
            raise InputError(f"no target {target!r}; configured are {', '.join(known)}")
        with workspace.database.read() as c:
            model = latest_model(c) or ""
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
    events = [(e.date, e.name) for e in workspace.settings.events]
    if since is not None:
        try:
            day = moment(since, events, end_of_whole_periods(frame, by.value))
        except ValueError as error:
            raise InputError(f"--{error}") from None
        rows = change_rows(changes_since(frame, by.value, day, confidence))
        print_rows(rows, form, CHANGE_COLUMNS, f"{target}: change since {day}")
        return
    if smooth:
        frame = smoothed(frame, by.value, confidence)
    if last is not None:
        kept = frame["period"].unique().sort().tail(last).implode()
        frame = frame.filter(pl.col("period").is_in(kept))
    if group is not Group.all:
        frame = frame.with_columns(group=pl.col("group") + "=" + pl.col("value"))
    title = f"{target}: {voices.value}, among {base.value}, by {by.value}"
    columns = [*TREND_COLUMNS, *(SMOOTH_COLUMNS if smooth else [])]
    if form is Format.table:
        wide = {"top_author_share", "near_duplicate_share"}
        wide |= {"target", "voices", "among", "n_posts", "n_eff", "deff"} if smooth else set()
        columns = [name for name in columns if name not in wide]
    print_rows(frame_rows(frame.select(columns)), form, columns, title)


def sources(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """What was collected from each source, what is missing, how far it lags (hours), and why it could not be read.

    Example: [bold]pikir sources[/bold]
    """
    from flows.workspace import open_workspace
    from storage.source_summary import SOURCE_COLUMNS, source_rows

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        rows = source_rows(c, dt.datetime.now(dt.UTC))
    print_rows(rows, form, SOURCE_COLUMNS, "Sources")


def current_model(settings: object) -> str | None:
    """The version of the configured model and targets, under which a run stores what it reads now (to draw from it).

    Results are told of `storage.current.latest_model`.
    """
    from configs.settings import Settings
    from models.annotator import open_annotator

    return open_annotator(cast(Settings, settings)).version
