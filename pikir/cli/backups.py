"""`pikir backup` and `pikir restore`: the whole database in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.options import Config, Database
from pikir.cli.output import InputError, console

File = Annotated[Path, typer.Argument(help="The file of the backup, for example pikir.backup.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it is there.")] = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write everything in the database to one file, while others write, and check the file.

    It is readable by its owner only. The pseudonym key and the configuration are not in it: keep them apart.

    Example: [bold]pikir backup /backups/pikir-$(date +%F).backup[/bold]
    """
    from flows.workspace import open_workspace
    from storage.backup import write_backup

    if file.exists() and not force:
        raise InputError(f"{file} is there already: give another name, or --force to replace it")
    with open_workspace(config, database) as workspace:
        content = write_backup(workspace.database, file)
    posts, rows = content.tables["posts"], sum(content.tables.values())
    console.print(f"{file}: {posts:,} posts, {rows:,} rows in all, schema {content.schema}; read back and checked")
    console.print(f"sha256 of the content: {content.digest}")


def restore(
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Replace everything that the database holds.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only check the file; no database is opened.")] = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Make the content of a backup that of the database: all of it or nothing, compared row by row.

    Between SQLite and PostgreSQL, and from an older pikir to this one, it is the same.

    Example: [bold]pikir restore pikir.backup --database sqlite:///var/restored.db[/bold]
    """
    from flows.workspace import settings_and_url
    from storage.backup import check_backup, restore_backup
    from storage.database import open_as_it_is

    if check:
        content = check_backup(file)
    else:
        _, url = settings_and_url(config, database)
        with open_as_it_is(url) as opened:
            content = restore_backup(opened, file, force=force)
    posts, rows = content.tables["posts"], sum(content.tables.values())
    console.print(f"{file}: of {content.created_at}, {posts:,} posts, {rows:,} rows in all, schema {content.schema}")
    console.print(f"sha256 of the content: {content.digest}")
    console.print("whole and as it was written" if check else "restored and compared; see: pikir verify")
