"""`pikir benchmark shares`: what intervals and estimates are worth on simulated chatter, beside the targets.

One long table. Rows of the measure coverage are one scenario and one estimator each, with its error and width; the
others sum them up, or measure the drift alarm, the tracking of polls, and the agreement with other packages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from analysis.polls.tracking import track
from analysis.simulation.alarms import FIVE_POINTS, alarms
from analysis.simulation.coverage import summary
from analysis.simulation.history import Course, carried_forward, draw_history
from analysis.simulation.scenarios import Scenario, run, scenarios
from pikir.benchmarks.agreement import differences, read_reference

COLUMNS = (
    "measure",
    "scenario",
    "method",
    "value",
    "error",
    "wanted",
    "anchor",
    "met",
    "mae",
    "mae_error",
    "width",
    "told",
)
Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]
_LEVEL = (0.93, 0.97)
# What others' and simpler estimators reached in the simulations that the targets were set by.
_ANCHORS = {"cc": "naive 15-60%", "posts": "naive 15-60%", "pcc": "naive 15-60%", "emq": "emq under drift 1%"}
_ALARM_LABELS = (200, 400, 600)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that is asked for: at least and at most."""

    at_least: float = -np.inf
    at_most: float = np.inf

    def __str__(self) -> str:
        bounds = [f">= {self.at_least:g}"] if np.isfinite(self.at_least) else []
        return " and ".join(bounds + ([f"<= {self.at_most:g}"] if np.isfinite(self.at_most) else []))

    def met(self, value: float) -> str:
        """yes or no."""
        return "yes" if self.at_least <= value <= self.at_most else "no"


def table(repetitions: int, seed: int, jobs: int, report: Callable[[str], None]) -> list[dict[str, Any]]:
    """Every row. Scenarios run in `jobs` processes; equal seeds give equal rows whatever their number."""
    measured: dict[str, dict[str, Rows]] = {}
    cases = list(scenarios())
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [(case, pool.submit(run, case, repetitions, seed)) for case in cases]
        alarm = list(pool.map(_alarm, *zip(*_alarm_cases(repetitions, seed), strict=True)))
        for case, future in waiting:
            measured[case.name] = future.result()
            report(f"{case.name}: {repetitions} repetitions")
    rows = [row for case in cases for row in _coverage_rows(case, measured[case.name], repetitions)]
    return [*rows, *_summed(cases, measured), *alarm, *_tracking(repetitions, seed), *_agreement()]


def _row(measure: str, scenario: str, method: str, value: float, target: Target | None, **more: Any) -> dict[str, Any]:
    judged = {} if target is None else {"wanted": str(target), "met": target.met(value)}
    return {"measure": measure, "scenario": scenario, "method": method, "value": value, **judged, **more}


def _coverage_rows(case: Scenario, measured: dict[str, Rows], repetitions: int) -> Iterator[dict[str, Any]]:
    for method, found in measured.items():
        figures = summary(found, repetitions)
        promised = method in case.methods
        more = {name: figures[name] for name in ("mae", "mae_error", "width", "told")}
        target = Target(*_LEVEL) if promised else None
        anchor = "" if promised else _ANCHORS.get(method, "")
        value, error = figures["coverage"], figures["coverage_error"]
        yield _row("coverage", case.name, method, value, target, error=error, anchor=anchor, **more)


def _summed(cases: list[Scenario], measured: dict[str, dict[str, Rows]]) -> Iterator[dict[str, Any]]:
    """The rows of mean absolute errors and widths."""
    prior = [case.name for case in cases if case.family == "prior shift" and "emq" in case.methods]
    drifted = [case.name for case in cases if case.family == "wording shift" and case.design == "strata"]
    simple = [case.name for case in cases if case.family == "wording shift" and case.design == "equal"]
    worst = simple[-1]
    yield from _errors(
        "mae under prior shift, no audits", prior, "emq", measured, (0.010, 0.017), "cc 0.064, emq 0.0098"
    )
    wording = "mae under wording shift, 200 audits"
    yield from _errors(wording, drifted, "ppi++", measured, (0.018, 0.025), "emq 0.121, ppi++ 0.018")
    mean, error = _mean_mae(simple, "ppi++", measured)
    yield _row(wording, "mean, simple random audit", "ppi++", mean, None, error=error, anchor="emq 0.121, ppi++ 0.018")
    for name, target in (
        ("prior shift, audited", Target(at_most=0.080)),
        (worst, Target(at_most=0.093)),
        (f"{worst}, audit in strata", Target(at_most=0.093)),
        (f"{worst}, audit by doubt", Target(at_most=0.093)),
    ):
        for method, asked in (("ppi++", target), ("labels", None)):
            width = measured[name][method][:, 1]
            error = float(width.std() / np.sqrt(width.size))
            anchor = "labels alone 0.112"
            yield _row("width at 200 audits", name, method, float(width.mean()), asked, error=error, anchor=anchor)
    people = "clustering, loud minority"
    for method, asked in (("ppi++", Target(at_most=0.024)), ("posts", None)):
        mean, error = _mae(measured[people][method])
        anchor = "posts as people 0.099"
        yield _row("mae of people from posts", people, method, mean, asked, error=error, anchor=anchor)


def _errors(
    measure: str,
    names: list[str],
    method: str,
    measured: dict[str, dict[str, Rows]],
    limits: tuple[float, float],
    anchor: str,
) -> Iterator[dict[str, Any]]:
    mean, error = _mean_mae(names, method, measured)
    yield _row(measure, "mean", method, mean, Target(at_most=limits[0]), error=error, anchor=anchor)
    worst, error, name = max((*_mae(measured[name][method]), name) for name in names)
    yield _row(measure, f"worst: {name}", method, worst, Target(at_most=limits[1]), error=error, anchor=anchor)


def _mean_mae(names: list[str], method: str, measured: dict[str, dict[str, Rows]]) -> tuple[float, float]:
    found = np.array([_mae(measured[name][method]) for name in names])
    return float(found[:, 0].mean()), float(np.sqrt((found[:, 1] ** 2).sum()) / len(names))


def _mae(found: Rows) -> tuple[float, float]:
    absolute = np.abs(found[:, 0])
    return float(absolute.mean()), float(absolute.std() / np.sqrt(absolute.size))


def _alarm_cases(repetitions: int, seed: int) -> list[tuple[float, int, int, int]]:
    return [(wording, n, repetitions, seed) for wording in (0.0, FIVE_POINTS) for n in _ALARM_LABELS]


def _alarm(wording: float, labels: int, repetitions: int, seed: int) -> dict[str, Any]:
    told = alarms(wording, labels, design="strata", repetitions=repetitions, seed=seed)
    name = f"{labels} labels, emq off by {100 * told.bias:+.1f} points"
    if wording:
        # Power is asked for without a number of labels: each is told, the largest is judged.
        target = Target(at_least=0.90) if labels == _ALARM_LABELS[-1] else None
        return _row("drift alarm: power", name, "ppi++ against emq", told.rate, target, error=told.error)
    return _row("drift alarm: false", name, "ppi++ against emq", told.rate, Target(at_most=0.05), error=told.error)


def _tracking(repetitions: int, seed: int) -> Iterator[dict[str, Any]]:
    """Root mean square error of every week after the third poll, in two years of simulated opinion."""
    course = Course()
    squares = []
    for repetition in range(repetitions):
        history = draw_history(course, np.random.default_rng([seed, 2, repetition]))
        known = np.full(course.weeks, course.monitor_error), np.full(course.weeks, course.poll_error)
        level = track(history.monitor, known[0], history.poll, known[1])
        after = slice(2 * course.poll_every, None)
        squares.append(
            [
                np.mean((level - history.truth)[after] ** 2),
                np.mean((carried_forward(history.poll) - history.truth)[after] ** 2),
            ]
        )
    ours, last = np.sqrt(np.mean(squares, axis=0))
    errors = np.std(squares, axis=0) / np.sqrt(repetitions) / (2 * np.array([ours, last]))
    name, measure = f"a poll every {course.poll_every} weeks", "rmse of poll tracking"
    yield _row(measure, name, "last poll carried forward", float(last), None, error=float(errors[1]))
    target = Target(at_most=float(last))
    yield _row(measure, name, "polls and monitor", float(ours), target, error=float(errors[0]))


def _agreement() -> Iterator[dict[str, Any]]:
    for name, difference in differences(read_reference()).items():
        target = Target(at_most=1e-6 if name == "ppi-python" else 1e-3)
        yield _row("agreement", "stored inputs", name, difference, target)
