"""`pikir reannotate` and `pikir models`: another model reads history beside the active one and takes over by config."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pikir.cli.listings import By, current_model
from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows
from pikir.cli.progress import bars
from storage.records import Share

app = typer.Typer(help="Models: which have read the posts, what would move from one to another, removing one.")
COLUMNS = ["model", "active", "read", "opinions", "texts", "shares", "last_read"]
MOVED = [
    "period", "stance", "old", "old_low", "old_high", "new", "new_low", "new_high", "difference", "low",
    "high", "authors",
]  # fmt: skip


def register(root: typer.Typer) -> None:
    """Adds the commands of this file."""
    root.command()(reannotate)
    root.add_typer(app, name="models")


def reannotate(
    adapter: Annotated[str, typer.Option(help="The new adapter: a folder, or the name of a shipped one.")],
    posts: Annotated[
        int | None, typer.Option(min=1, help="Read at most so many posts now; the next call goes on there.")
    ] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Let another model read all posts beside the active one, whose series go on unmixed. A killed call goes on.

    To switch, set `adapter` in monitor.yaml and run; to go back, set it back.

    Example: [bold]pikir reannotate --adapter models/adapters/stance-next --posts 50000[/bold]
    """
    from flows.reannotate import reannotate_with
    from flows.workspace import open_workspace

    with bars(), open_workspace(config, database) as workspace:
        r = reannotate_with(workspace, adapter, posts)
    console.print(
        f"{r.annotated.posts:,} posts, {r.annotated.texts:,} distinct texts read by {r.model}; active is {r.active}"
    )
    if not r.done:
        console.print("there is more to read: the same command goes on")
    elif r.model == r.active:
        console.print("this is the active model itself")
    else:
        console.print(f"{r.shares:,} shares written; what moved: pikir models moved --new {r.model}", markup=False)


@app.command("list")
def listing(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """Every model that has read posts here: how far (a share of all changes), what it wrote, and which is active.

    Example: [bold]pikir models list[/bold]
    """
    from flows.workspace import open_workspace
    from storage.models import model_states

    with open_workspace(config, database) as workspace:
        active = current_model(workspace.settings)
        with workspace.database.read() as c:
            states = model_states(c)
    rows = [{name: getattr(one, name, None) for name in COLUMNS} | {"active": one.model == active} for one in states]
    print_rows(rows, form, COLUMNS, "Models")


@app.command("moved")
def moved(
    target: Annotated[str, typer.Option(help="The id of a target.")] = "migrants",
    new: Annotated[str, typer.Option(help="The new model, as pikir models list names it.")] = "",
    old: Annotated[str, typer.Option(help="The old one; left out, the active model.")] = "",
    by: Annotated[By, typer.Option(help="The width of a period.")] = By.week,
    readings: Annotated[
        bool, typer.Option("--readings", help="Posts by old and new stance instead of shares.")
    ] = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """What moves from one model to another: shares of people by period with the paired difference, or single readings.

    Example: [bold]pikir models moved --target migrants --new stance-next-1a2b3c4d-508856a4[/bold]
    """
    from flows.reannotate import compare_models
    from flows.workspace import open_workspace
    from storage.models import models_with_shares

    with open_workspace(config, database) as workspace:
        if target not in (known := [one.id for one in workspace.settings.targets]):
            raise InputError(f"no target {target!r}; configured are {', '.join(known)}")
        before = old or str(current_model(workspace.settings))
        with workspace.database.read() as c:
            there = models_with_shares(c)
        for name in (before, new):
            if name not in there:
                raise InputError(f"no shares of the model {name!r}; there are {', '.join(there) or 'none'}")
        periods, table = compare_models(workspace, target, before, new, by.value)
    title = f"{target}: {before} → {new}"
    if readings:
        rows = [{"old": a, "new": b, "posts": n} for (a, b), n in table.counts.items()]
        print_rows(rows, form, ["old", "new", "posts"], title)
        if table.agreement is not None:
            console.print(f"of the posts that both read they read {table.agreement:.1%} alike")
        return
    rows = [{**asdict(one), **_share("old", one.old), **_share("new", one.new)} for one in periods]
    print_rows(rows, form, MOVED, f"{title}, among all")


@app.command("drop")
def drop(
    model: Annotated[str, typer.Argument(help="The model, as pikir models list names it.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Remove what a model read and what was estimated from it. Posts and labels stay; the active model cannot go.

    Example: [bold]pikir models drop stance-small-0a1b2c3d-508856a4[/bold]
    """
    from flows.workspace import open_workspace
    from storage.models import drop_model, model_states

    with open_workspace(config, database) as workspace:
        if model == current_model(workspace.settings):
            raise InputError(f"{model} is active; set another adapter in monitor.yaml first")
        with workspace.database.write() as c:
            if model not in (known := [one.model for one in model_states(c)]):
                raise InputError(f"no model {model!r}; there are {', '.join(known) or 'none'}")
            removed = drop_model(c, model)
    console.print(f"removed: {', '.join(f'{n:,} {what}' for what, n in removed.items())}")


def _share(which: str, share: Share | None) -> dict[str, float | None]:
    values = (None, None, None) if share is None else (share.share, share.low, share.high)
    return dict(zip((which, f"{which}_low", f"{which}_high"), values, strict=True))
