"""`pikir alerts`: what was raised, why, and who has taken note."""

from __future__ import annotations

import getpass
import json
from enum import StrEnum
from typing import Annotated

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, console, print_rows

app = typer.Typer(help="Alerts: list (also without a word), show, acknowledge.")
COLUMNS = [
    "id", "state", "rule", "target", "measure", "group", "value", "window", "observed", "expected", "upper", "score",
]  # fmt: skip


class State(StrEnum):
    """The states of an alert."""

    open = "open"
    acknowledged = "acknowledged"
    closed = "closed"


@app.command("list")
def list_alerts(
    state: Annotated[State | None, typer.Option(help="Only alerts in this state.")] = None,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """Every alert, oldest first.

    Example: [bold]pikir alerts list --state open --format csv[/bold]
    """
    from flows.workspace import open_workspace
    from storage.alerts import alerts as read

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        found = read(c, None if state is None else state.value)
    rows = [{name: getattr(alert, name) for name in COLUMNS} for alert in found]
    print_rows(rows, form, COLUMNS, "Alerts")


@app.command()
def show(
    id: Annotated[int, typer.Argument(help="The number in the first column of the list.")],
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """One alert with its explanation and its deliveries.

    Example: [bold]pikir alerts show 3[/bold]
    """
    from dataclasses import asdict

    from alerts.messages import message as write_message
    from flows.workspace import open_workspace
    from storage.alerts import alert, deliveries

    with open_workspace(config, database) as workspace:
        with workspace.database.read() as c:
            found, sent = alert(c, id), deliveries(c, id)
        title = workspace.settings.target(found.target).title.get("en", found.target)
        message = write_message(found, "en", target_title=title)
    if form is Format.json:
        told = {**asdict(found), "deliveries": [asdict(one) for one in sent]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        return
    if form is Format.csv:
        print_rows([asdict(found)], form, COLUMNS)
        return
    typer.echo(f"{message.title}\n\n{message.body}")
    for one in sent:
        state = (
            f"delivered {one.delivered_at:%Y-%m-%d %H:%M} UTC" if one.delivered_at else f"pending {one.error}".strip()
        )
        typer.echo(f"\n{one.channel}: {state}, attempts {one.attempts}")


@app.command()
def ack(
    id: Annotated[int, typer.Argument(help="The number in the first column of the list.")],
    who: Annotated[str, typer.Option(help="Who takes note.")] = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Say that you have taken note of an alert.

    Example: [bold]pikir alerts ack 3 --who aigerim[/bold]
    """
    from flows.workspace import open_workspace
    from storage.alerts import acknowledge

    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        found = acknowledge(c, id, who or getpass.getuser())
    console.print(f"alert {id} is {found.state} by {found.acknowledged_by}")


@app.callback(invoke_without_command=True)
def _list_by_default(context: typer.Context) -> None:
    """Alerts: list (also without a word), show, acknowledge."""
    if context.invoked_subcommand is None:
        list_alerts()
