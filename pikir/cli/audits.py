"""`pikir audit`: posts drawn for people to label, labels in and out, agreement, and how many are still needed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pikir.cli import adjudication
from pikir.cli.audit_options import Target, check_target
from pikir.cli.options import Base, Config, Database, Form
from pikir.cli.output import Format, InputError, complain, console, print_rows

app = typer.Typer(help="Audits: draw posts for people to label, export, import, agreement, adjudication, status.")
STATUS_COLUMNS = [
    "target", "period", "drawn", "authors", "labelled", "final", "disagreed", "undecided", "coders", "alpha",
    "alpha_low", "alpha_high", "share", "low", "high", "width", "method", "wanted", "needed", "more", "basis", "note",
]  # fmt: skip
SHORT_COLUMNS = [
    "target", "period", "drawn", "final", "disagreed", "coders", "alpha", "share", "low", "high", "width", "method",
    "more",
]  # fmt: skip
DRAW_COLUMNS = ["draw", "target", "period", "drawn", "new", "authors", "posts", "against", "neutral", "favor"]

Coder = Annotated[str, typer.Option(help="Who labelled, where the file does not say.")]


class Width(StrEnum):
    """Widths of a period."""

    day = "day"
    week = "week"
    month = "month"


class FileForm(StrEnum):
    """The forms of a file of posts to label."""

    csv = "csv"
    jsonl = "jsonl"
    label_studio = "label-studio"


@app.command()
def draw(
    target: Target,
    n: Annotated[
        int, typer.Option(min=3, help="Authors to draw, one random post each; in each period with --by.")
    ] = 200,
    period: Annotated[str, typer.Option(help="2022-10-03, 2022-W40 or 2022-10; left out, all whole days.")] = "",
    begin: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")] = None,
    by: Annotated[Width | None, typer.Option(help="A draw of its own for every day, week or month.")] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal draws; another seed, another draw.")] = 0,
    renew: Annotated[bool, typer.Option(help="Draw anew where posts changed, although labels would be lost.")] = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """Draw people by chance, one random post each, so that rare stances are seen and every chance is known.

    The same again changes nothing; a larger --n enlarges the draw of the same window.

    Example: [bold]pikir audit draw --target migrants --n 200 --period 2022-W40[/bold]
    """
    from flows.audits import AuditError, audit_windows, draw_audit
    from flows.workspace import open_workspace
    from pikir.cli.listings import current_model

    if period and (begin or end):
        raise InputError("--period and --from/--to both say when: give one of them")
    rows, refused = [], []
    with open_workspace(config, database) as workspace:
        settings = workspace.settings
        check_target(settings, target)
        days = {"first": begin and begin.date(), "last": end and end.date()}
        windows = audit_windows(
            workspace.database, settings, period=period, by=None if by is None else by.value, **days
        )
        model = str(current_model(settings))
        for window in windows:
            try:
                done = draw_audit(workspace.database, settings, model, target, window, n, seed, renew)
            except AuditError as error:
                refused.append(str(error))
                continue
            rows.append(_draw_row(done))
    if rows or form is not Format.table:
        print_rows(rows, form, DRAW_COLUMNS, f"Drawn for {target}")
    for reason in refused:
        console.print(f"[yellow]not drawn[/yellow] {reason}", markup=True, highlight=False)
    if refused and not rows:
        raise typer.Exit(1)
    if form is Format.table:
        console.print(f"next: [bold]pikir audit export --target {target} --output to-label.csv[/bold]")


@app.command()
def export(
    target: Target,
    output: Annotated[str, typer.Option(help="The file to write; - is standard output.")] = "-",
    form: Annotated[
        FileForm | None, typer.Option("--format", help="By the name's ending if left out: .csv, .jsonl, .json.")
    ] = None,
    coder: Annotated[str, typer.Option(help="Only what this coder has not labelled yet.")] = "",
    period: Annotated[str, typer.Option(help="Only the draw of this window, as pikir audit status names it.")] = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Write the drawn posts for people to label, contacts masked, without what the model says of them.

    Example: [bold]pikir audit export --target migrants --output to-label.csv[/bold]
    """
    from flows.workspace import open_workspace
    from pikir.cli.audit_files import posts_to_label, write_posts
    from storage.exports import record_export

    chosen = form or _form_of(output)
    with open_workspace(config, database) as workspace:
        check_target(workspace.settings, target)
        with workspace.database.read() as c:
            rows = posts_to_label(c, target, coder=coder, period=period)
        if not rows:
            raise InputError(
                f"there is nothing to label for {target}{f' in {period}' if period else ''}; draw first: "
                f"pikir audit draw --target {target} --n 200"
            )
        write_posts(output, rows, chosen.value)
        if output != "-":
            with workspace.database.write() as c:
                record_export(c, Path(output), "audit", texts=True)
    console.print(f"{len(rows)} posts to label; see: pikir audit codebook --target {target}")


@app.command("import")
def import_labels(
    path: Annotated[Path, typer.Argument(help="A filled-in file: CSV, JSONL, or the JSON export of Label Studio.")],
    target: Annotated[str, typer.Option(help="The target, where the file does not say.")] = "",
    coder: Coder = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Take labels in. The same file twice stores nothing twice; rows that cannot be used are set aside and told.

    Example: [bold]pikir audit import labelled.csv --coder aigerim[/bold]
    """
    from flows.audit_labels import import_answers
    from flows.workspace import open_workspace

    with open_workspace(config, database) as workspace:
        if target:
            check_target(workspace.settings, target)
        done = import_answers(workspace.database, path, target=target, coder=coder)
    complain([f"{one.place}: {one.reason}" for one in done.aside])
    console.print(
        f"{done.new} new labels, {done.changed} changed, {done.known} known before; {done.open} rows not labelled yet, "
        f"{len(done.aside)} set aside"
    )
    if done.aside and not (done.new or done.changed or done.known):
        raise typer.Exit(1)
    console.print("next: [bold]pikir audit status[/bold], then [bold]pikir estimate[/bold]")


@app.command()
def status(
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    width: Annotated[
        float, typer.Option(min=0.001, max=0.999, help="The wanted width of the interval: 0.08 is 8 points.")
    ] = 0.08,
    among: Annotated[
        Base, typer.Option(help="Those who take a stance, or all who mention the target.")
    ] = Base.opinionated,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """Labels done, agreement, the interval that they give, and how many labels would bring it to the wanted width.

    Example: [bold]pikir audit status --target migrants --width 0.08[/bold]
    """
    from dashboard.audit_status import audit_status
    from flows.workspace import open_workspace
    from pikir.cli.listings import current_model

    with open_workspace(config, database) as workspace:
        settings = workspace.settings
        if target is not None:
            check_target(settings, target)
        model = str(current_model(settings))
        wanted = [target] if target else [one.id for one in settings.targets]
        with workspace.database.read() as c:
            found = [s for one in wanted for s in audit_status(c, settings, model, one, width=width, among=among.value)]
    rows = [_status_row(one, width) for one in found]
    if not rows and form is Format.table:
        console.print(f"nothing was drawn; begin with: pikir audit draw --target {wanted[0]} --n 200")
        return
    shown = STATUS_COLUMNS if form is not Format.table else SHORT_COLUMNS
    print_rows(rows, form, shown, f"Audits: the share against, among {among.value}; wanted width {width:g}")
    if form is Format.table:
        for row in rows:
            if row["note"]:
                console.print(f"{row['target']}, {row['period']}: {row['note']}")


def _form_of(output: str) -> FileForm:
    endings = {".jsonl": FileForm.jsonl, ".ndjson": FileForm.jsonl, ".json": FileForm.label_studio}
    return endings.get(Path(output).suffix.lower(), FileForm.csv)


def _draw_row(done: Any) -> dict[str, Any]:
    drawn = {name: f"{n} of {size}" for name, (size, n) in done.draw.strata.items()}
    return {
        "draw": done.draw.id,
        "target": done.draw.target,
        "period": done.draw.period,
        "drawn": sum(n for _, n in done.draw.strata.values()),
        "new": done.new,
        "authors": done.draw.authors,
        "posts": done.draw.posts,
        **drawn,
    }


def _status_row(one: Any, width: float) -> dict[str, Any]:
    names = (
        "drawn", "labelled", "final", "disagreed", "undecided", "coders", "share", "low", "high", "width", "method",
    )  # fmt: skip
    return {
        "target": one.draw.target,
        "period": one.draw.period,
        "authors": one.draw.authors,
        **{name: getattr(one, name) for name in names},
        "alpha": one.agreement.alpha,
        "alpha_low": one.agreement.low,
        "alpha_high": one.agreement.high,
        "wanted": width,
        "needed": one.needed,
        "more": one.more,
        "basis": one.basis,
        "note": one.note,
    }


adjudication.register(app)
