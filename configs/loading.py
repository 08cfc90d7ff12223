"""The one way in: `load()` reads every file of the folder and reports everything that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

from configs.boards import EngineRules
from configs.checking import check, check_each
from configs.errors import ConfigError, Problem, did_you_mean
from configs.paths import (
    DATABASE_VARIABLE,
    FOLDER_VARIABLE,
    SHIPPED_FORUMS,
    absolute,
    absolute_database,
    absolute_source,
    default_folder,
    root_of,
)
from configs.reading import Document, Unreadable, dotted, read_yaml
from configs.references import broken_names, unknown_report_recipients
from configs.settings import (
    AlertSettings,
    EventSettings,
    Form,
    MonitorSettings,
    PollSettings,
    Settings,
    SourceSettings,
    TargetSettings,
)
from configs.weighting import WeightingSettings

FILES = ("monitor.yaml", "sources.yaml", "polls.yaml", "events.yaml", "alerts.yaml", "weighting.yaml")

Checked = TypeVar("Checked", bound=Form)


def load(folder: Path | None = None) -> Settings:
    """Everything that an analyst configured, with absolute paths.

    `folder` holds monitor.yaml and targets/*.yaml, and perhaps sources.yaml, polls.yaml, events.yaml,
    alerts.yaml and weighting.yaml; by default it is what PIKIR_CONFIG names, else the folder of this checkout.
    Relative paths begin at the folder that holds it. The environment variable PIKIR_DATABASE goes
    before `database`. ConfigError lists everything that is wrong in all files.
    """
    place = (folder if folder is not None else default_folder()).expanduser().absolute()
    settings = _Loader(place).settings()
    return _with_absolute_paths(settings, root_of(place))


class _Loader:
    """Reads the files one after another and keeps what is wrong until all are read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.documents: dict[str, list[Document]] = {}

    def settings(self) -> Settings:
        self._check_folder()
        monitor = self._one("monitor", MonitorSettings)
        sources = self._list("sources", SourceSettings)
        targets = self._targets()
        polls = self._list("polls", PollSettings)
        events = self._list("events", EventSettings)
        alerts = self._one("alerts", AlertSettings)
        weighting = self._one("weighting", WeightingSettings)
        engines = self._engines()
        names = [source.name if source else None for source in sources]
        # Without any target every poll, event and rule would be told as well, for one and the same reason.
        everything = (polls, events, alerts) if targets else ([], [], None)
        also_known = [document.value["id"] for document in self.documents["targets"] if _has_id(document)]
        broken_ones = list(broken_names(targets, names, *everything, also_known=also_known))
        if monitor and alerts:
            broken_ones += unknown_report_recipients(monitor.report, alerts)
        for broken in broken_ones:
            document, within = self._locate(broken.part, broken.place)
            self.problems.append(
                Problem(document.file, document.line(within), dotted(within), broken.found, broken.allowed)
            )
        if self.problems:
            raise ConfigError(sorted(self.problems, key=lambda problem: (str(problem.file), problem.line)))
        return Settings(
            folder=str(self.folder),
            monitor=monitor or MonitorSettings(),
            sources=tuple(filter(None, sources)),
            targets=tuple(filter(None, targets)),
            polls=tuple(filter(None, polls)),
            events=tuple(filter(None, events)),
            alerts=alerts or AlertSettings(),
            engines=engines,
            weighting=weighting or WeightingSettings(),
        )

    def _check_folder(self) -> None:
        if not (self.folder / "monitor.yaml").is_file():
            found = "there is no monitor.yaml here" if self.folder.is_dir() else "there is no such folder"
            wanted = f"a folder with {', '.join(FILES)} and targets/*.yaml (--config or {FOLDER_VARIABLE} names it)"
            raise ConfigError([Problem(self.folder, 0, "", found, wanted)])
        for file in sorted(self.folder.iterdir()):
            if file.suffix in (".yaml", ".yml") and file.name not in FILES and not file.name.startswith("."):
                found = f"this file is not read{did_you_mean(file.name, FILES)}"
                self.problems.append(Problem(file, 0, "", found, ", ".join(FILES)))

    def _read(self, part: str, file: Path) -> Document | None:
        try:
            document = read_yaml(file)
        except Unreadable as error:
            self.problems += error.problems
            return None
        self.problems += document.problems
        self.documents.setdefault(part, []).append(document)
        return document

    def _one(self, part: str, form: type[Checked]) -> Checked | None:
        file = self.folder / f"{part}.yaml"
        document = self._read(part, file) if file.exists() else None
        if document is None:
            return None
        value, problems = check(document, form)
        self.problems += problems
        return value

    def _list(self, part: str, form: type[Checked]) -> list[Checked | None]:
        file = self.folder / f"{part}.yaml"
        document = self._read(part, file) if file.exists() else None
        if document is None:
            return []
        values, problems = check_each(document, form)
        self.problems += problems
        return values

    def _targets(self) -> list[TargetSettings | None]:
        """One target a file, in the order of the file names."""
        self.documents["targets"] = []
        results: list[TargetSettings | None] = []
        for file in self._target_files():
            document = self._read("targets", file)
            if document is not None:
                value, problems = check(document, TargetSettings)
                self.problems += problems
                results.append(value)
        if not results and not self.problems:
            self.problems.append(
                Problem(self.folder / "targets", 0, "", "no target", "one file *.yaml for each target")
            )
        return results

    def _target_files(self) -> Iterator[Path]:
        folder = self.folder / "targets"
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if file.suffix == ".yaml" and not file.name.startswith("."):
                yield file
            elif file.suffix == ".yml":
                self.problems.append(Problem(file, 0, "", "this file is not read", f"the name {file.stem}.yaml"))

    def _engines(self) -> tuple[EngineRules, ...]:
        """The rule packs that come with pikir; one of the same name in this folder goes before."""
        files = {file.name: file for place in (SHIPPED_FORUMS, self.folder / "forums") for file in place.glob("*.yaml")}
        packs: list[EngineRules] = []
        for _, file in sorted(files.items()):
            pack = _shipped_pack(file) if file.parent == SHIPPED_FORUMS else None
            document = None if pack else self._read("forums", file)
            if document is not None:
                pack, problems = check(document, EngineRules)
                self.problems += problems
            packs += [pack] if pack else []
        return tuple(packs)

    def _locate(self, part: str, place: tuple[str | int, ...]) -> tuple[Document, tuple[str | int, ...]]:
        """The document and the place in it. Each target has a document of its own."""
        if part == "targets" and isinstance(place[0], int):
            return self.documents[part][place[0]], place[1:]
        return self.documents[part][0], place


@cache
def _shipped_pack(file: Path) -> EngineRules | None:
    """A rule pack that comes with pikir, read once a process; None where it was changed and does not hold."""
    try:
        document = read_yaml(file)
    except Unreadable:
        return None
    return None if document.problems else check(document, EngineRules)[0]


def _has_id(document: Document) -> bool:
    return isinstance(document.value, dict) and isinstance(document.value.get("id"), str)


def _with_absolute_paths(settings: Settings, root: Path) -> Settings:
    monitor, privacy = settings.monitor, settings.monitor.privacy
    key_file = absolute(privacy.pseudonym_key_file, root)
    database = os.environ.get(DATABASE_VARIABLE) or monitor.database
    telegram = monitor.telegram
    session = absolute(telegram.session_file, root)
    encoder = absolute(monitor.encoder, root) if monitor.encoder.startswith((".", "~")) else monitor.encoder
    recipients = (
        one.model_copy(update={"log_file": absolute(one.log_file, root)}) for one in settings.alerts.recipients
    )
    return settings.model_copy(
        update={
            "monitor": monitor.model_copy(
                update={
                    "database": absolute_database(database, root),
                    "encoder": encoder,
                    "telegram": telegram.model_copy(update={"session_file": session}),
                    "privacy": privacy.model_copy(update={"pseudonym_key_file": key_file}),
                    "report": monitor.report.model_copy(update={"folder": absolute(monitor.report.folder, root)}),
                    "crawl": monitor.crawl.model_copy(update={"cache": absolute(monitor.crawl.cache, root)}),
                }
            ),
            "sources": tuple(
                one.model_copy(update={"path": absolute_source(one.path, root)}) for one in settings.sources
            ),
            "alerts": settings.alerts.model_copy(update={"recipients": tuple(recipients)}),
        }
    )
