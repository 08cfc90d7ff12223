"""The figures behind the gates of shares: intervals, errors, alarms on the simulator, agreement with other packages."""

from __future__ import annotations

import numpy as np

from analysis.simulation.alarms import FIVE_POINTS, alarms
from analysis.simulation.scenarios import run, scenarios
from pikir.benchmarks.agreement import differences, read_reference

_REPETITIONS = 60
_PROMISING = ("ppi++", "emq", "pcc")


def shares() -> dict[str, float]:
    """`coverage`: of all intervals that promise to hold, over every scenario but the largest populations; `worst`: of
    the worst scenario (60 repetitions: its standard error is 3 points). `mae_…`, `width…`: of the anchors under prior
    shift (emq) and wording shift (ppi++, 200 labels). `alarm_…`: of the drift alarm at 400 labels. `agreement_…`:
    largest difference from ppi-python and quapy, as a power of ten."""
    held, figures = {}, {}
    for case in scenarios():
        if case.population.n_authors > 2000:
            continue
        for method, rows in run(case, _REPETITIONS).items():
            if method in case.methods and method in _PROMISING:
                held[case.name, method] = rows[:, 2]
            figures[case.name, method] = np.abs(rows).mean(axis=0)
    found = differences(read_reference())
    quiet, drifted = (alarms(wording, 400, design="strata", repetitions=150) for wording in (0.0, FIVE_POINTS))
    return {
        "coverage": float(np.mean(np.concatenate(list(held.values())))),
        "worst": min(float(rows.mean()) for rows in held.values()),
        "mae_prior_shift": float(figures["prior shift to 20%", "emq"][0]),
        "mae_wording_shift": float(figures["wording shift 0.7", "ppi++"][0]),
        "width": float(figures["prior shift, audited", "ppi++"][1]),
        "width_wording_shift": float(figures["wording shift 0.9", "ppi++"][1]),
        "alarm_false": quiet.rate,
        "alarm_power": drifted.rate,
        "agreement_ppi": float(np.log10(found["ppi-python"] + 1e-16)),
        "agreement_quapy": float(np.log10(max(found[name] for name in found if name.startswith("quapy")) + 1e-16)),
    }
