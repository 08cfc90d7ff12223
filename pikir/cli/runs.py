"""`pikir run` and its stages, each alone."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from pikir.cli.options import Config, Database, LogFormat
from pikir.cli.output import Format, console, print_rows
from pikir.cli.progress import told


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (run, collect, annotate, estimate, compare, alert):
        app.command()(command)


def run(log_format: LogFormat = None, config: Config = None, database: Database = None) -> None:
    """Collect, annotate, estimate, compare and alert: all that is new since the last run.

    With --log-format (or PIKIR_LOG_FORMAT) it writes a log instead of bars, for cron.

    Example: [bold]pikir run[/bold]
    """
    from flows.monitor import monitor
    from pikir.cli.summary import print_summary

    with told(log_format, config):
        outcome = monitor(config, database)
    print_summary(outcome, config, database)


def collect(config: Config = None, database: Database = None) -> None:
    """Read what is new in every configured source into the store.

    Example: [bold]pikir collect --database sqlite:///var/pikir.db[/bold]
    """
    from flows.collect import collect as flow

    with told(None, config):
        results = flow(config, database)
    columns = ["source", "new", "changed", "unchanged", "deleted", "skipped", "rejected", "error"]
    print_rows([{name: getattr(r, name) for name in columns} for r in results], Format.table, columns)
    for result in results:
        for note in result.notes:
            console.print(f"[yellow]{result.source}[/yellow] {escape(note)}")
    if any(result.error for result in results):
        raise typer.Exit(1)


def annotate(config: Config = None, database: Database = None) -> None:
    """Find the language, the targets and the stance of every new post.

    Example: [bold]pikir annotate[/bold]
    """
    from flows.annotate import annotate_posts

    with told(None, config):
        r = annotate_posts(config, database)
    console.print(f"{r.posts:,} posts, {r.texts:,} distinct texts read, {r.opinions:,} opinions by {r.model}")


def estimate(
    again: Annotated[bool, typer.Option("--again", help="Every period, whether or not anything has changed.")] = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Estimate the shares of every period that has new opinions.

    Example: [bold]pikir estimate[/bold]
    """
    from flows.estimate import estimate_shares

    with told(None, config):
        r = estimate_shares(config, database, again)
    console.print(f"{r.periods:,} periods estimated anew, {r.shares:,} shares written for {r.model}")


def compare(config: Config = None, database: Database = None) -> None:
    """Lay the shares beside the published polls of polls.yaml.

    Example: [bold]pikir compare && pikir polls[/bold]
    """
    from flows.compare import compare_polls

    with told(None, config):
        r = compare_polls(config, database)
    console.print(f"{len(r)} comparisons; see them with: pikir polls")


def alert(config: Config = None, database: Database = None) -> None:
    """Look for spikes and outages, store alerts, follow them up and deliver what is due.

    Example: [bold]pikir alert && pikir alerts[/bold]
    """
    from flows.alert import raise_alerts

    with told(None, config):
        r = raise_alerts(config, database)
    console.print(
        f"{r.raised} new alerts, {r.held_back} spikes held back (sources are out), {r.escalated} escalated; "
        f"{r.delivered} delivered, {r.failed} failed ({r.given_up} of them given up: pikir alerts outbox)"
    )
    for error in r.errors:
        console.print(f"[yellow]not delivered[/yellow] {escape(error)}")
    for reason in r.broken:
        console.print(f"[yellow]not judged[/yellow] {escape(reason)}")
