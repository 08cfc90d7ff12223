"""`pikir probe`: what would be read of a forum or a feed, before anything is stored."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from pikir.cli.options import Config, Form
from pikir.cli.output import Format, InputError, complain, console, print_rows

POST_COLUMNS = ["id", "posted_at", "author", "reply_to", "text"]
MOST_THREADS = 10
MOST_POSTS = 5


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(probe)


def probe(
    url: Annotated[str, typer.Argument(help="A forum, a board, a thread, a feed, or a page with comments.")],
    engine: Annotated[
        str, typer.Option(help="Read it by this rule pack; found out from the page if left out.")
    ] = "auto",
    source: Annotated[str, typer.Option(help="A source of sources.yaml whose rules, zone and hosts to use.")] = "",
    form: Form = Format.table,
    config: Config = None,
) -> None:
    """Show how a forum would be read: its engine, some threads, five posts. Nothing is stored.

    Posts appear as they would be stored: authors as pseudonyms, contact data masked.

    Example: [bold]pikir probe https://forum.example.kz/[/bold]
    """
    from flows.looking import look

    if not url.startswith(("http://", "https://")):
        raise InputError(f"{url!r} is no link; give one with http:// or https://")
    found = look(url, engine, source, config)
    posts = [_row(post) for post in found.posts[:MOST_POSTS]]
    threads = [{"url": address, "title": title} for address, title, _ in found.threads]
    if form is not Format.table:
        print_rows([{"engine": found.engine, "threads": threads, "posts": posts}], form, ["engine", "threads", "posts"])
    else:
        _show(found, threads[:MOST_THREADS], posts)
    if found.rejected:
        complain(found.rejected)
    if not found.posts:
        raise typer.Exit(1)
    if form is Format.table:
        console.print(
            "to collect it: an item in configs/sources.yaml with [bold]kind: forum[/bold] and [bold]web: " + escape(url)
        )


def _show(found: Any, threads: list[dict[str, str]], posts: list[dict[str, Any]]) -> None:
    console.print(
        f"engine: [bold]{escape(found.engine)}[/bold]; {len(found.boards)} boards and {len(found.threads)} threads"
    )
    for one in threads:
        console.print(f"  {escape(one['title'] or one['url'])}  [dim]{escape(one['url'])}[/dim]", highlight=False)
    print_rows(posts, Format.table, POST_COLUMNS, f"{len(found.posts)} posts on one page of: {found.title}")


def _row(post: Any) -> dict[str, Any]:
    text = post.text if len(post.text) <= 200 else post.text[:199] + "…"
    return {
        "id": post.native_id,
        "posted_at": post.posted_at.isoformat(),
        "author": post.author,
        "reply_to": post.reply_to,
        "text": text,
    }
