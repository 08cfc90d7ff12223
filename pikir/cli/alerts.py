"""`pikir alerts`: what was raised, why, and who has taken note; `pikir.cli.outbox` and `muting` add the rest."""

from __future__ import annotations

import getpass
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli import muting, outbox
from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows

if TYPE_CHECKING:
    from alerts.messages import Language
    from configs.settings import Settings
    from storage.records import Alert, Delivery

app = typer.Typer(help="Alerts: list (also without a word), show, acknowledge, mute; what was sent, and trials.")
outbox.register(app)
muting.register(app)
COLUMNS = [
    "id", "kind", "state", "rule", "target", "measure", "group", "value", "window", "ended", "observed", "expected",
    "upper", "score",
]  # fmt: skip
Number = Annotated[int, typer.Argument(help="The number in the first column of the list.")]
Who = Annotated[str, typer.Option("--by", "--who", help="Who takes note; left out, your user name.")]


class State(StrEnum):
    """The states of an alert."""

    open = "open"
    acknowledged = "acknowledged"
    closed = "closed"


class Kind(StrEnum):
    """The kinds of alerts."""

    opinion = "opinion"
    coverage = "coverage"
    operator = "operator"


class Tongue(StrEnum):
    """The languages of messages."""

    en = "en"
    ru = "ru"
    kk = "kk"


@app.command("list")
def list_alerts(
    state: Annotated[State | None, typer.Option(help="Only alerts in this state.")] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="Only spikes of opinion, outages of sources, or troubles of the monitor.")
    ] = None,
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
        found = read(c, state.value if state else None, kind.value if kind else None)
    rows = [{name: getattr(alert, name) for name in COLUMNS} for alert in found]
    print_rows(rows, form, COLUMNS, "Alerts")


@app.command()
def show(
    id: Number,
    form: Form = Format.table,
    chart: Annotated[Path | None, typer.Option(help="Write the chart to this file, as PNG.")] = None,
    language: Annotated[Tongue, typer.Option(help="The language of the message and the chart.")] = Tongue.en,
    config: Config = None,
    database: Database = None,
) -> None:
    """One alert with its explanation, its notes and its deliveries.

    Example: [bold]pikir alerts show 3 --chart spike.png[/bold]
    """
    from dataclasses import asdict

    from flows.workspace import open_workspace
    from storage.alerts import alert, deliveries

    with open_workspace(config, database) as workspace:
        with workspace.database.read() as c:
            found, sent = alert(c, id), deliveries(c, id)
        title = _title(workspace.settings, found, language.value)
    if chart:
        _write_chart(found, chart, language.value, title)
    if form is Format.json:
        told = {**asdict(found), "deliveries": [asdict(one) for one in sent]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
    elif form is Format.csv:
        print_rows([asdict(found)], form, COLUMNS)
    else:
        _print_alert(found, sent, language.value, title)


@app.command()
def ack(
    id: Number,
    by: Who = "",
    note: Annotated[str, typer.Option(help="What the next person should know.")] = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Say that you have taken note of an alert; it is then not escalated.

    Example: [bold]pikir alerts ack 3 --by aigerim --note "a rumour, denied by the akimat"[/bold]
    """
    from flows.workspace import open_workspace
    from storage.alerts import acknowledge

    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        found = acknowledge(c, id, by or getpass.getuser(), note)
    console.print(f"alert {id} is {found.state}, acknowledged by {found.acknowledged_by}", markup=False)


@app.command()
def note(
    id: Number,
    text: Annotated[str, typer.Argument(help="What the next person should know.")],
    by: Who = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Write a note beside an alert without taking note of it.

    Example: [bold]pikir alerts note 3 "the channel was renamed" --by bolat[/bold]
    """
    from flows.workspace import open_workspace
    from storage.alerts import annotate_alert

    if not text.strip():
        raise InputError("the note is empty; write what the next person should know")
    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        found = annotate_alert(c, id, by or getpass.getuser(), text)
    console.print(f"alert {id} has {len(found.notes)} notes")


@app.callback(invoke_without_command=True)
def _list_by_default(context: typer.Context) -> None:
    """Alerts: list (also without a word), show, acknowledge, mute; what was sent, and trials."""
    if context.invoked_subcommand is None:
        list_alerts()


def _title(settings: Settings, alert: Alert, language: str) -> str:
    """What the target is called; its id where it is no longer configured."""
    titles = next((target.title for target in settings.targets if target.id == alert.target), {})
    return titles.get(language) or titles.get("en", alert.target)


def _write_chart(alert: Alert, file: Path, language: Language, title: str) -> None:
    from alerts.charts import alert_chart

    drawn = alert_chart(alert, language, title)
    if drawn is None:
        raise InputError(f"alert {alert.id} has no chart: no series is stored with it")
    try:
        file.write_bytes(drawn)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}") from error
    console.print(f"chart: {file}", markup=False)


def _print_alert(alert: Alert, sent: list[Delivery], language: Language, title: str) -> None:
    from alerts.messages import message

    written = message(alert, language, target_title=title)
    typer.echo(f"{written.title}\n\n{written.body}")
    for post in alert.explanation.get("typical_posts", [])[1:]:
        typer.echo(f"«{post['text']}»")
    for why in filter(None, [alert.explanation.get("not_sent")]):
        typer.echo(f"\nnot sent: {why}")
    taken = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
    typer.echo(f"\n{alert.state}{taken}" + (f"; over since {alert.ended}" if alert.ended else ""))
    for entry in alert.notes:
        typer.echo(f"{entry['at']} {entry['by']}: {entry['text']}")
    for one in sent:
        typer.echo(f"{one.channel} ({one.occasion}): {outbox.state_of(one)}, attempts {one.attempts}")
