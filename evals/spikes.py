"""The figures behind the gates of spike detectors: simulated outbreaks and quiet years, agreement with R."""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis.spikes import detect
from pikir.benchmarks.outbreaks import outbreaks, quiet_alerts
from pikir.benchmarks.spikes import REFERENCES

_SERIES = 3
_QUIET = 200


def spikes() -> dict[str, float]:
    """False alarms (a share of quiet steps), doublings found, alerts a month when one is allowed, alarms unlike R's."""
    figures = _ears()
    for one in outbreaks(_SERIES, seed=5):
        name = one.detector.split(",")[0]
        figures |= {f"{name}_false_alarms": one.false_alarms, f"{name}_doublings_found": one.found}
        figures[f"{name}_delay"] = one.median_delay
    figures["quiet_alerts_of_one_allowed"] = quiet_alerts(_QUIET, 1.0, seed=6)
    return figures | {"alarms_unlike_r": float(_unlike_r())}


def _ears() -> dict[str, float]:
    """False alarms of EARS C2 a quiet day, and the share of doublings it finds within two days."""
    rng = np.random.default_rng(0)
    quiet = alarms = caught = 0
    series = 200
    for _ in range(series):
        count = rng.negative_binomial(50, 0.5, size=60)
        before = _alarms(count)
        quiet += len(before)
        alarms += int(before.sum())
        count[40:43] = rng.negative_binomial(50, 0.5, size=3) * 2 + 10
        caught += bool(_alarms(count)[40:42].any())
    return {"ears_c2_false_alarms": alarms / quiet, "ears_c2_doublings_found": caught / series}


def _alarms(
    count: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    frame = pl.DataFrame({"time": list(range(1, len(count) + 1)), "count": list(count)})
    return detect(frame, "ears-c2", {"min_sigma": 1.0})["alarm"].to_numpy()


def _unlike_r() -> int:
    unlike = 0
    for path in sorted(REFERENCES.glob("ref_*_farrington_*.csv")):
        name, kind = path.stem.removeprefix("ref_").split("_farrington_")
        told = pl.read_csv(path, null_values="NA")
        found = detect(pl.read_csv(REFERENCES / f"{name}.csv"), "farrington", {"threshold": kind})
        alarms = found.filter(pl.col("time") >= int(told["week"][0]))["alarm"]
        unlike += int((alarms != told["alarm"].fill_null(0)).sum())
    return unlike
