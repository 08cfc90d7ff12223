"""What can be wrong in the files of this folder: each problem says where, what was found and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `line` counts from 1 (0: the file as a whole); `key` is the path in the file."""

    file: Path
    line: int
    key: str
    found: str
    allowed: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.found}" + (f"; allowed: {self.allowed}" if self.allowed else "")


class ConfigError(Exception):
    """The configuration cannot be used. `problems` holds everything that is wrong in all files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in the configuration:", *(f"  {problem}" for problem in problems)]))


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """`; did you mean '…'?` where a known word is spelled like `found`, else nothing."""
    spelled = {word.lower(): word for word in known}
    close = get_close_matches(found.lower(), list(spelled), n=1, cutoff=0.6)
    return f"; did you mean {spelled[close[0]]!r}?" if close else ""
