"""`pikir benchmark spikes`: the detectors beside R's, on labelled series, on simulated outbreaks and quiet years."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analysis.spikes import detect
from analysis.spikes.counts import Counts, Floats
from analysis.spikes.daily import DailyOptions, judge_many
from analysis.spikes.stream import StreamOptions, refractory, stream
from pikir.benchmarks.nab import PROFILES, Labelled, caught, leave_one_out, normalised, raw_score, read_labelled
from pikir.benchmarks.outbreaks import mixture, outbreaks, quiet_alerts

COLUMNS = ("what", "anchor", "target", "ours")
REFERENCES = Path(__file__).parents[2] / "tests" / "analysis" / "data" / "farrington"
VARIANTS_TRIED = 24
"""Settings of `stream` whose score on these files has been looked at."""
_THRESHOLDS = np.arange(0.8, 5.0, 0.1)
_FINE_THRESHOLDS = np.arange(0.8, 5.0, 0.02)
_TWITTER = StreamOptions(tail="up")
_ALL = StreamOptions(tail="both", quantile=0.98)
_ALL_REFRACTORY_DAYS = 0.25
_DAY = 86_400.0


def table(data: Path | None, references: Path, series: int, report: Callable[[str], None]) -> list[dict[str, Any]]:
    """The rows that the benchmark prints: what is measured, what others reach, our target, and ours."""
    parts: dict[str, Iterator[dict[str, Any]]] = {"R": agreement(references)}
    if data is None:
        report("NAB left out: --data names a folder that holds nab/windows.json")
    else:
        parts["NAB"] = labelled(data)
    parts |= {"outbreaks": outbreak_rows(series), "quiet": quiet_rows(25 * series), "speed": speed_rows(50 * series)}
    rows: list[dict[str, Any]] = []
    for name, part in parts.items():
        started = time.monotonic()
        rows += part
        report(f"{name}: {time.monotonic() - started:.0f} s")
    return rows


def agreement(references: Path) -> Iterator[dict[str, Any]]:
    """How far our answers are from the output of R's surveillance, over all series in the folder."""
    for method, target in (("farrington", "1e-5 / 1e-4 relative, alarms equal"), ("ears", "alarms equal")):
        expected, upper, alarms, weeks = 0.0, 0.0, 0, 0
        for path in sorted(references.glob(f"ref_*_{method}_*.csv")):
            name, kind = path.stem.removeprefix("ref_").split(f"_{method}_")
            told = pl.read_csv(path, null_values="NA")
            frame = pl.read_csv(references / f"{name}.csv")
            options = {"threshold": kind} if method == "farrington" else {}
            found = detect(frame, "farrington" if options else f"ears-{kind.lower()}", options)
            found = found.filter(pl.col("time") >= int(told["week"][0]))
            weeks += told.height
            alarms += int((found["alarm"] != told["alarm"].fill_null(0)).sum())
            upper = max(upper, _farthest(found["upper"], told["upper"]))
            if "expected" in told.columns:
                expected = max(expected, _farthest(found["expected"], told["expected"]))
        ours = f"expected {expected:.0e}, upper {upper:.0e}, {alarms} of {weeks} alarms differ"
        yield _row(f"{method} against R surveillance", "4e-6", target, ours)


def _farthest(ours: pl.Series, theirs: pl.Series) -> float:
    a, b = ours.cast(pl.Float64).to_numpy(), theirs.cast(pl.Float64).to_numpy()
    both = ~np.isnan(a) & ~np.isnan(b)
    if (np.isnan(a) != np.isnan(b)).any():
        return float("inf")
    return float((np.abs(a - b) / np.fmax(np.abs(b), 1e-9))[both].max())


def labelled(data: Path) -> Iterator[dict[str, Any]]:
    """NAB: each file judged at the threshold that is best on the sum of all the others."""
    files = read_labelled(data / "nab" if (data / "nab").exists() else data)
    twitter = [file for file in files if "Tweets" in file.name]
    for name, some, options, days, anchor, target in (
        ("Twitter", twitter, _TWITTER, 1.0, "ARTime 78.4 / 71.3, CAD OSE 71.7 / 70.3 (10 files)", "80 / 72"),
        ("all", files, _ALL, _ALL_REFRACTORY_DAYS, "ARTime 74.9, HTM 70.5, windowed Gaussian 39.6", "60"),
    ):
        scores = [_score(file, options) for file in some]
        ours = [_left_out(some, scores, days, weight) for weight in PROFILES.values()]
        dice = np.random.default_rng(0)
        noise = [dice.exponential(1 / np.log(10), file.value.size) for file in some]
        random = [_left_out(some, noise, days, weight) for weight in PROFILES.values()]
        told = f"{ours[0]:.1f} / {ours[1]:.1f} (random {random[0]:.1f} / {random[1]:.1f})"
        yield _row(f"NAB, {name}, {len(some)} files: standard / low-FP", anchor, target, told)
        if name == "Twitter":
            yield _row(
                "Twitter windows caught at <= 1 false alert in 30 days and series",
                "CAD OSE 27 of 33",
                "28 of 33",
                _caught(some, scores),
            )
    yield _row("settings of stream whose score was looked at", "", "", str(VARIANTS_TRIED))


def _score(file: Labelled, options: StreamOptions) -> Floats:
    size = file.value.size
    seconds = (np.arange(size) * int(file.step_seconds)).astype(np.int64)
    counts = Counts(pl.Series(np.arange(size)), file.value, None, seconds, np.ones(size, dtype=bool))
    return np.nan_to_num(stream(counts, options).score, nan=-1.0)


def _alarms(file: Labelled, score: Floats, threshold: float, days: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return refractory(score >= threshold, max(1, round(days * _DAY / file.step_seconds)))


def _left_out(files: Sequence[Labelled], scores: Sequence[Floats], days: float, weight: float) -> float:
    rows = [
        [raw_score(file, _alarms(file, score, threshold, days), weight) for threshold in _THRESHOLDS]
        for file, score in zip(files, scores, strict=True)
    ]
    raw = np.array(rows)
    chosen = leave_one_out(raw)
    return float(normalised(raw[np.arange(len(files)), chosen].sum(), sum(len(file.windows) for file in files)))


def _caught(files: Sequence[Labelled], scores: Sequence[Floats]) -> str:
    """At the lowest threshold at which the other files (in brackets: all of them) stay at one false alert a month."""
    found = [
        [caught(file, _alarms(file, score, threshold, 1.0)) for threshold in _FINE_THRESHOLDS]
        for file, score in zip(files, scores, strict=True)
    ]
    false = np.array([[one[1] for one in row] for row in found], dtype=np.float64)
    months = np.array([file.months for file in files])
    hits = alerts = 0
    for left_out in range(len(files)):
        others = np.arange(len(files)) != left_out
        rate = false[others].sum(axis=0) / months[others].sum()
        at = int(np.argmax(rate <= 1.0))
        hits += found[left_out][at][0]
        alerts += found[left_out][at][1]
    pooled = int(np.argmax(false.sum(axis=0) / months.sum() <= 1.0))
    together = sum(row[pooled][0] for row in found)
    windows = sum(len(file.windows) for file in files)
    return f"{hits} of {windows} at {alerts / months.sum():.2f} false alerts a month ({together} at one threshold)"


def outbreak_rows(series: int) -> Iterator[dict[str, Any]]:
    """Simulated outbreaks: a doubling for a week in 42 scenarios."""
    for one in outbreaks(series, seed=0):
        told = f"false {one.false_alarms:.2%}, found {one.found:.1%}, median delay {one.median_delay:.0f} days"
        yield _row(
            f"doubling for a week, 42 scenarios x {series}: {one.detector}",
            "false 0.7-60%, found 43-89%",
            "false <= 1%, found >= farrington, delay <= 1",
            told,
        )


def quiet_rows(series: int) -> Iterator[dict[str, Any]]:
    """Quiet series for a year under the control of false discoveries."""
    for monthly in (0.5, 1.0, 4.0):
        found = quiet_alerts(series, monthly, seed=1)
        yield _row(
            f"{series} quiet series, {monthly:g} false alarms a month allowed", "", f"<= {monthly:g}", f"{found:.2f}"
        )


def speed_rows(series: int) -> Iterator[dict[str, Any]]:
    """CPU seconds of one core for two years of every series, and for one more day."""
    made = mixture(series, 730, np.random.default_rng(2))
    options = DailyOptions()
    begun = time.process_time()
    judge_many(made.days, made.count, made.total, "counts", options)
    whole = time.process_time() - begun
    last = slice(made.days.size - options.memory - 1, None)
    begun = time.process_time()
    judge_many(made.days[last], made.count[:, last], made.total[:, last], "counts", options)
    yield _row(f"{series} series of two years, CPU s", "", "<= 30 for 1,000", f"{whole:.1f}")
    yield _row("one more day of them, CPU s", "", "<= 1", f"{time.process_time() - begun:.2f}")


def _row(what: str, anchor: str, target: str, ours: str) -> dict[str, Any]:
    return dict(zip(COLUMNS, (what, anchor, target, ours), strict=True))
