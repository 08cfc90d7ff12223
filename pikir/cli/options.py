"""The options that many commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.output import Format


class LogForm(StrEnum):
    """The forms of the log."""

    text = "text"
    json = "json"


class Base(StrEnum):
    """Among whom a share is taken."""

    opinionated = "opinionated"
    all = "all"


Config = Annotated[str | None, typer.Option(help="Folder with monitor.yaml and its neighbours.", envvar="PIKIR_CONFIG")]
Database = Annotated[str | None, typer.Option(help="Database URL; goes before monitor.yaml.", envvar="PIKIR_DATABASE")]
Form = Annotated[Format, typer.Option("--format", help="A table for people, JSON or CSV for programs.")]
LogFormat = Annotated[
    LogForm | None,
    typer.Option("--log-format", help="The log on standard error, as text or JSON; goes before PIKIR_LOG_FORMAT."),
]
DataFolder = Annotated[
    Path, typer.Option("--data", help="The folder that holds the labelled sets (docs/data.md).", envvar="PIKIR_DATA")
]
