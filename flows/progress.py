"""Where flows say how far they are. The command line shows it as bars; a server run leaves it silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Reporter(Protocol):
    """Receives the progress of named stages."""

    def begin(self, stage: str, total: float | None) -> None:
        """A stage begins; `total` is the amount of work, None where it is not known."""

    def advance(self, stage: str, amount: float) -> None:
        """So much more of the stage is done."""

    def note(self, stage: str, text: str) -> None:
        """What holds the stage up at the moment; "" when it goes on."""

    def end(self, stage: str) -> None:
        """The stage is over."""


class Silent:
    """Shows nothing."""

    def begin(self, stage: str, total: float | None) -> None:
        """Nothing."""

    def advance(self, stage: str, amount: float) -> None:
        """Nothing."""

    def note(self, stage: str, text: str) -> None:
        """Nothing."""

    def end(self, stage: str) -> None:
        """Nothing."""


_reporter: list[Reporter] = [Silent()]


@contextmanager
def reporting_to(reporter: Reporter) -> Iterator[None]:
    """Sends progress to `reporter` inside the block. One reporter serves the process: flows may change threads."""
    _reporter.append(reporter)
    try:
        yield
    finally:
        _reporter.pop()


@contextmanager
def track(stage: str, total: float | None) -> Iterator[Callable[[float], None]]:
    """A stage in progress; the block calls what it is given with the amount done since the last call."""
    reporter = _reporter[-1]
    reporter.begin(stage, total)
    try:
        yield lambda amount: reporter.advance(stage, amount)
    finally:
        reporter.end(stage)


def note(stage: str, text: str) -> None:
    """Shows beside a stage in progress what holds it up; "" when it goes on."""
    _reporter[-1].note(stage, text)
