"""`pikir forget` and `pikir purge`: what the database must hold no longer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows

Dry = Annotated[bool, typer.Option("--dry-run", help="Only say how much it would be.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (forget, purge):
        app.command()(command)


def forget(
    author: Annotated[
        list[str] | None, typer.Option("--author", help="A pseudonym, or a raw id or name as the source gives it.")
    ] = None,
    post: Annotated[list[str] | None, typer.Option("--post", help="A post: source/id.")] = None,
    source: Annotated[str, typer.Option(help="Where the raw ids are known; left out, every source is tried.")] = "",
    authors: Annotated[Path | None, typer.Option(help="A file with an author a line.")] = None,
    posts: Annotated[Path | None, typer.Option(help="A file with a post a line.")] = None,
    dry_run: Dry = False,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """Remove posts, or all of an author's, with everything read or said of them, and keep them away from now on.

    Numbers that they were in are estimated anew. Files that pikir wrote before are listed: they are yours to delete.

    Example: [bold]pikir forget --post almaty-chat/4711 --author 123456 --source almaty-chat[/bold]
    """
    from flows.forget import find, forget_all, pseudonyms
    from flows.workspace import open_workspace

    people = [*(author or []), *(_lines(authors) if authors else [])]
    keys = [_key(one) for one in [*(post or []), *(_lines(posts) if posts else [])]]
    if not people and not keys:
        raise InputError("nothing to forget: give --author or --post (or a file of them: --authors, --posts)")
    with open_workspace(config, database) as workspace:
        names = [name for one in people for name in pseudonyms(workspace, one, source)]
        if dry_run:
            rows = [{"what": "posts", "n": find(workspace.database, names, keys)}]
            print_rows(rows, form, ["what", "n"], "Would be removed")
            return
        done = forget_all(workspace, names, keys)
    rows = [{"what": what, "n": n} for what, n in done.forgotten.removed.items()]
    rows += [{"what": "periods estimated anew", "n": done.periods}]
    rows += [
        {"what": f"written before: {one.path} ({_what(one.kind, one.texts)}, {one.written_at:%Y-%m-%d})", "n": None}
        for one in done.copies
    ]
    print_rows(rows, form, ["what", "n"], "Removed")
    if not done.forgotten.removed["posts"]:
        console.print(
            "nothing of it is stored under the present pseudonym key; it is kept away from now on", markup=False
        )
    if any(one.texts for one in done.copies):
        console.print("[yellow]the files above quote posts[/yellow]: delete them, or write them again")
    console.print("backups that were made before still hold it: pikir forget it again after a restore", markup=False)


def purge(
    days: Annotated[
        int | None, typer.Option(min=1, help="Keep texts of so many days; left out, retention_days of monitor.yaml.")
    ] = None,
    dry_run: Dry = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Empty the texts of old posts now, as every run does by retention_days; opinions, shares and counts stay.

    Example: [bold]pikir purge --days 365 --dry-run[/bold]
    """
    from flows.maintain import kept_since
    from flows.workspace import open_workspace
    from storage.retention import count_texts, forget_quotes, purge_texts

    with open_workspace(config, database) as workspace:
        kept = days or workspace.settings.monitor.retention_days
        if kept is None:
            raise InputError("no age is set: give --days, or retention_days in monitor.yaml")
        before = kept_since(kept)
        if dry_run:
            with workspace.database.read() as c:
                n = count_texts(c, before)
            console.print(f"{n:,} texts from before {before:%Y-%m-%d} would be emptied")
            return
        with workspace.database.write() as c:
            n, quotes = purge_texts(c, before), forget_quotes(c)
        workspace.database.scrub()
    console.print(
        f"{n:,} texts from before {before:%Y-%m-%d} emptied, {quotes} quotes taken out of alerts; numbers stay"
    )


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _key(text: str) -> tuple[str, str]:
    source, slash, native_id = text.partition("/")
    if not (source and slash and native_id):
        raise InputError(f"{text!r} is no post: write source/id, for example almaty-chat/4711")
    return source, native_id


def _what(kind: str, texts: bool) -> str:
    return f"{kind}, quotes posts" if texts else f"{kind}, numbers alone"
