"""The small interface that every spike detector stands behind: a series in, bounds and alarms out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import numpy as np
import polars as pl

from analysis.spikes.bounds import Bounds
from analysis.spikes.counts import Counts, Floats, Missing, read_counts
from analysis.spikes.ears import EarsOptions, ears
from analysis.spikes.farrington import FarringtonOptions, farrington

Form = TypeVar("Form")
_LARGEST_SCORE = 1e6


def _ears(method: str) -> Callable[[Counts, Mapping[str, Any]], Bounds]:
    return lambda counts, options: ears(counts, method, read_options(EarsOptions, options, method))


def _farrington(counts: Counts, options: Mapping[str, Any]) -> Bounds:
    return farrington(counts, read_options(FarringtonOptions, options, "farrington"))


METHODS: dict[str, Callable[[Counts, Mapping[str, Any]], Bounds]] = {
    "ears-c1": _ears("ears-c1"),
    "ears-c2": _ears("ears-c2"),
    "ears-c3": _ears("ears-c3"),
    "farrington": _farrington,
}


def detect(series: pl.DataFrame, method: str, options: Mapping[str, Any] | None = None) -> pl.DataFrame:
    """Score every step of a count series: columns time, observed, expected, upper, score, alarm (0 or 1).

    `series` has a time column (time, week, date or day), `count` and perhaps `total`; one row out for
    each row in, in time order. `expected`, `upper` and `score` are null while the history is too
    short, and no alarm is raised there. An alarm is an observed count above `upper` and of at least
    `min_count`. `options`: `min_count` (default 0), `missing` (refuse, zero or gap) and those of the
    method (EarsOptions, FarringtonOptions), as values or as text. ValueError for an unknown method or
    option, and for a series that cannot be read.
    """
    if method not in METHODS:
        raise ValueError(f"no spike detector {method!r}; known are {', '.join(METHODS)}")
    rest = dict(options or {})
    missing: Missing = rest.pop("missing", "refuse")
    min_count = _convert("min_count", rest.pop("min_count", 0), (float,))
    counts = read_counts(series, missing)
    bounds = METHODS[method](counts, rest)
    with np.errstate(invalid="ignore"):
        alarm = (counts.count > bounds.upper) & (counts.count >= min_count)
    columns = {"observed": counts.count, "expected": bounds.expected, "upper": bounds.upper, "score": bounds.score}
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
