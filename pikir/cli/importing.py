"""`pikir import`: files that people already have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pikir.cli.options import Config, Database
from pikir.cli.output import Format, InputError, complain, console, print_rows
from pikir.cli.progress import bars


class Kind(StrEnum):
    """What a new source is."""

    channel = "channel"
    group = "group"
    comments = "comments"
    forum = "forum"
    feed = "feed"


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command("import")(import_path)


def parse_mapping(text: str) -> dict[str, str]:
    """`text=body,author=nick` as a mapping of our field to their column. InputError where it is not of that form."""
    pairs = [part.split("=", 1) for part in text.split(",") if part.strip()]
    if any(len(pair) != 2 or not pair[0].strip() or not pair[1].strip() for pair in pairs):
        raise InputError(f"--map {text!r}: give our field and their column, for example --map text=body,author=nick")
    return {ours.strip(): theirs.strip() for ours, theirs in pairs}


def import_path(
    path: Annotated[Path, typer.Argument(help="A Telegram Desktop export (result.json), JSONL, JSON, CSV or TSV.")],
    source: Annotated[str, typer.Option(help="The source's short name; created where sources.yaml lacks it.")],
    kind: Annotated[
        Kind | None, typer.Option(help="What a new source is; found out from the file if left out.")
    ] = None,
    map: Annotated[str, typer.Option(help="Their column for our field: text=body,author=nick,…")] = "",
    language: Annotated[str, typer.Option(help="The new source's main language.")] = "",
    region: Annotated[str, typer.Option(help="The region its people live in.")] = "",
    title: Annotated[str, typer.Option(help="What pages call it.")] = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Read a file into the store. The same file twice stores nothing twice.

    Example: [bold]pikir import result.json --source almaty-chat --kind group[/bold]
    """
    from flows.collect import collect_path, source_record
    from flows.workspace import open_workspace
    from storage.records import Source
    from storage.rejected import rejected
    from storage.sources import sources

    mapping = parse_mapping(map)
    with open_workspace(config, database) as workspace:
        with workspace.database.read() as c:
            known = {item.source: item for item in sources(c)}
        forms = {form.name: form for form in workspace.settings.sources}
        record = source_record(forms[source]) if source in forms else known.get(source)
        if record is None:
            record = Source(source, (kind or Kind.group).value, title=title, language=language, region=region)
        with bars():
            results = collect_path(workspace, path, record, mapping)
        with workspace.database.read() as c:
            aside = [f"{item.place}: {item.reason}" for result in results for item in rejected(c, result.source)]
    columns = ["source", "new", "changed", "unchanged", "skipped", "rejected", "error"]
    print_rows([{name: getattr(r, name) for name in columns} for r in results], Format.table, columns)
    for result in results:
        for note in result.notes:
            console.print(f"[yellow]{result.source}[/yellow] {escape(note)}")
    if any(result.rejected for result in results):
        complain(aside)
    if any(result.error for result in results):
        raise typer.Exit(1)
    console.print("next: [bold]pikir run[/bold]")
