"""One room alone, on files, without a database: `stance`, `targets`, `shares`, `spikes`.

The same functions that the flows call. `-` reads standard input and writes standard output. Rows that
cannot be used are set aside, told on standard error, and do not stop the rest.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from dashboard.delimited import csv_text
from pikir.cli.options import Base, Config, Form
from pikir.cli.output import (
    Format,
    InputError,
    complain,
    console,
    frame_rows,
    open_input,
    open_output,
    print_rows,
    read_jsonl,
)

if TYPE_CHECKING:
    from analysis.shares import Estimate

Input = Annotated[str, typer.Option("--input", help="The file to read; - is standard input.")]
Output = Annotated[str, typer.Option("--output", help="The file to write; - is standard output.")]


class Method(StrEnum):
    """Estimators of a share."""

    auto = "auto"
    ppi = "ppi++"
    emq = "emq"
    pcc = "pcc"
    cc = "cc"


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (stance, targets, shares, spikes):
        app.command()(command)


def stance(input: Input = "-", output: Output = "-", config: Config = None) -> None:
    """The stance of texts toward targets: rows {id, text, target} to {id, target, stance, p_against, …}.

    `target` is a configured id (migrants, russia) or any name in words.

    Example: [bold]pikir stance --input posts.jsonl --output opinions.jsonl[/bold]
    """
    from models.asking import answer
    from models.stance import StanceModel

    settings = _settings(config)
    rows, complaints = read_jsonl(input, ("id", "text", "target"))
    model = StanceModel(settings.monitor.adapter, settings.monitor.encoder)
    results = answer(rows, settings.targets, model)
    _write_jsonl(output, results)
    _finish(complaints)


def targets(input: Input = "-", output: Output = "-", config: Config = None) -> None:
    """The targets that texts mention: rows {id, text} to {id, language, mentions}.

    Example: [bold]pikir targets --input posts.jsonl --output mentions.jsonl[/bold]
    """
    import models.spacy_alone  # noqa: F401  before spaCy
    from models.mentions import find_targets

    rows, complaints = read_jsonl(input, ("id", "text"))
    _write_jsonl(output, list(find_targets(rows, _settings(config).targets)))
    _finish(complaints)


def shares(
    posts: Annotated[str, typer.Option(help="CSV: post_id, author, p_against, p_neutral, p_favor (and weight).")],
    labels: Annotated[str | None, typer.Option(help="CSV: post_id, label, inclusion_probability.")] = None,
    among: Annotated[
        Base, typer.Option(help="Those who take a stance, or all who mention the target.")
    ] = Base.opinionated,
    method: Annotated[
        Method, typer.Option(help="auto: ppi++ with labels, else emq with a calibration, else pcc.")
    ] = Method.auto,
    weights: Annotated[str | None, typer.Option(help="CSV: author, weight (what each author stands for).")] = None,
    calibration: Annotated[
        str | None, typer.Option(help="CSV: label, p_against, p_neutral, p_favor of posts labelled elsewhere, for emq.")
    ] = None,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="How often an interval should hold.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal intervals.")] = 0,
    form: Form = Format.table,
) -> None:
    """The share of people who take each stance, with its interval; an author counts once.

    Example: [bold]pikir shares --posts posts.csv --labels labels.csv --format json[/bold]
    """
    from analysis.shares import estimate

    try:
        result = estimate(
            _read_csv(posts),
            None if labels is None else _read_csv(labels),
            method=method.value,
            among=among.value,
            confidence=confidence,
            seed=seed,
            calibration=None if calibration is None else _read_csv(calibration),
            weights=None if weights is None else _read_csv(weights),
        )
    except ValueError as error:
        raise InputError(f"{posts}: {error}") from error
    _print_shares(result, form)
    complain([f"{posts}: {count} rows: {reason}" for reason, count in result.set_aside.items()])
    if result.reason:
        console.print(f"[yellow]note[/yellow] {result.reason}")


def _print_shares(result: Estimate, form: Format) -> None:
    common = {
        name: getattr(result, name)
        for name in ("n_posts", "n_authors", "n_labels", "n_eff", "deff", "method", "among", "confidence")
    }
    rows = [{"stance": name, "share": s.share, "low": s.low, "high": s.high} for name, s in result.shares.items()]
    if form is not Format.json:
        print_rows([{**row, **common} for row in rows], form, ["stance", "share", "low", "high", *common])
        return
    drift = result.drift
    more = {
        "top_author_share": result.top_author_share,
        "near_duplicate_share": result.near_duplicate_share,
        "assumption": result.assumption,
        "checks": dict(result.checks),
        "drift": None if drift is None else {**asdict(drift), "alarm": drift.alarm},
        "set_aside": dict(result.set_aside),
        "reason": result.reason,
    }
    by_stance = {row["stance"]: {k: v for k, v in row.items() if k != "stance"} for row in rows}
    typer.echo(json.dumps({"shares": by_stance, **common, **more}, ensure_ascii=False, indent=2))


def spikes(
    series: Annotated[
        str, typer.Option(help="CSV: time (or week, date, day, hour), count and, if there is one, total.")
    ],
    method: Annotated[
        str, typer.Option(help="auto, ears-c1, ears-c2, ears-c3, farrington, daily, stream or shift.")
    ] = "auto",
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the method, as name=value; may repeat.")
    ] = None,
    form: Form = Format.table,
) -> None:
    """Spikes in a series of counts: observed, expected, upper, score, alarm for each time.

    Example: [bold]pikir spikes --series counts.csv --method ears-c1 --option alpha=0.01 --format csv[/bold]
    """
    from analysis.spikes import detect

    options = dict(_option(text) for text in option or [])
    try:
        found = detect(_read_csv(series), method, options)
    except ValueError as error:
        raise InputError(f"{series}: {error}") from error
    columns = ["time", "observed", "expected", "upper", "score", "alarm"]
    if form is Format.csv:
        typer.echo(csv_text(frame_rows(found), columns), nl=False)
    else:
        print_rows(frame_rows(found), form, columns)


def _settings(config: str | None) -> Any:
    from pathlib import Path

    from configs.loading import load

    return load(Path(config) if config else None)


def _option(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise InputError(f"--option {text!r}: give name=value, for example --option alpha=0.01")
    return name.strip(), value


def _read_csv(path: str) -> pl.DataFrame:
    with open_input(path) as stream:
        raw = stream.read()
    # Spreadsheets write semicolons where the comma is the decimal sign.
    heading = raw.partition(b"\n")[0].decode("utf-8", "replace")
    separator = max(",;\t", key=heading.count)
    try:
        frame = pl.read_csv(io.BytesIO(raw), infer_schema=False, separator=separator)
        return frame.filter(~pl.all_horizontal(pl.all().is_null()))
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a CSV file with a heading: {str(error).splitlines()[0]}") from error


def _write_jsonl(path: str, rows: list[dict[str, Any]] | list[dict[str, object]]) -> None:
    with open_output(path) as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _finish(complaints: list[str]) -> None:
    """Bad rows are told, and make the status 2: the rest was written."""
    complain(complaints)
    if complaints:
        raise typer.Exit(2)
