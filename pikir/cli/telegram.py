"""`pikir login` and `pikir listen`: Telegram, live."""

from __future__ import annotations

import datetime as dt
import time
from typing import Annotated

import typer
from rich.markup import escape

from pikir.cli.options import Config, Database
from pikir.cli.output import InputError, console
from pikir.cli.progress import bars

_QUESTIONS = {
    "phone": "Telephone number of the account, with its country (+7…)",
    "code": "Code that Telegram sent to the account",
    "password": "Two-step password",
}


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(login)
    app.command()(listen)


def login(config: Config = None) -> None:
    """Sign in to Telegram once, so that its channels can be read; needs TELEGRAM_API_ID and TELEGRAM_API_HASH.

    Example: [bold]pikir login[/bold]
    """
    from pathlib import Path

    from pydantic import SecretStr

    from collectors.telegram.credentials import load_application
    from collectors.telegram.login import sign_in
    from configs.loading import load

    settings = load(Path(config) if config else None)

    def ask(what: str) -> SecretStr:
        return SecretStr(typer.prompt(_QUESTIONS[what], hide_input=what != "phone", err=True))

    path = sign_in(load_application(), settings.monitor.telegram.session_file, ask)
    console.print(
        f"signed in; the session is in {escape(str(path))}, for you only. Anyone who has it can read as you do."
    )
    console.print("next: name channels in sources.yaml (telegram: @name), then [bold]pikir collect[/bold]")


def listen(
    every: Annotated[float, typer.Option(min=0.01, help="Minutes between two regular readings of all sources.")] = 15,
    minutes: Annotated[
        float | None,
        typer.Option("--for", min=0, help="Stop after so many minutes."),
    ] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Store what is written on Telegram within seconds, until stopped (Ctrl-C). Only joined chats are pushed.

    Example: [bold]pikir listen --every 15[/bold]
    """
    from flows.listen import listen as stream
    from flows.telegram import Telegram
    from flows.workspace import open_workspace

    end = None if minutes is None else time.monotonic() + minutes * 60
    with open_workspace(config, database) as workspace, Telegram(workspace.settings, updates=True) as telegram, bars():
        if not any(form.enabled and form.telegram for form in workspace.settings.sources):
            raise InputError("no source of sources.yaml has a `telegram` address, for example telegram: '@qala_news'")
        stopped = (lambda: False) if end is None else (lambda: time.monotonic() >= end)
        try:
            for result in stream(workspace, telegram, every * 60, stopped, console.print):
                _tell(result)
        except KeyboardInterrupt:
            console.print("stopped; what was stored stays")


def _tell(result: object) -> None:
    from flows.storing import Collected

    if not isinstance(result, Collected):
        return
    counts = {name: getattr(result, name) for name in ("new", "changed", "deleted")}
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    if result.error:
        told = f"[yellow]{escape(result.error)}[/yellow]"
    if told:
        console.print(f"{dt.datetime.now():%H:%M:%S} {result.source}: {told}")
