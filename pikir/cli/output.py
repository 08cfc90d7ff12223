"""How results are printed: tables for people, JSON and CSV for programs; `-` is standard input or output."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.delimited import csv_text, plain

console = Console(stderr=True, highlight=False)


class Format(StrEnum):
    """The forms of a listing."""

    table = "table"
    json = "json"
    csv = "csv"


class InputError(Exception):
    """What the user gave cannot be used; the message says where it was read and what to do."""


class _Notices(logging.Handler):
    """What a room tells while it works, on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        mark = "[yellow]warning[/yellow]" if record.levelno >= logging.WARNING else "[dim]note[/dim]"
        console.print(f"{mark} {escape(record.getMessage())}", soft_wrap=True)


def tell_notices(room: str) -> None:
    """From now on the notices and warnings of the room's modules are shown; results on standard output stay alone."""
    log = logging.getLogger(room)
    log.setLevel(logging.INFO)
    if not any(isinstance(handler, _Notices) for handler in log.handlers):
        log.addHandler(_Notices())


def print_rows(rows: Sequence[dict[str, Any]], form: Format, columns: Sequence[str], title: str = "") -> None:
    """The rows in the asked form on standard output; `columns` gives their order, and the heading of no rows."""
    if form is Format.json:
        typer.echo(json.dumps([_plain_row(row, columns) for row in rows], ensure_ascii=False, indent=2))
    elif form is Format.csv:
        typer.echo(csv_text(rows, columns), nl=False)
    else:
        table = Table(title=title or None, title_justify="left", show_lines=False)
        for name in columns:
            numeric = any(isinstance(row.get(name), int | float) for row in rows)
            table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(_shown(row.get(name))) for name in columns))
        Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)


def frame_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as mappings."""
    return list(frame.iter_rows(named=True))


@contextmanager
def open_input(path: str) -> Iterator[IO[bytes]]:
    """The file, or standard input for `-`. InputError where it is not there or is a folder."""
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(path).open("rb") as stream:
            yield stream
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


@contextmanager
def open_output(path: str) -> Iterator[IO[str]]:
    """The file, or standard output for `-`. InputError where it cannot be written."""
    if path == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        with Path(path).open("w", encoding="utf-8") as stream:
            yield stream
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def read_jsonl(path: str, required: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """The usable rows of a JSONL file, and one line of complaint for each that is not.

    A usable row is an object that has every required key; the texts among them must be strings.
    """
    rows, complaints = [], []
    with open_input(path) as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            row, complaint = _row(line, required)
            if complaint:
                complaints.append(f"{path}, line {number}: {complaint}")
            else:
                rows.append(row)
    return rows, complaints


def complain(complaints: Sequence[str]) -> None:
    """What was set aside, on standard error; the first twenty, and how many more."""
    for line in complaints[:20]:
        console.print(f"[yellow]set aside[/yellow] {escape(line)}")
    if len(complaints) > 20:
        console.print(f"[yellow]set aside[/yellow] and {len(complaints) - 20} more")


def _row(line: bytes, required: Sequence[str]) -> tuple[dict[str, Any], str]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return {}, f"not UTF-8 at byte {error.start}"
    except (ValueError, RecursionError) as error:
        return {}, f"not JSON ({error})"
    if not isinstance(row, dict):
        return {}, f"an object was expected, found {type(row).__name__}"
    missing = [name for name in required if name not in row]
    if missing:
        return {}, f"no {', '.join(missing)}; each row needs {', '.join(required)}"
    for name in required:
        if name != "id" and not isinstance(row[name], str):
            return {}, f"{name} must be a string, found {type(row[name]).__name__}"
    return row, ""


def _plain_row(row: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    return {name: plain(row.get(name)) for name in columns}


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"
    return str(plain(value))
