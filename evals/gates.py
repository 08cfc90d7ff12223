"""What is measured, and the comparison with the floors."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLOORS = Path(__file__).with_name("floors.toml")


@dataclass(frozen=True)
class Floor:
    """A limit on one figure."""

    name: str
    at_least: float | None
    at_most: float | None

    def holds(self, value: float) -> bool:
        """Whether a measured value keeps the limit; NaN never does."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


@dataclass(frozen=True)
class Result:
    """One measured figure beside its floor."""

    name: str
    value: float
    floor: Floor

    @property
    def holds(self) -> bool:
        """Whether the floor is kept."""
        return self.floor.holds(self.value)


Suite = Callable[[], dict[str, float]]


def read_floors(path: Path = FLOORS) -> dict[str, dict[str, Floor]]:
    """Floors by suite and figure. ValueError where a floor has not exactly one limit, a finite number."""
    floors: dict[str, dict[str, Floor]] = {}
    try:
        suites = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    for suite, figures in suites.items():
        if not isinstance(figures, dict):
            raise ValueError(f"{path}: {suite} stands outside a suite; write it as [suite] name = {{at_least = …}}")
        for name, limits in figures.items():
            if not _one_limit(limits):
                raise ValueError(f"{path}: {suite}.{name} needs a number as at_least or at_most, found {limits}")
            floors.setdefault(suite, {})[name] = Floor(name, limits.get("at_least"), limits.get("at_most"))
    return floors


def _one_limit(limits: Any) -> bool:
    if not isinstance(limits, dict) or len(limits) != 1 or not limits.keys() <= {"at_least", "at_most"}:
        return False
    (limit,) = limits.values()
    return isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit)


def run(suites: dict[str, Suite], floors: dict[str, dict[str, Floor]]) -> Iterator[Result]:
    """Measures each suite and yields its figures. A floor whose figure was not measured fails as NaN.

    ValueError, before anything is measured, where a floor's suite is not among `suites`.
    """
    if unknown := sorted(floors.keys() - suites.keys()):
        raise ValueError(f"no suite {', '.join(unknown)}; known are {', '.join(suites)}")
    for suite, figures in floors.items():
        measured = suites[suite]()
        for name, floor in figures.items():
            yield Result(f"{suite}.{name}", measured.get(name, float("nan")), floor)
