"""What is measured, and the comparison with the floors."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

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
    """Floors by suite and figure. ValueError where a floor has not exactly one limit."""
    floors: dict[str, dict[str, Floor]] = {}
    for suite, figures in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for name, limits in figures.items():
            if len(limits) != 1 or not set(limits) <= {"at_least", "at_most"}:
                raise ValueError(f"{path}: {suite}.{name} needs at_least or at_most, found {sorted(limits)}")
            floors.setdefault(suite, {})[name] = Floor(name, limits.get("at_least"), limits.get("at_most"))
    return floors


def run(suites: dict[str, Suite], floors: dict[str, dict[str, Floor]]) -> Iterator[Result]:
    """Measures each suite and yields its figures. A floor whose figure was not measured fails as NaN."""
    for suite, figures in floors.items():
        measured = suites[suite]()
        for name, floor in figures.items():
            yield Result(f"{suite}.{name}", measured.get(name, float("nan")), floor)
