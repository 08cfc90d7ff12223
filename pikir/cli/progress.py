"""The progress of a run as bars on standard error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from flows.progress import reporting_to
from pikir.cli.options import LogForm
from pikir.cli.output import console


class Bars:
    """One bar a stage; stages that count whole things show how many."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, stage: str, total: float | None) -> None:
        """Shows a new bar."""
        self._tasks[stage] = self._progress.add_task(stage, total=total if total else 1.0)

    def advance(self, stage: str, amount: float) -> None:
        """Moves it."""
        self._progress.advance(self._tasks[stage], amount)

    def note(self, stage: str, text: str) -> None:
        """Shows it behind the stage's name."""
        if stage in self._tasks:
            self._progress.update(self._tasks[stage], description=f"{stage}: {text}" if text else stage)

    def end(self, stage: str) -> None:
        """Fills it."""
        task = self._tasks.pop(stage)
        total = next(t.total for t in self._progress.tasks if t.id == task)
        self._progress.update(task, completed=total)


@contextmanager
def bars() -> Iterator[None]:
    """Bars for everything that flows report inside the block."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=False) as progress, reporting_to(Bars(progress)):
        yield


@contextmanager
def told(form: LogForm | None, config: str | None) -> Iterator[None]:
    """Bars for people; a log where `form` or PIKIR_LOG_FORMAT asks for one."""
    from pikir.logs import FORMAT_VARIABLE, set_up

    if form is None and not os.environ.get(FORMAT_VARIABLE):
        with bars():
            yield
        return
    from configs.loading import load

    set_up(load(Path(config) if config else None).monitor.logs, form.value if form else None)
    yield
