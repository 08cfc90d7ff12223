"""The small interface that every spike detector stands behind: a series in, bounds and alarms out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import numpy as np
import polars as pl

from analysis.spikes.bounds import Bounds
from analysis.spikes.choice import chosen
from analysis.spikes.counts import Counts, Floats, Missing, read_counts
from analysis.spikes.daily import DailyOptions, daily
from analysis.spikes.ears import EarsOptions, ears
from analysis.spikes.farrington import FarringtonOptions, farrington
from analysis.spikes.shift import ShiftOptions, shift
from analysis.spikes.stream import StreamOptions, stream

Form = TypeVar("Form")
_LARGEST_SCORE = 1e6


Method = Callable[[Counts, Mapping[str, Any]], Bounds]


def _ears(method: str) -> Method:
    return lambda counts, options: ears(counts, method, read_options(EarsOptions, options, method))


def _method(name: str, judge: Callable[[Counts, Any], Bounds], form: type[Any]) -> Method:
    return lambda counts, options: judge(counts, read_options(form, options, name))


def _auto(counts: Counts, options: Mapping[str, Any]) -> Bounds:
    """What suits the series; of the options, alpha is passed on, and others only where the chosen method has them."""
    name, usual = chosen(counts)
    return METHODS[name](counts, {**usual, **options})


METHODS: dict[str, Method] = {
    "auto": _auto,
    "ears-c1": _ears("ears-c1"),
    "ears-c2": _ears("ears-c2"),
    "ears-c3": _ears("ears-c3"),
    "farrington": _method("farrington", farrington, FarringtonOptions),
    "daily": _method("daily", daily, DailyOptions),
    "stream": _method("stream", stream, StreamOptions),
    "shift": _method("shift", shift, ShiftOptions),
}


def detect(series: pl.DataFrame, method: str, options: Mapping[str, Any] | None = None) -> pl.DataFrame:
    """Score every step of a count series: columns time, observed, expected, upper, score, p_value, alarm (0 or 1).

    `series` has a time column (time, week, date, day, hour or timestamp), `count` and perhaps `total`; one row out for
    each row in, in time order. `expected`, `upper`, `score` and `p_value` are null while the history is too short, and
    no alarm is raised there. An alarm is an observed count above `upper` and of at least `min_count`; the stream's are
    the first in its refractory period, and shift's the first steps of new levels. `options`: `min_count` (default 0),
    `missing` (refuse, zero, gap or skip) and those of the method (the forms named ...Options), as values or as text.
    `auto` takes the method that `analysis.spikes.choice` names. Only shift looks ahead. ValueError for an unknown
    method or option, and for a series that cannot be read.
    """
    if method not in METHODS:
        raise ValueError(f"no spike detector {method!r}; known are {', '.join(METHODS)}")
    rest = dict(options or {})
    missing: Missing = rest.pop("missing", "refuse")
    min_count = _convert("min_count", rest.pop("min_count", 0), (float,))
    counts = read_counts(series, missing)
    bounds = METHODS[method](counts, rest)
    with np.errstate(invalid="ignore"):
        above = counts.count > bounds.upper if bounds.alarm is None else bounds.alarm
        alarm = above & (counts.count >= min_count)
    columns = {
        "observed": counts.count,
        "expected": bounds.expected,
        "upper": bounds.upper,
        "score": bounds.score,
        "p_value": bounds.p_value,
    }
    told = {name: pl.Series(_finite(values)[counts.given]).fill_nan(None) for name, values in columns.items()}
    return pl.DataFrame({"time": counts.time, **told, "alarm": alarm[counts.given].astype(np.int8)})


def _finite(values: Floats) -> Floats:
    """A score over a spread of zero is infinite; files cannot hold that, so it is told as a million."""
    return np.where(np.isinf(values), np.copysign(_LARGEST_SCORE, values), values)


def read_options(form: type[Form], options: Mapping[str, Any], method: str) -> Form:
    """The options of a method from a mapping whose values may be text, as the command line gives them."""
    hints = get_type_hints(form)
    known = [item.name for item in fields(form)]  # type: ignore[arg-type]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ValueError(
            f"{method} has no option {unknown[0]!r}; allowed are {', '.join([*known, 'min_count', 'missing'])}"
        )
    return form(
        **{name: _convert(name, value, get_args(hints[name]) or (hints[name],)) for name, value in options.items()}
    )


def _convert(name: str, value: Any, types: tuple[Any, ...]) -> Any:
    """`value`, or the value that its text stands for."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if NoneType in types and text.lower() in ("none", "null", ""):
        return None
    if bool in types and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if str in types or any(isinstance(kind, str) for kind in types):
        return text
    for kind in (int, float):
        if kind in types:
            try:
                return kind(text)
            except ValueError:
                raise ValueError(f"{name}={value!r} is not a number") from None
    raise ValueError(f"{name}={value!r}: allowed are true and false")
