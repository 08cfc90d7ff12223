"""The situations in which intervals are held to their promise, and the estimators that are held to it.

One repetition draws one chatter, with its audit and its calibration labels, and asks every estimator of the scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Literal, get_args

import numpy as np

from analysis.shares.audit import Audited, weigh
from analysis.shares.authors import Authors
from analysis.shares.bootstrap import Resampling
from analysis.shares.calibration_sample import Likelihood, fit
from analysis.shares.classify_and_count import classify_and_count
from analysis.shares.emq import emq
from analysis.shares.interval import StanceShare, wilson
from analysis.shares.ppi import ppi
from analysis.shares.probabilistic_count import probabilistic_count
from analysis.simulation.labelling import Design, calibration_sample, draw_places
from analysis.simulation.population import Language, Population, draw_chatter
from storage.records import Among

Family = Literal["prior shift", "wording shift", "clustering", "both", "prevalence and size", "languages", "gaps"]
# The bootstrap's weights are the same in all repetitions: what they meet is drawn anew.
_RESAMPLING = Resampling()
_TRAINED = (0.5, 0.3, 0.2)
_ANCHOR = Population(n_authors=2000, prevalence=(0.2, 0.4, 0.4), trained_on=_TRAINED, tail=inf)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation. `methods`: the estimators that promise an interval in it; `beside`: those that do not."""

    name: str
    family: Family
    population: Population
    among: Among
    methods: tuple[str, ...]
    beside: tuple[str, ...] = ()
    n_labels: int = 200
    n_calibration: int = 2000
    design: Design = "equal"


@dataclass(frozen=True, slots=True)
class Sample:
    """One repetition: the posts, the audit, and the calibrated classifier where an estimator asks for it."""

    authors: Authors
    audit: Audited
    likelihood: Likelihood | None
    among: Among


def scenarios() -> Iterator[Scenario]:
    """Every scenario of `pikir benchmark shares`, in its order."""
    for share in (0.05, 0.2, 0.5, 0.8, 0.95):
        yield Scenario(f"prior shift to {share:.0%}", "prior shift", _with(share), "all", ("emq",), ("cc",))
    yield Scenario("prior shift, audited", "prior shift", _ANCHOR, "all", ("ppi++", "labels"))
    for wording in (0.4, 0.7, 0.9):
        moved = replace(_ANCHOR, wording=wording)
        shown = ("emq", "cc")
        yield Scenario(f"wording shift {wording}", "wording shift", moved, "all", ("ppi++", "labels"), shown)
        name = f"wording shift {wording}, audit in strata"
        yield Scenario(name, "wording shift", moved, "all", ("ppi++",), ("labels",), design="strata")
    yield Scenario(
        "wording shift 0.9, audit by doubt", "wording shift", moved, "all", ("ppi++", "labels"), design="uncertain"
    )
    yield Scenario(
        "clustering", "clustering", Population(n_authors=500), "opinionated", ("ppi++", "emq", "pcc"), ("posts",)
    )
    unequal = Population(n_authors=500, prevalence=(0.2, 0.4, 0.4), tail=1.2, loudness=2.2, consistency=0.85)
    yield Scenario("clustering, loud minority", "clustering", unequal, "all", ("ppi++",), ("posts",))
    both = Population(n_authors=500, prevalence=(0.2, 0.4, 0.4), trained_on=_TRAINED, wording=0.7)
    yield Scenario("prior, wording, clustering", "both", both, "opinionated", ("ppi++",), ("emq", "cc"))
    yield Scenario("the same, audit in strata", "both", both, "opinionated", ("ppi++",), design="strata")
    yield from _rare()
    yield from _grid()
    tongues = (Language("ru", 0.6, 2.2), Language("kk", 0.3, 1.5), Language("mixed", 0.1, 1.2))
    spoken = Population(n_authors=1000, prevalence=(0.2, 0.4, 0.4), trained_on=_TRAINED, languages=tongues)
    yield Scenario("errors by language", "languages", spoken, "opinionated", ("ppi++", "emq"))
    # Days that are missing lose the quiet first: only where they lean as the loud do, the share stays the same.
    gaps = replace(spoken, languages=(), missing_days=(2, 3), loudness=1.0)
    yield Scenario("two days missing", "gaps", gaps, "opinionated", ("ppi++", "emq"))


def _rare() -> Iterator[Scenario]:
    """A share of 5% in audits in strata: few labels carry it, and those that the model misread weigh most."""
    for against, neutral, favor in ((0.05, 0.6, 0.35), (0.06, 0.88, 0.06)):
        here = Population(n_authors=2000, prevalence=(against, neutral, favor))
        moved = replace(here, trained_on=_TRAINED, wording=0.7)
        for named, population in (("", here), (", wording too", moved)):
            for among in get_args(Among):
                name = f"{against:.0%} against, {favor:.0%} in favour, of {among}{named}, in strata"
                yield Scenario(name, "prevalence and size", population, among, ("ppi++",), design="strata")


def _grid() -> Iterator[Scenario]:
    """From 5% to 95% against among the opinionated, 100 to 5,000 authors who write unequally much."""
    for authors in (100, 500, 5000):
        for share in (0.05, 0.5, 0.95):
            prevalence = (round(0.6 * share, 3), 0.4, round(0.6 * (1 - share), 3))
            here = Population(n_authors=authors, prevalence=prevalence, trained_on=(0.35, 0.3, 0.35))
            family: Family = "prevalence and size"
            name = f"{share:.0%} of {authors:,}"
            yield Scenario(f"{name}, prior shift", family, here, "opinionated", ("emq",))
            drifted = replace(here, wording=0.7)
            yield Scenario(f"{name}, wording too", family, drifted, "opinionated", ("ppi++",))
            if authors > 100:
                # With 200 labels of 100 authors everybody is labelled, in strata or not.
                yield Scenario(f"{name}, in strata", family, drifted, "opinionated", ("ppi++",), design="strata")


def _with(share: float) -> Population:
    rest = 1 - share
    return replace(_ANCHOR, prevalence=(share, round(rest / 2, 4), round(1 - share - round(rest / 2, 4), 4)))


def draw(scenario: Scenario, seed: int, repetition: int) -> Sample:
    """One repetition of a scenario; the same for equal seeds."""
    rng = np.random.default_rng([seed, repetition])
    chatter = draw_chatter(scenario.population, rng)
    place, chances = draw_places(chatter.author, chatter.probabilities, scenario.n_labels, rng, scenario.design)
    likelihood = None
    if "emq" in scenario.methods + scenario.beside:
        likelihood = fit(calibration_sample(scenario.population, scenario.n_calibration, rng))
    authors = chatter.authors()
    audit = weigh(authors, place, chatter.stance[place], chances)
    return Sample(authors, audit, likelihood, scenario.among)


def answer(sample: Sample, method: str) -> StanceShare:
    """The share against by one estimator."""
    return _ESTIMATORS[method](sample)


def _emq(sample: Sample) -> StanceShare:
    if sample.likelihood is None:
        raise ValueError("emq was not among the methods of the scenario: it has no calibration labels")
    return emq(sample.authors, sample.likelihood, sample.among, _RESAMPLING)["against"]


def _labels_alone(sample: Sample) -> StanceShare:
    """PPI++ of a classifier that says nothing: what the labels tell by themselves."""
    authors = sample.authors
    blind = replace(authors, posts=np.full_like(authors.posts, 1 / 3), means=np.full_like(authors.means, 1 / 3))
    return ppi(replace(sample.audit, authors=blind), sample.among, _RESAMPLING)["against"]


def _posts_as_people(sample: Sample) -> StanceShare:
    """Every post a person: the mean over posts, with the interval of as many independent answers."""
    means = sample.authors.posts.mean(axis=0)
    base = 1.0 if sample.among == "all" else float(means[0] + means[2])
    share = float(means[0]) / base
    return StanceShare(share, *wilson(share, len(sample.authors.posts) * base, _RESAMPLING.confidence))


_ESTIMATORS: dict[str, Callable[[Sample], StanceShare]] = {
    "ppi++": lambda s: ppi(s.audit, s.among, _RESAMPLING)["against"],
    "emq": _emq,
    "pcc": lambda s: probabilistic_count(s.authors.means, s.among, _RESAMPLING)["against"],
    "cc": lambda s: classify_and_count(s.authors, s.among, _RESAMPLING)["against"],
    "labels": _labels_alone,
    "posts": _posts_as_people,
}


def run(
    scenario: Scenario, repetitions: int, seed: int = 0
) -> dict[str, np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """By estimator, one row a repetition that gave a number: error, width, whether the interval held the truth."""
    truth = scenario.population.truth(scenario.among)
    rows: dict[str, list[tuple[float, float, bool]]] = {method: [] for method in scenario.methods + scenario.beside}
    for repetition in range(repetitions):
        sample = draw(scenario, seed, repetition)
        for method in scenario.methods + scenario.beside:
            told = answer(sample, method)
            if told.share is not None and told.low is not None and told.high is not None:
                rows[method].append((told.share - truth, told.high - told.low, told.low <= truth <= told.high))
    return {method: np.array(found, dtype=np.float64).reshape(-1, 3) for method, found in rows.items()}
