"""`pikir alerts outbox`, `deliver`, `requeue`, `test`: what is to be sent, what was given up, who is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows

if TYPE_CHECKING:
    from alerts.messages import Language
    from configs.settings import RecipientSettings, Settings
    from storage.records import Delivery, ReportDelivery

COLUMNS = ["alert", "occasion", "recipient", "state", "attempts", "due_at", "delivered_at", "error"]
Recipient = Annotated[str | None, typer.Option(help="Only this recipient.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (outbox, deliver, requeue):
        app.command()(command)
    app.command("test")(trial)


def outbox(
    all: Annotated[bool, typer.Option("--all", help="Also what was delivered.")] = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """What is still to be sent of alerts and reports, and the dead letters: what was given up after too many attempts.

    Example: [bold]pikir alerts outbox --format csv[/bold]
    """
    from flows.workspace import open_workspace
    from storage.alerts import deliveries
    from storage.report_outbox import report_deliveries

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        found: list[tuple[int | None, str, Delivery | ReportDelivery]] = [
            *((one.alert_id, one.occasion, one) for one in deliveries(c)),
            *((None, f"report {report.period}", report) for report in report_deliveries(c)),
        ]
    rows = [
        {
            "alert": alert,
            "occasion": occasion,
            "recipient": one.channel,
            "state": _word(one),
            "attempts": one.attempts,
            "due_at": one.due_at,
            "delivered_at": one.delivered_at,
            "error": one.error,
        }
        for alert, occasion, one in found
        if all or one.delivered_at is None
    ]
    print_rows(rows, form, COLUMNS, "Outbox")
    if any(row["state"] == "dead" for row in rows):
        console.print("dead letters are not tried again by themselves: [bold]pikir alerts requeue[/bold]")


def deliver(config: Config = None, database: Database = None) -> None:
    """Send what is due, without looking for spikes: quick enough for every minute.

    Example: [bold]pikir alerts deliver[/bold]
    """
    from flows.deliver import deliver as flow

    # The function alone: a server of Prefect for each delivery would cost more than the delivery.
    sent, escalated = flow.fn(config, database)
    console.print(
        f"{len(sent.delivered)} delivered, {len(sent.failed)} failed ({len(sent.dead)} of them given up), "
        f"{len(sent.waiting)} waiting; {len(escalated)} alerts escalated"
    )
    for alert, recipient, error in sent.failed:
        console.print(f"alert {alert} to {recipient}: {error}", markup=False)


def requeue(
    id: Annotated[int | None, typer.Argument(help="The alert; left out, every dead letter, reports too.")] = None,
    recipient: Recipient = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take dead letters up again; the next delivery tries them as if they were new.

    Example: [bold]pikir alerts requeue 3 --recipient duty && pikir alerts deliver[/bold]
    """
    from flows.workspace import open_workspace
    from storage.outbox import requeue as take_up
    from storage.report_outbox import requeue_reports

    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        count = take_up(c, id, recipient)
        reports = requeue_reports(c, recipient) if id is None else 0
    console.print(f"{count} dead letters taken up again; send them with: pikir alerts deliver")
    if reports:
        console.print(f"{reports} reports taken up again; send them with: pikir report --mail")


def trial(
    recipient: Recipient = None,
    config: Config = None,
) -> None:
    """Send a trial message to every recipient, or one, at once and around the outbox.

    Leaves with status 1 where a recipient was not reached.

    Example: [bold]pikir alerts test --recipient duty[/bold]
    """
    from pathlib import Path

    from configs.loading import load

    settings = load(Path(config) if config else None)
    asked = [one for one in settings.alerts.recipients if recipient in (None, one.name)]
    if not asked:
        known = ", ".join(one.name for one in settings.alerts.recipients) or "none"
        raise InputError(f"alerts.yaml has no recipient {recipient!r}; known are: {known}")
    errors = {one.name: _try(settings, one) for one in asked}
    for name, error in errors.items():
        console.print(f"{name}: {error or 'reached'}", markup=False)
    if any(errors.values()):
        raise typer.Exit(1)


def state_of(delivery: Delivery) -> str:
    """What became of a delivery, in words."""
    if delivery.delivered_at:
        return f"delivered {delivery.delivered_at:%Y-%m-%d %H:%M} UTC"
    due = f" until {delivery.due_at:%Y-%m-%d %H:%M} UTC" if delivery.due_at and not delivery.dead_at else ""
    return f"{_word(delivery)}{due} {delivery.error}".strip()


def _word(delivery: Delivery | ReportDelivery) -> str:
    if delivery.delivered_at:
        return "delivered"
    return "dead" if delivery.dead_at else "waiting" if delivery.due_at else "pending"


def _try(settings: Settings, recipient: RecipientSettings) -> str:
    """Why the recipient was not reached, "" where it was."""
    from alerts.delivery import DeliveryFailed, open_channel
    from alerts.messages import trial as write

    languages: list[Language] = [
        one.language for one in settings.alerts.tellings.values() if recipient.name in one.recipients
    ]
    language = languages[0] if languages else "en"
    try:
        channel = open_channel(recipient, timeout=settings.alerts.delivery.timeout_seconds)
        channel.send(write(settings.monitor.name, recipient.name, language))
    except DeliveryFailed as failure:
        return str(failure)
    return ""
