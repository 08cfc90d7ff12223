"""`pikir audit disagreements`, `adjudicate` and `codebook`: what coders are asked, and which label counts."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from pikir.cli.audit_options import Target, check_target
from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, console, frame_rows, print_rows


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (disagreements, adjudicate, codebook):
        app.command()(command)


def disagreements(
    target: Target,
    form: Form = Format.table,
    config: Config = None,
    database: Database = None,
) -> None:
    """Drawn posts that coders label differently, or that nobody could decide, with the votes.

    Example: [bold]pikir audit disagreements --target migrants --format csv[/bold]
    """
    from collectors.contacts import mask_contacts
    from dashboard.audit_status import disagreements as read
    from flows.workspace import open_workspace

    with open_workspace(config, database) as workspace:
        check_target(workspace.settings, target)
        with workspace.database.read() as c:
            found = frame_rows(read(c, target))
    rows = [
        {**row, "post_id": f"{row['source']}/{row['native_id']}", "text": mask_contacts(row["text"])} for row in found
    ]
    print_rows(rows, form, ["post_id", "state", "votes", "text"], f"To be settled for {target}")
    if rows and form is Format.table:
        console.print(f"settle one: [bold]pikir audit adjudicate --target {target} POST_ID LABEL[/bold]")


def adjudicate(
    post_id: Annotated[str, typer.Argument(help="The post, as the list of disagreements names it.")],
    label: Annotated[str, typer.Argument(help='against, neutral, favor, or "cannot tell".')],
    target: Target,
    who: Annotated[str, typer.Option(help="Who decides; by default your user name.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the next reader.")] = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Settle which label counts for a post; the last decision counts, and goes before what coders said.

    Example: [bold]pikir audit adjudicate almaty-chat/123 favor --target migrants --reason irony[/bold]
    """
    from flows.audit_labels import settle
    from flows.workspace import open_workspace

    with open_workspace(config, database) as workspace:
        check_target(workspace.settings, target)
        told = settle(workspace.database, target, post_id, label, who or getpass.getuser(), reason)
    console.print(f"{post_id} counts as {told.label or 'undecidable'} for {target}, decided by {told.decided_by}")


def codebook(
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    config: Config = None,
) -> None:
    """What coders are asked: the labels, the rules for hard cases, and each target's description.

    Example: [bold]pikir audit codebook --target migrants > codebook.md[/bold]
    """
    from configs.loading import load
    from pikir.cli.audit_files import codebook_text

    settings = load(Path(config) if config else None)
    if target is not None:
        check_target(settings, target)
    wanted = [one for one in settings.targets if target in (None, one.id)]
    typer.echo(codebook_text(wanted), nl=False)
