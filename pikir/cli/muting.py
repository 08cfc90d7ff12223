"""`pikir alerts mute`, `unmute`, `mutes`: what nothing is sent about for a while."""

from __future__ import annotations

import datetime as dt
import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows

if TYPE_CHECKING:
    from configs.settings import Settings


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (mute, unmute, mutes):
        app.command()(command)


def mute(
    subject: Annotated[str, typer.Argument(help="The name of a rule, a target, a source, coverage or operator.")],
    until: Annotated[
        str, typer.Option(help="A day (to its end) or a time, in the monitor's time zone; or how long: 90m, 12h, 7d.")
    ],
    by: Annotated[str, typer.Option(help="Who mutes it; left out, your user name.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Send nothing about a rule, a target or a source for a while; alerts go on being found and stored.

    Example: [bold]pikir alerts mute migrants-mentions --until 2026-12-01 --note "the election"[/bold]
    """
    from flows.workspace import open_workspace
    from pikir.cli.moments import moment
    from storage.alerts import mute as store

    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace:
        settings = workspace.settings
        _check_subject(settings, subject)
        ends = moment(until, now, settings.monitor.zone)
        if ends <= now:
            raise InputError(f"--until {until!r} is in the past; give a day or time to come, or how long: 12h, 7d")
        with workspace.database.write() as c:
            store(c, subject, ends, by or getpass.getuser(), note)
    console.print(f"{subject} is muted until {ends.astimezone(settings.monitor.zone):%Y-%m-%d %H:%M %Z}", markup=False)


def unmute(
    subject: Annotated[str, typer.Argument(help="What was muted.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """End a mute before its time.

    Example: [bold]pikir alerts unmute migrants-mentions[/bold]
    """
    from flows.workspace import open_workspace
    from storage.alerts import unmute as end

    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        ended = end(c, subject)
    console.print(f"{subject} is no longer muted" if ended else f"{subject} was not muted", markup=False)


def mutes(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """What is muted, until when, by whom and why.

    Example: [bold]pikir alerts mutes[/bold]
    """
    from dataclasses import asdict

    from flows.workspace import open_workspace
    from storage.alerts import mutes as read

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        rows = [asdict(one) for one in read(c, dt.datetime.now(dt.UTC))]
    print_rows(rows, form, ["subject", "until", "by", "note"], "Muted")


def _check_subject(settings: Settings, subject: str) -> None:
    from configs.errors import did_you_mean

    known = [*settings.alerts.tellings]
    known += [target.id for target in settings.targets] + [source.name for source in settings.sources]
    if subject not in known:
        raise InputError(
            f"nothing is called {subject!r}{did_you_mean(subject, known)}; mute a rule, a target, a source, "
            f"{settings.alerts.coverage.name} or {settings.alerts.operator.name}"
        )
