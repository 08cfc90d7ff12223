"""The command `pikir weighting`: shares raked to the configured margins, beside the unweighted ones."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pikir.cli.options import Base, Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows

if TYPE_CHECKING:
    from flows.weighting import Weighted


def weighting(
    target: Annotated[str, typer.Argument(help="The id of a configured target.")],
    period: Annotated[str, typer.Option(help="A day (2022-10-03), week (2022-W40) or month (2022-10).")],
    among: Annotated[
        Base, typer.Option(help="Those who take a stance, or all who mention the target.")
    ] = Base.opinionated,
    config: Config = None,
    database: Database = None,
    form: Form = Format.table,
) -> None:
    """The share of people weighted to the margins of weighting.yaml, and unweighted, with the design effect.

    Where a margin cannot be met (nobody in a category) nothing is weighted, and the reason is told.

    Example: [bold]pikir weighting migrants --period 2022-W40[/bold]
    """
    from flows.weighting import weigh
    from flows.workspace import open_workspace
    from models.annotator import open_annotator
    from storage.current import latest_model

    with open_workspace(config, database) as workspace:
        settings = workspace.settings
        known = [one.id for one in settings.targets]
        if target not in known:
            raise InputError(f"no target {target!r}; configured are {', '.join(known)}")
        if not settings.weighting.margins:
            raise InputError("weighting.yaml names no margins: give what part of the population each category has")
        with workspace.database.read() as c:
            model = latest_model(c) or open_annotator(settings).version
        try:
            found = weigh(workspace.database, settings, model, target, period, among.value)
        except ValueError as error:
            raise InputError(str(error)) from error
    if form is Format.json:
        typer.echo(json.dumps(_whole(found), ensure_ascii=False, indent=2))
    else:
        print_rows(_rows(found), form, list(_rows(found)[0]), f"pikir weighting: {target}, {period}")
        if found.raked.weights is not None:
            console.print(
                f"design effect of the weights {found.raked.design_effect:.2f}, largest {found.raked.largest:.1f}, "
                f"{found.raked.trimmed} cut, margins missed by {found.raked.missed:.1%} at most"
            )
    if found.weighted is None:
        console.print(f"[yellow]not weighted[/yellow]: {found.raked.reason}")


def _rows(found: Weighted) -> list[dict[str, Any]]:
    rows = []
    for name, one in (("no", found.unweighted), ("yes", found.weighted)):
        for stance, share in one.shares.items() if one else ():
            rows.append(
                {
                    "stance": stance,
                    "weighted": name,
                    "share": share.share,
                    "low": share.low,
                    "high": share.high,
                    "n_authors": one.n_authors if one else 0,
                    "n_eff": one.n_eff if one else None,
                    "method": one.method if one else "",
                }
            )
    return rows


def _whole(found: Weighted) -> dict[str, Any]:
    raked = {name: value for name, value in asdict(found.raked).items() if name != "weights"}
    return {"period": found.period, "shares": _rows(found), "raking": raked}


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(weighting)
