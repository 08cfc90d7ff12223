"""ACC and PACC: counts adjusted by how the classifier reads each stance. Cross-checks of EMQ, not headlines.

Forman (2008), "Quantifying counts and costs via classification"; Bella et al. (2010) for the
probabilistic form; Bunse (2022) for the least-squares solution on the simplex.
"""

from __future__ import annotations

import numpy as np

from analysis.shares.authors import Authors, Floats
from analysis.shares.calibration_sample import CalibrationSample
from analysis.shares.classify_and_count import hard_means

_SUM_TO_ONE = 1e4


def adjusted_count(authors: Authors, sample: CalibrationSample, *, soft: bool) -> Floats:
    """Shares (against, neutral, favor) among all: ACC by the most probable stance, PACC (`soft`) by probabilities.

    Valid under prior shift, as EMQ is; noisier. It has no interval here.
    """
    means = authors.means if soft else hard_means(authors)
    rows = sample.probabilities if soft else np.eye(3)[sample.probabilities.argmax(axis=1)]
    return adjust(authors.parts @ means, reading_rates(rows, sample.labels, sample.weights))


def reading_rates(rows: Floats, labels: np.ndarray[tuple[int], np.dtype[np.int64]], weights: Floats) -> Floats:
    """How posts of each true stance (row) are read (column), (3, 3), rows summing to 1; even where none was seen."""
    sums = np.vstack([(rows * (weights * (labels == k))[:, None]).sum(axis=0) for k in range(3)])
    seen = sums.sum(axis=1, keepdims=True)
    return np.where(seen > 0, sums / np.where(seen > 0, seen, 1), 1 / 3)


def adjust(counted: Floats, rates: Floats) -> Floats:
    """The shares on the simplex whose reading comes nearest, in least squares, to what was counted."""
    system = np.vstack([rates.T, np.full(3, _SUM_TO_ONE)])
    from scipy.optimize import nnls  # 20 MB that the page need not hold

    shares, _ = nnls(system, np.r_[counted, _SUM_TO_ONE])
    return np.asarray(shares / shares.sum())
