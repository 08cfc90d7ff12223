"""The same input, the same answer: ppi-python and quapy, whose answers lie beside their inputs."""

import numpy as np
import pytest
from scipy.stats import norm

from analysis.shares import estimate
from analysis.shares.audit import audited
from analysis.shares.authors import gather, read_labels, read_posts
from analysis.shares.ppi import powered
from pikir.benchmarks.agreement import _labels, _posts, differences, read_reference


def test_shares_agree_with_the_packages() -> None:
    found = differences(read_reference())
    assert found.keys() == {"ppi-python", "quapy EMQ", "quapy ACC", "quapy PACC"}
    assert found["ppi-python"] < 1e-6
    assert max(found[name] for name in found if name.startswith("quapy")) < 1e-3


@pytest.mark.parametrize("case", read_reference()["ppi"], ids=str)
def test_the_standard_error_is_that_of_ppi_python_but_for_small_samples(case) -> None:  # type: ignore[no-untyped-def]
    posts, labels = _posts(case["probabilities"]), _labels(case)
    authors = gather(read_posts(posts)[0])
    found = powered(audited(authors, read_labels(labels, authors.ids)[0]), "against", "all")
    assert found is not None
    theirs = (case["high"] - case["low"]) / 2 / norm.isf(0.025)
    # They hold the labelled and the unlabelled apart, divide by n, and take the normal quantile.
    assert found.standard_error == pytest.approx(theirs, rel=0.05)
    assert estimate(posts, labels, among="all").shares["against"].standard_error == found.standard_error


def test_quapys_default_stops_early_within_the_same_tolerance() -> None:
    for case in read_reference()["quapy"]:
        assert np.abs(np.array(case["emq"]) - case["emq_stopped_early"]).max() < 1e-3
