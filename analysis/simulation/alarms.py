"""How often the drift alarm rings, where it should and where it should not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from analysis.shares.audit import weigh
from analysis.shares.calibration_sample import fit
from analysis.shares.checks import Model
from analysis.simulation.labelling import Design, calibration_sample, draw_places
from analysis.simulation.population import Population, draw_chatter

# A change of wording by 0.44 standard deviations moves EMQ of this population by 5 points (the figures tell it).
FIVE_POINTS = 0.44
POPULATION = Population(n_authors=2000, prevalence=(0.2, 0.4, 0.4), trained_on=(0.5, 0.3, 0.2), tail=inf)


@dataclass(frozen=True, slots=True)
class Alarms:
    """How often the alarm rang, with its Monte-Carlo error, and by how much EMQ was off on average."""

    rate: float
    error: float
    bias: float


def alarms(
    wording: float,
    n_labels: int,
    *,
    design: Design = "equal",
    repetitions: int = 300,
    n_calibration: int = 2000,
    seed: int = 0,
) -> Alarms:
    """The alarm on the share against among all of 2,000 authors, after a shift of prevalence and of `wording`."""
    population = replace(POPULATION, wording=wording)
    rung, off = [], []
    for repetition in range(repetitions):
        rng = np.random.default_rng([seed, 1, repetition])
        chatter = draw_chatter(population, rng)
        place, chances = draw_places(chatter.author, chatter.probabilities, n_labels, rng, design)
        sample = calibration_sample(population, n_calibration, rng)
        audit = weigh(chatter.authors(), place, chatter.stance[place], chances)
        drift = Model(fit(sample), sample).drift(audit, "all")
        if drift is not None:
            rung.append(drift.alarm)
            off.append(drift.model_share - population.truth("all"))
    rate = float(np.mean(rung))
    return Alarms(rate, float(np.sqrt(rate * (1 - rate) / len(rung))), float(np.mean(off)))
